use super::{Verdict, judge};

#[test]
fn what_a_binary_says_is_judged() {
    let said = "running 2 tests\ntest a::t_longer ... ok\ntest a::t ... FAILED\n";
    assert_eq!(judge(said, "t", Some(101)), Some(Verdict::Failed));
    assert_eq!(judge(said, "t_longer", Some(101)), Some(Verdict::Survived));
    assert_eq!(judge(said, "u", Some(0)), None);
    assert_eq!(judge("running 1 test\n", "t", None), Some(Verdict::Failed), "killed by a signal");
}
