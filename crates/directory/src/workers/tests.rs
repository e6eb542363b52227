use super::*;

#[test]
fn a_panic_is_a_defect_that_is_counted() {
    let panics = AtomicU64::new(0);
    assert_eq!(caught(&panics, || Ok(7)), Ok(7));
    assert_eq!(caught::<()>(&panics, || Err(Error::LeaseLost)), Err(Error::LeaseLost));
    assert_eq!(panics.load(Ordering::Relaxed), 0);
    let nobody: Option<u32> = None;
    let caught = caught(&panics, || Ok([1, 2][nobody.map_or(2, |n| n as usize)]));
    assert!(matches!(caught, Err(Error::Internal(_))), "{caught:?}");
    assert_eq!(panics.load(Ordering::Relaxed), 1);
}
