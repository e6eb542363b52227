use crate::tidy::source::Source;

fn paths(text: &str) -> Vec<String> {
    let show = |path: &super::UsedPath| {
        let joined = path.segments.join("::");
        path.imported_as.as_ref().map_or(joined.clone(), |name| format!("{joined} as {name}"))
    };
    Source::of(text).paths.iter().map(show).collect()
}

#[test]
fn imports_are_unfolded() {
    let text = "pub use crate::{model::{self, users::User as Person}, port::*};\nuse ::std::fs;\nuse x;";
    let expected = [
        "crate::model as model",
        "crate::model::users::User as Person",
        "crate::port::* as *",
        "std::fs as fs",
        "x as x",
    ];
    assert_eq!(paths(text), expected);
}

#[test]
fn paths_in_code_are_whole() {
    let text = "fn f(a: crate::model::User) -> b::C<d::E> { g.h(); i::<j::K>(); <L as m::N>::o(); Self::P }";
    assert_eq!(paths(text), ["crate::model::User", "b::C", "d::E", "j::K", "m::N", "Self::P"]);
}

#[test]
fn capturing_is_no_import() {
    assert_eq!(paths("fn f<'a>() -> impl Sized + use<'a> { a::b() }"), ["a::b"]);
}

#[test]
fn comments_and_literals_name_nothing() {
    assert_eq!(paths("// a::b\nlet x = \"c::d\"; /* use e::f; */"), Vec::<String>::new());
}

#[test]
fn lines_are_true() {
    let source = Source::of("use a::b;\n\nfn f() {\n    c::d();\n}\n");
    let lines: Vec<usize> = source.paths.iter().map(|path| path.line).collect();
    assert_eq!(lines, [1, 4]);
}

#[test]
fn broken_imports_end() {
    for text in ["use", "use ;", "use a::{", "use a::{b, ;", "use {}};", "use a as"] {
        let _ = Source::of(text);
    }
}

#[test]
fn modules_with_their_attributes() {
    let text = "#[doc = \"x\"]\nmod a;\n#[cfg(test)]\nmod b;\n#[path = \"other/c.rs\"]\npub mod c;\n\
                mod d { fn f() { if x {} }\n mod e; }\nmod f;\n#[cfg(test)]\nfn g() {}\nmod h;\n\
                #[cfg(test)] mod i { mod j; }\n#[cfg(not(test))] mod k;";
    let source = Source::of(text);
    let found: Vec<_> =
        source.modules.iter().map(|each| (each.name.as_str(), each.inline, each.test_only)).collect();
    let expected = [
        ("a", false, false),
        ("b", false, true),
        ("c", false, false),
        ("d", true, false),
        ("e", false, false),
        ("f", false, false),
        ("h", false, false),
        ("i", true, true),
        ("j", false, true),
        ("k", false, false),
    ];
    assert_eq!(found, expected);
    assert_eq!(source.modules[2].path.as_deref(), Some("other/c.rs"));
    assert_eq!(source.modules[0].path, None);
    assert_eq!(source.modules[4].within, ["d"]);
    assert_eq!(source.modules[5].within, Vec::<String>::new());
}
