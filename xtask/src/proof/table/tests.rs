use std::path::Path;

use super::{PAGE, read};
use crate::mutation::Row;
use crate::tidy::tree::Tree;

const PAGE_START: &str = "# x\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n| No. | Requirement | Level | Where | The line | Proof | Deviation |\n|---|---|---|---|---|---|---|\n";

fn row(cells: &str) -> Result<Vec<Row>, String> {
    read(&format!("{PAGE_START}{cells}\n\nmore\n"))
}

#[test]
fn rows_are_read_with_their_bars_and_replacements() {
    let rows = row(
        "| 1a | Must `x` | MUST | `a/b.rs::T::f` | `if a \\|\\| b {` => `if a {` | `throng-x t_one` | why |\n\
                    | 1b | y | MAY | `a/b.rs::g` | `call();` | `throng-x t_two` |  |\n\
                    | 2 | z | MAY |  |  |  | not done |",
    )
    .unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].number.as_str(), rows[0].file.as_str()), ("1a", "a/b.rs"));
    assert_eq!((rows[0].piece.as_str(), rows[0].replacement.as_deref()), ("if a || b {", Some("if a {")));
    assert_eq!((rows[1].package.as_str(), rows[1].test.as_str()), ("throng-x", "t_two"));
    assert_eq!(rows[1].replacement, None);
    let gone = row("| 1 | x | MAY | `a.rs::f` | `a` => nothing | `p t` | |").unwrap();
    assert_eq!(gone[0].replacement.as_deref(), Some(""));
}

#[test]
fn rows_that_say_too_little_are_refused() {
    for cells in [
        "| 1 | x | MUST |  |  |  |  |",
        "| 1 | x | MUST | `a.rs::f` | `a` | `p t` |",
        "| 1 | x | MUST | a.rs::f | `a` | `p t` | |",
        "| 1 | x | MUST | `a.rs` | `a` | `p t` | |",
        "| 1 | x | MUST | `a.rs::f` | a | `p t` | |",
        "| 1 | x | MUST | `a.rs::f` | `a` -> `b` | `p t` | |",
        "| 1 | x | MUST | `a.rs::f` | `a` => b | `p t` | |",
        "| 1 | x | MUST | `a.rs::f` | `a` | `t` | |",
    ] {
        assert!(row(cells).unwrap_err().starts_with("docs/scim-conformance.md:9: "), "{cells}");
    }
}

#[test]
fn a_line_goes_whole_and_a_piece_is_replaced() {
    let mut found = row("| 1 | x | MUST | `a.rs::f` | `b();` | `p t` | |").unwrap().remove(0);
    assert_eq!(found.mutate("a();\n    b(); // why\nc();\n").unwrap(), "a();\nc();\n");
    assert_eq!(found.mutate("b();").unwrap(), "");
    assert!(found.mutate("a();\n").unwrap_err().contains("0 times"));
    assert!(found.mutate("b(); b();").unwrap_err().contains("2 times"));
    found.replacement = Some("c();".to_owned());
    assert_eq!(found.mutate("a(); b(); // why\n").unwrap(), "a(); c(); // why\n");
}

/// The page itself: what it names is there.
#[test]
fn every_line_stands_once_and_every_test_exists() {
    let tree = Tree::read(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    let rows = read(tree.text(PAGE).unwrap()).unwrap();
    assert!(rows.len() > 200, "{}", rows.len());
    let broken: Vec<String> = rows.iter().filter_map(|row| row.check(&tree).err()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
