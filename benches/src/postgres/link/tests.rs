use super::{SETTINGS, options};

/// How the product sets its sessions up.
const PRODUCT: &str = include_str!("../../../../crates/store/src/driver/postgres/connect.rs");

#[test]
fn the_product_has_the_same_settings() {
    for setting in SETTINGS.split(", ") {
        let (name, value) = setting.split_once('=').unwrap();
        let found = match name {
            // Set apart from the others, lest it weakens a stronger one.
            "synchronous_commit" => PRODUCT.contains("set_config('synchronous_commit'"),
            _ => PRODUCT.contains(&format!("(\"{name}\", \"{value}\")")),
        };
        assert!(found, "the product's {name} is no longer {value}");
    }
}

#[test]
fn settings_are_options_of_the_session() {
    assert!(options().starts_with("-c synchronous_commit=on -c enable_seqscan=off "));
    assert!(options().ends_with(" -c search_path=throng"));
}
