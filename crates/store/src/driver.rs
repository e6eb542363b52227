//! The databases.

pub mod postgres;
pub mod sqlite;
mod stopwatch;

use throng_directory::Error;

/// What a closure's panic says.
fn panic_error(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("a closure panicked: {}", text.unwrap_or("no message")))
}
