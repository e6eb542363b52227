use super::{ROW_BYTES_MAX, ROWS_MAX, in_pieces, lock_key};
use crate::conn::{Lock, Value};

fn pieces(rows: impl Iterator<Item = [Value<'static>; 2]>) -> Vec<usize> {
    let mut sizes = Vec::new();
    in_pieces(rows, |piece| {
        sizes.push(piece.len());
        Ok(())
    })
    .unwrap();
    sizes
}

#[test]
fn many_rows_go_in_pieces() {
    let row = [Value::Int(1), Value::Text("a")];
    assert_eq!(pieces(std::iter::repeat_n(row, ROWS_MAX + 1)), [2 * ROWS_MAX, 2]);
    assert_eq!(pieces(std::iter::empty()), [0; 0], "nothing is asked for no rows");

    let large: &'static [u8] = vec![0; ROW_BYTES_MAX / 2].leak();
    let row = [Value::Int(1), Value::Blob(large)];
    assert_eq!(pieces(std::iter::repeat_n(row, 5)), [4, 4, 2]);
}

#[test]
fn locks_have_numbers_of_their_own() {
    let account = |account, shared| lock_key(&Lock::Account { account, shared });
    assert_eq!(account(7, true), account(7, false), "shared or not, it is the same lock");
    let keys = [
        account(7, false),
        account(8, false),
        lock_key(&Lock::Name(&["a", "b"])),
        lock_key(&Lock::Name(&["ab"])),
        lock_key(&Lock::Name(&["b", "a"])),
        lock_key(&Lock::Name(&[])),
    ];
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[at + 1..].contains(key), "{at}");
    }
}
