use super::parse;

const SECOND: i128 = 1_000_000_000;

#[test]
fn counts_from_the_epoch() {
    assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(parse("2000-03-01T00:00:00Z"), Some(951_868_800 * SECOND));
    assert_eq!(parse("1969-12-31T23:59:59Z"), Some(-SECOND));
    assert_eq!(parse("2011-05-13T04:42:34Z"), Some(1_305_261_754 * SECOND));
}

#[test]
fn zones_and_fractions_are_understood() {
    assert_eq!(parse("2010-01-23T04:56:22+01:00"), parse("2010-01-23T03:56:22Z"));
    assert_eq!(parse("2010-01-23T04:56:22-00:30"), parse("2010-01-23T05:26:22"));
    assert_eq!(parse("1970-01-01T00:00:00.5Z"), Some(SECOND / 2));
    assert_eq!(parse("1970-01-01T24:00:00Z"), Some(86_400 * SECOND));
}

#[test]
fn what_is_no_moment_is_none() {
    for text in [
        "",
        "2010-01-23",
        "2010-02-29T00:00:00Z",
        "2010-1-2T0:0:0Z",
        "2010-01-23T04:56:22.Z",
        "T",
        "2010-13-01T00:00:00Z",
        "2010-01-23T25:00:00Z",
        "2010-01-23T04:56:22+99:00",
        "ä010-01-23T00:00:00Z",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}
