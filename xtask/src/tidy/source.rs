//! A Rust file taken apart: code without comments and literals, and the string literals beside it.

use super::syntax::{self, Module, Token, UsedPath};

/// One Rust file.
pub struct Source {
    /// How many lines it has.
    pub lines: usize,
    /// The text of every string literal, in order.
    pub literals: Vec<Literal>,
    /// The code's tokens; a string literal is the token `"`.
    pub tokens: Vec<Token>,
    /// Every path it names, imports and expressions alike.
    pub paths: Vec<UsedPath>,
    /// Every module it declares.
    pub modules: Vec<Module>,
}

/// A string literal as it is written, without its quotes.
pub struct Literal {
    /// The line of its first character, from 1.
    pub line: usize,
    /// What stands between the quotes, escapes as written.
    pub text: String,
}

impl Source {
    /// Takes the file apart. Text that is not Rust gives nonsense, and no error.
    pub fn of(text: &str) -> Self {
        let masked = mask(text);
        let tokens = syntax::tokens(&masked.code);
        let paths = syntax::paths(&tokens);
        let modules = syntax::modules(&tokens, &masked.literals);
        Self { lines: text.lines().count(), literals: masked.literals, tokens, paths, modules }
    }
}

struct Masked {
    code: String,
    literals: Vec<Literal>,
}

/// Blanks comments and the insides of literals, line breaks excepted.
fn mask(text: &str) -> Masked {
    let mut scanner = Scanner { rest: text, line: 1, code: String::new(), literals: Vec::new() };
    let mut in_word = false;
    while let Some(next) = scanner.rest.chars().next() {
        let rest = scanner.rest;
        if rest.starts_with("//") {
            scanner.blank(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            scanner.blank(block_comment_bytes(rest));
        } else if let Some(literal) = (!in_word).then(|| string_bytes(rest)).flatten() {
            scanner.literal(literal);
        } else if next == '\'' {
            scanner.quote();
        } else {
            scanner.keep(next.len_utf8());
        }
        in_word = next.is_alphanumeric() || next == '_';
    }
    Masked { code: scanner.code, literals: scanner.literals }
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    code: String,
    literals: Vec<Literal>,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.rest = rest;
        self.line += taken.matches('\n').count();
        taken
    }

    fn keep(&mut self, bytes: usize) {
        let taken = self.take(bytes);
        self.code.push_str(taken);
    }

    fn blank(&mut self, bytes: usize) {
        let taken = self.take(bytes);
        self.code.extend(taken.chars().map(|each| if each == '\n' { '\n' } else { ' ' }));
    }

    fn literal(&mut self, StringBytes { before, text, after }: StringBytes) {
        self.take(before);
        self.code.push('"');
        let line = self.line;
        let written = self.rest.get(..text).unwrap_or(self.rest).to_owned();
        self.blank(text);
        self.take(after);
        self.literals.push(Literal { line, text: written });
    }

    /// A character literal is blanked, a lifetime kept.
    fn quote(&mut self) {
        let mut chars = self.rest.char_indices().skip(1);
        let first = chars.next().map(|(_, each)| each);
        let second = chars.next();
        match (first, second) {
            (Some('\\'), Some((at, escaped))) => {
                let from = at + escaped.len_utf8();
                let end = self.rest[from..].find('\'').map_or(self.rest.len(), |offset| from + offset + 1);
                self.blank(end);
            }
            (Some(_), Some((at, '\''))) => self.blank(at + 1),
            _ => self.keep(1),
        }
    }
}

fn block_comment_bytes(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The parts of a string literal, in bytes: prefix and quote, what is between, quote and hashes.
struct StringBytes {
    before: usize,
    text: usize,
    after: usize,
}

/// The literal that the text begins with, if it begins with one: `"…"`, `b"…"`, `c"…"`, `r#"…"#` and their kin.
fn string_bytes(text: &str) -> Option<StringBytes> {
    let prefix = text.find(|each: char| !matches!(each, 'b' | 'c' | 'r'))?;
    if prefix > 2 {
        return None;
    }
    let raw = text[..prefix].ends_with('r');
    let hashes = text[prefix..].bytes().take_while(|&byte| byte == b'#').count();
    let quote = prefix + hashes;
    if text.as_bytes().get(quote) != Some(&b'"') || (hashes > 0 && !raw) {
        return None;
    }
    let before = quote + 1;
    let inside = &text[before..];
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(StringBytes {
            before,
            text: inside.find(&end).unwrap_or(inside.len()),
            after: end.len(),
        });
    }
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    Some(StringBytes { before, text: end.unwrap_or(inside.len()), after: 1 })
}

#[cfg(test)]
mod tests;
