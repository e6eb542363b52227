use throng_directory::Caller;
use throng_directory::model::audit::Checked;

use super::Scene;

async fn checked(scene: &Scene) -> Checked {
    let checked = scene.house.directory.check_audit(&Caller::operator()).await.unwrap();
    checked.into_iter().find(|(name, _)| name == "ACME").unwrap().1
}

#[tokio::test]
async fn rows_that_were_kept_long_enough_go_and_the_chain_holds() {
    let mut scene = Scene::of(crate::house::House::timed(throng_directory::Settings::default()).await).await;
    scene.house.rest().await;
    scene.house.user(&scene.key, "first").await;
    scene.house.directory.number_audit().await.unwrap();
    let before = checked(&scene).await;
    assert!(before.findings.is_empty() && before.head.kept_seq == 0 && before.rows > 0);
    scene.house.set(serde_json::json!({ "audit_retention_days": 2 })).await;
    scene.house.advance(3 * 86_400_000_000);
    scene.house.user(&scene.key, "second").await;
    scene.house.directory.number_audit().await.unwrap();
    scene.house.throw_away().await;
    let after = checked(&scene).await;
    assert_eq!(after.findings, [""; 0]);
    assert!(after.head.kept_seq > before.head.seq, "{after:?}");
    assert_eq!(after.rows, u64::try_from(after.head.seq - after.head.kept_seq).unwrap());
    assert_eq!(scene.told().await, ["CREATED USER"]);
    scene.house.stop_to_check().await;
}
