use super::Request;
use super::draw::sample;
use crate::mutation::Row;

fn rows(count: usize) -> Vec<Row> {
    let row = |number: usize| Row {
        number: number.to_string(),
        requirement: String::new(),
        file: String::new(),
        piece: String::new(),
        replacement: None,
        package: String::new(),
        test: String::new(),
    };
    (0..count).map(row).collect()
}

#[test]
fn a_seed_draws_the_same_rows_again_and_each_once() {
    let all = rows(50);
    let numbers = |count, seed| -> Vec<String> {
        let mut numbers: Vec<String> = sample(&all, count, seed).into_iter().map(|row| row.number).collect();
        numbers.sort();
        numbers
    };
    assert_eq!(numbers(20, 7), numbers(20, 7));
    assert_ne!(numbers(20, 7), numbers(20, 8));
    let mut once = numbers(20, 7);
    once.dedup();
    assert_eq!(once.len(), 20);
    assert_eq!(numbers(99, 1).len(), 50);
}

#[test]
fn arguments_are_numbers() {
    let of = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Request::of(&words)
    };
    assert_eq!(of("").unwrap(), Request { rows: 20, seed: None });
    assert_eq!(of("--rows 5 --seed 9").unwrap(), Request { rows: 5, seed: Some(9) });
    for bad in ["--rows", "--rows 0", "--rows x", "5", "--all 1"] {
        of(bad).unwrap_err();
    }
}
