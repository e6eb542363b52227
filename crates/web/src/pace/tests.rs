use std::time::Duration;

use tokio::time::sleep;

use super::{Pace, Rule};
use crate::refusal::{Kind, Refusal};

const RULE: Rule =
    Rule { idle_max: Duration::from_millis(400), window: Duration::from_millis(200), bytes_min: 10 };

/// Takes pieces of so many bytes, each after a pause.
async fn take(pace: &mut Pace, pieces: usize, pause: u64, bytes: usize) -> Result<(), Refusal> {
    for _ in 0..pieces {
        pace.wait(sleep(Duration::from_millis(pause))).await?;
        pace.took(bytes);
    }
    Ok(())
}

#[tokio::test]
async fn a_byte_now_and_then_is_too_slow() {
    let mut pace = Pace::by(RULE);
    let refusal = take(&mut pace, 100, 20, 1).await.unwrap_err();
    assert!(matches!(refusal.kind, Kind::Timeout), "{refusal:?}");
    assert_eq!(refusal.detail, "the body arrives too slowly");
}

#[tokio::test]
async fn what_was_sent_fast_at_first_is_no_reserve() {
    let mut pace = Pace::by(RULE);
    pace.took(1_000_000);
    assert!(take(&mut pace, 100, 20, 1).await.is_err());
}

#[tokio::test]
async fn a_body_may_be_slow_but_not_too_slow() {
    let mut pace = Pace::by(RULE);
    take(&mut pace, 30, 20, 10).await.unwrap();
}

#[tokio::test]
async fn time_that_the_server_takes_does_not_count() {
    let mut pace = Pace::by(RULE);
    for _ in 0..10 {
        take(&mut pace, 1, 0, 1).await.unwrap();
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let mut pace = Pace::by(Rule { idle_max: Duration::from_millis(20), ..RULE });
    let refusal = pace.wait(std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(refusal.detail, "the body stopped arriving");
}
