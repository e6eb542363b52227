//! Logs: to standard error, as text on a terminal and as JSON elsewhere. `RUST_LOG` selects.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `quiet`: only what went wrong.
pub fn init(quiet: bool) {
    let default = if quiet { "error" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().init();
    }
}
