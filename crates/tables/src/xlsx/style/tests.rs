use super::{Kind, built_in, kind_of};

#[test]
fn codes_of_formats() {
    for (code, kind) in [
        ("General", Kind::Number),
        ("GENERAL\" days\"", Kind::Number),
        ("0.00", Kind::Number),
        ("#,##0_);[Red](#,##0)", Kind::Number),
        ("0.00E+00", Kind::Number),
        ("\"day \"0", Kind::Number),
        ("0\\d", Kind::Number),
        ("_d0", Kind::Number),
        ("[$USD-409] 0", Kind::Number),
        ("[Magenta]0", Kind::Number),
        ("0;yyyy", Kind::Number),
        ("@", Kind::Number),
        ("", Kind::Number),
        ("yyyy\\-mm\\-dd;@", Kind::Date),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", Kind::Date),
        ("MMM", Kind::Date),
        ("[$-411]ggge\"年\"m\"月\"d\"日\"", Kind::Date),
        ("dd.mm.yyyy hh:mm", Kind::Date),
        ("hh:mm", Kind::Time),
        ("mm:ss.0", Kind::Time),
        ("h:mm AM/PM", Kind::Time),
        ("[h]:mm:ss", Kind::Duration),
        ("[MM]:ss", Kind::Duration),
        ("[ss]", Kind::Duration),
        ("\"open", Kind::Number),
        ("[open", Kind::Number),
    ] {
        assert_eq!(kind_of(code), kind, "{code}");
    }
}

#[test]
fn formats_that_are_built_in() {
    let of = |kind| (0..=60).filter(|id: &u32| built_in(&id.to_string()) == kind).count();
    assert_eq!([of(Kind::Date), of(Kind::Time), of(Kind::Duration)], [18, 12, 1]);
    assert_eq!(built_in("164"), Kind::Number);
    assert_eq!(built_in("x"), Kind::Number);
}
