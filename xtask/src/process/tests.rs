use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn watch_sees_every_line_and_the_end() {
    let mut lines = Vec::new();
    let ok = watch(&mut shell("echo one; printf two; exit 0"), &mut |line| lines.push(line.to_owned()));
    assert_eq!(ok, Ok(true));
    assert_eq!(lines, ["one", "two"]);
}

#[test]
fn watch_tells_failure_from_success() {
    assert_eq!(watch(&mut shell("echo one; exit 3"), &mut |_| ()), Ok(false));
}

#[test]
fn watch_blames_a_process_left_over() {
    let seconds = LEFT_OVER_SECONDS + 5;
    let failure = watch(&mut shell(&format!("sleep {seconds} & echo started")), &mut |_| ()).unwrap_err();
    assert!(failure.ends_with("a process that it started still runs"), "{failure}");
}

#[test]
fn run_and_output_fail_with_the_command() {
    assert_eq!(run(&mut shell("exit 0")), Ok(()));
    let failure = run(&mut shell("exit 7")).unwrap_err();
    assert!(failure.contains("exit 7"), "{failure}");
    assert_eq!(output(&mut shell("echo hello")), Ok("hello\n".to_owned()));
    assert!(output(&mut shell("echo hello; exit 1")).is_err());
}
