//! People made up by number, the same every time: none of them is held longer than it takes to write a line.

use super::names::{FAMILY, GIVEN};

/// Lines of a piece of the file, about 64 KiB: enough that a bar moves smoothly.
const PIECE_LINES: usize = 500;

const HEADER: &str = "Login Id,Last Name,First Name,Display Name,Email\n";

/// The login of the person with this number.
pub fn login(number: usize) -> String {
    let ((_, given), (_, family)) = (given(number), family(number));
    format!("{given}.{family}.{number}@demo.example")
}

/// A CSV file of so many people, piece by piece; `written` hears how many people each piece holds.
pub fn csv(
    people: usize,
    written: impl Fn(u64) + Send + 'static,
) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    let header = std::iter::once(HEADER.as_bytes().to_vec());
    header.chain((0..people.div_ceil(PIECE_LINES)).map(move |piece| {
        let first = piece * PIECE_LINES;
        let last = people.min(first + PIECE_LINES);
        written((last - first) as u64);
        (first..last).map(line).collect::<String>().into_bytes()
    }))
}

/// No name in the lists has a comma, a quote or a line break in it, so no cell needs quotes.
fn line(number: usize) -> String {
    let ((given, _), (family, _), login) = (given(number), family(number), login(number));
    format!("{login},{family},{given},{given} {family},{login}\n")
}

/// The numbers of the two lists have no common factor, so that 1,147 people go by before a pair of names comes
/// again, and neighbours share no name.
fn given(number: usize) -> (&'static str, &'static str) {
    GIVEN[number % GIVEN.len()]
}

fn family(number: usize) -> (&'static str, &'static str) {
    FAMILY[number % FAMILY.len()]
}

#[cfg(test)]
mod tests;
