use clap::Parser;

use super::{Name, Options};

fn misplaced(line: &str) -> Option<Name> {
    Options::try_parse_from(line.split_whitespace()).unwrap().misplaced()
}

#[test]
fn each_database_has_benches_of_its_own() {
    assert_eq!(misplaced("bench import members creates --postgres postgres://h/d"), None);
    assert_eq!(misplaced("bench import nodes --postgres postgres://h/d"), None);
    assert_eq!(misplaced("bench reads one-member"), None);
    assert_eq!(misplaced("bench import reads --postgres postgres://h/d"), Some(Name::Reads));
    assert_eq!(misplaced("bench members nodes"), Some(Name::Nodes));
    assert_eq!(misplaced("bench"), None);
}
