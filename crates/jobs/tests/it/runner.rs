use std::time::Duration;

use throng_jobs::{Command, Event, Instant, JobRef, Progress, Runner, RunnerSettings};

const A: JobRef = JobRef { account: 1, number: 10 };
const B: JobRef = JobRef { account: 2, number: 20 };

fn at(millis: i64) -> Instant {
    Instant::from_micros(millis * 1_000)
}

fn runner(slots: usize) -> Runner {
    let (poll, turn) = (Duration::from_secs(1), Duration::from_millis(100));
    Runner::new(RunnerSettings { slots, poll, turn })
}

/// What a step commands, alarms aside.
#[expect(clippy::needless_pass_by_value, reason = "events are written where they happen")]
fn step(runner: &mut Runner, now: Instant, event: Event) -> Vec<Command> {
    let mut commands = runner.step(now, &event);
    commands.retain(|command| !matches!(command, Command::WakeAt(_)));
    commands
}

#[test]
fn a_job_is_claimed_worked_and_the_next_one_asked_for() {
    let mut runner = runner(1);
    assert_eq!(step(&mut runner, at(0), Event::Woken), [Command::Claim { slot: 0, after: None }]);
    let claimed = Event::Claimed { slot: 0, job: A, weight: 1 };
    let work = Command::Work { slot: 0, job: A, give_back: false };
    assert_eq!(step(&mut runner, at(1), claimed), std::slice::from_ref(&work));
    let more = Event::Worked { slot: 0, progress: Progress::More };
    assert_eq!(step(&mut runner, at(2), more), [work]);
    let done = Event::Worked { slot: 0, progress: Progress::Done };
    assert_eq!(step(&mut runner, at(3), done), [Command::Claim { slot: 0, after: Some(1) }]);
    assert_eq!(step(&mut runner, at(4), Event::NothingToClaim { slot: 0 }), []);
    assert_eq!(step(&mut runner, at(5), Event::Woken), [Command::Claim { slot: 0, after: Some(1) }]);
}

#[test]
fn one_claim_at_a_time() {
    let mut runner = runner(3);
    assert_eq!(step(&mut runner, at(0), Event::Woken).len(), 1);
    assert_eq!(step(&mut runner, at(0), Event::Woken), []);
    let commands = step(&mut runner, at(1), Event::Claimed { slot: 0, job: A, weight: 1 });
    assert_eq!(
        commands,
        [Command::Work { slot: 0, job: A, give_back: false }, Command::Claim { slot: 1, after: Some(1) }]
    );
}

#[test]
fn a_job_gives_its_slot_back_when_its_turn_is_over_and_others_wait() {
    let mut runner = runner(1);
    step(&mut runner, at(0), Event::Woken);
    step(&mut runner, at(0), Event::Claimed { slot: 0, job: A, weight: 1 });
    let more = || Event::Worked { slot: 0, progress: Progress::More };
    let commands = step(&mut runner, at(50), more());
    assert_eq!(commands, [Command::Work { slot: 0, job: A, give_back: false }]);
    let commands = step(&mut runner, at(150), more());
    assert_eq!(commands, [Command::Work { slot: 0, job: A, give_back: true }]);
    let given_back = Event::Worked { slot: 0, progress: Progress::GivenBack };
    assert_eq!(step(&mut runner, at(160), given_back), [Command::Claim { slot: 0, after: Some(1) }]);
    let commands = step(&mut runner, at(161), Event::Claimed { slot: 0, job: B, weight: 1 });
    assert_eq!(commands, [Command::Work { slot: 0, job: B, give_back: false }]);
}

#[test]
fn a_heavier_account_has_longer_turns() {
    // How long each keeps the only slot while others wait.
    let turn = |weight: u32| {
        let mut runner = runner(1);
        step(&mut runner, at(0), Event::Woken);
        step(&mut runner, at(0), Event::Claimed { slot: 0, job: A, weight });
        (1..10_000)
            .find(|now| {
                let commands =
                    step(&mut runner, at(*now), Event::Worked { slot: 0, progress: Progress::More });
                commands == [Command::Work { slot: 0, job: A, give_back: true }]
            })
            .unwrap()
    };
    assert_eq!([turn(1), turn(3), turn(10)], [turn(1), 3 * turn(1), 10 * turn(1)]);
    assert_eq!(turn(0), turn(1));
}

#[test]
fn a_job_keeps_a_slot_that_nobody_else_wants() {
    let mut runner = runner(2);
    step(&mut runner, at(0), Event::Woken);
    step(&mut runner, at(0), Event::Claimed { slot: 0, job: A, weight: 1 });
    step(&mut runner, at(1), Event::NothingToClaim { slot: 1 });
    let commands = step(&mut runner, at(10_000), Event::Worked { slot: 0, progress: Progress::More });
    assert_eq!(commands, [Command::Work { slot: 0, job: A, give_back: false }]);
}

#[test]
fn a_failing_slot_rests_longer_each_time() {
    let mut runner = runner(1);
    step(&mut runner, at(0), Event::Woken);
    let commands = runner.step(at(0), &Event::Failed { slot: 0 });
    assert_eq!(commands, [Command::WakeAt(at(50))]);
    assert_eq!(step(&mut runner, at(40), Event::Woken), []);
    assert_eq!(step(&mut runner, at(50), Event::Tick), [Command::Claim { slot: 0, after: None }]);
    let commands = runner.step(at(50), &Event::Failed { slot: 0 });
    assert_eq!(commands, [Command::WakeAt(at(150))]);
}

#[test]
fn shutdown_lets_the_chunk_end_and_claims_nothing() {
    let mut runner = runner(2);
    step(&mut runner, at(0), Event::Woken);
    step(&mut runner, at(0), Event::Claimed { slot: 0, job: A, weight: 1 });
    step(&mut runner, at(0), Event::NothingToClaim { slot: 1 });
    assert_eq!(step(&mut runner, at(1), Event::Shutdown), []);
    let commands = step(&mut runner, at(2), Event::Worked { slot: 0, progress: Progress::More });
    assert_eq!(commands, [Command::Work { slot: 0, job: A, give_back: true }]);
    let given_back = Event::Worked { slot: 0, progress: Progress::GivenBack };
    assert_eq!(step(&mut runner, at(3), given_back), [Command::Stopped]);
}
