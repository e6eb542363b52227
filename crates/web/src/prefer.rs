//! What the client prefers. Source: RFC 7240.

use http::HeaderMap;
use throng_directory::use_cases::group_writes::Wait;

/// The preferences that are honoured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefer {
    /// `respond-async`.
    pub(crate) respond_async: bool,
    /// `wait=N`, in seconds.
    pub(crate) wait: Option<u32>,
}

impl Prefer {
    /// Reads every `Prefer` header. Unknown and malformed preferences are ignored, and of one that is repeated
    /// the first counts (RFC 7240 §2).
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        for value in headers.get_all("prefer") {
            let Ok(text) = value.to_str() else { continue };
            for preference in split_outside_quotes(text, ',') {
                prefer.note(preference);
            }
        }
        prefer
    }

    fn note(&mut self, preference: &str) {
        let first = split_outside_quotes(preference, ';').next().unwrap_or_default();
        let (name, value) = first.split_once('=').unwrap_or((first, ""));
        let (name, value) = (name.trim(), value.trim());
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        if name.eq_ignore_ascii_case("respond-async") && value.is_empty() {
            self.respond_async = true;
        } else if name.eq_ignore_ascii_case("wait") && self.wait.is_none() {
            self.wait = value.parse().ok();
        }
    }

    /// How long the directory waits for the job.
    pub(crate) fn waits(self) -> Wait {
        match (self.wait, self.respond_async) {
            (seconds, true) => Wait::Async(seconds.unwrap_or(0)),
            (Some(seconds), false) => Wait::Seconds(seconds),
            (None, false) => Wait::Default,
        }
    }
}

/// The pieces between separators that stand outside of quoted strings.
fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        } else {
            return c == separator && !quoted;
        }
        false
    })
}

#[cfg(test)]
mod tests;
