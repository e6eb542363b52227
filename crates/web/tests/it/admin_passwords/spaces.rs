//! Passwords with spaces at their ends.

use super::Scene;

#[tokio::test]
async fn a_password_of_a_file_is_the_one_that_was_sent_or_fails_its_row() {
    const SAID: &str = "Password begins or ends with spaces, which a file does not keep";
    let scene = Scene::start().await;
    let hash = "$2b$06$abcdefghijklmnopqrstuuE7kSiId4jcz3mKGQat5VuuUYsB0gi96";
    let csv = format!(
        "Login Id,Last Name,First Name,Password\n\
         ann,A,A, Kite-40-Moss-17\n\
         bob,B,B,\"Kite-41-Moss-17 \"\n\
         cyd, C , C ,Kite-42-Moss-17\n\
         dan,D,D,   \n\
         eve,E,E,{hash} \n"
    );
    // A line that ends in CRLF ends before it.
    let csv = csv.replace('\n', "\r\n");
    let json = r#"{"loginId":"fay","lastName":"F","firstName":"F","password":" Kite-43-Moss-17"}
{"loginId":"gus","lastName":"G","firstName":"G","password":"Kite-44-Moss-17\u0020"}
{"loginId":"hal","lastName":" H ","firstName":"H","password":"Kite-45-\u004doss-17"}
"#;
    let mut rows = scene.filed("bulkAdd", &csv).await.1;
    rows.append(&mut scene.filed("bulkAdd", json).await.1);
    let added = "User successfully added".to_owned();
    let said = |row: u8| format!("{SAID} (to be sent again with its password) (row {row} of the file)");
    let expected = [
        ("ann", said(2)),
        ("bob", said(3)),
        ("cyd", added.clone()),
        ("dan", added.clone()),
        ("eve", added.clone()),
        ("fay", said(1)),
        ("gus", said(2)),
        ("hal", added),
    ];
    assert_eq!(rows, expected.map(|(login, said)| format!("{login}: {said}")));
    assert!(scene.verifies("cyd", "Kite-42-Moss-17").await);
    assert!(scene.verifies("hal", "Kite-45-Moss-17").await);
    assert_eq!(scene.stored("dan").await, None);
    assert_eq!(scene.stored("eve").await.as_deref(), Some(hash));
    scene.stop().await;
}
