use throng_directory::Error;
use throng_scim::Error as ScimError;

use super::refusal;
use crate::admin::page::Page;

#[test]
fn what_costs_too_much_is_told_without_words_of_scim() {
    let costly = || Error::Scim(ScimError::too_many("add a term such as userName eq, or page by cursor"));
    let (near, far) = (Page { number: 20, size: 500 }, Page { number: 21, size: 500 });
    for (page, is_by_login, field) in
        [(near, true, "filter"), (near, false, "filter"), (far, true, "filter"), (far, false, "pageNumber")]
    {
        let refusal = refusal(costly(), page, is_by_login);
        assert_eq!(
            (&refusal.field[..], refusal.status().as_u16(), refusal.code),
            (field, 400, Some("20007"))
        );
        assert!(refusal.detail.contains("loginId") && refusal.detail.contains("users:bulkExport"));
        for foreign in ["userName", "emails.value", "cursor"] {
            assert!(!refusal.detail.contains(foreign), "{}", refusal.detail);
        }
    }
    let other = refusal(Error::Scim(ScimError::invalid_filter("x")), far, false);
    assert_eq!(other.detail, "x");
}
