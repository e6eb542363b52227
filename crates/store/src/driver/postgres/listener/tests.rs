use throng_directory::port::Durability;

use super::level;

#[test]
fn the_level_follows_the_settings() {
    assert_eq!(level("off", "on", "on", "a"), Durability::Process);
    assert_eq!(level("on", "off", "on", "a"), Durability::Process, "a torn page may lose anything");
    assert_eq!(level("on", "on", "off", "a"), Durability::Process);
    assert_eq!(level("on", "on", "on", ""), Durability::PowerLoss);
    assert_eq!(level("on", "on", "local", "a"), Durability::PowerLoss);
    assert_eq!(level("on", "on", "remote_write", "a"), Durability::PowerLoss);
    assert_eq!(level("on", "on", "on", "any 1 (a, b)"), Durability::NodeLoss);
    assert_eq!(level("on", "on", "remote_apply", "*"), Durability::NodeLoss);
}
