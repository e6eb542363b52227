//! As much of Rust's syntax as the rules need: tokens, paths, declarations of modules.

use super::source::Literal;

/// A word, a `::`, or one other character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As written.
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// A path of at least two segments, or a leaf of a `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedPath {
    /// `["crate", "model", "User"]`; a glob ends in `*`.
    pub segments: Vec<String>,
    /// The line of its last segment, from 1.
    pub line: usize,
    /// The name that a `use` gives it; absent for a path in code.
    pub imported_as: Option<String>,
}

/// `mod name;` or `mod name { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether its body follows in the same file.
    pub inline: bool,
    /// Whether it is compiled for tests alone.
    pub test_only: bool,
    /// What `#[path = "…"]` says.
    pub path: Option<String>,
    /// The inline modules around it, outermost first.
    pub within: Vec<String>,
}

/// Splits masked code into tokens.
pub fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut line = 1;
    let mut open = false;
    for each in code.chars() {
        let word = each.is_alphanumeric() || each == '_';
        match tokens.last_mut() {
            Some(last) if open && word => last.text.push(each),
            Some(last) if open && each == ':' && last.text == ":" => last.text.push(':'),
            _ if each.is_whitespace() => {}
            _ => tokens.push(Token { text: each.to_string(), line }),
        }
        // A word goes on with a word's character, a single colon with a second one.
        open = word || (each == ':' && tokens.last().is_some_and(|last| last.text == ":"));
        line += usize::from(each == '\n');
    }
    tokens
}

/// Whether the token is a name, a keyword or a number.
pub fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// Every path that the code names.
pub fn paths(tokens: &[Token]) -> Vec<UsedPath> {
    let mut paths = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.text == "use" && tokens.get(at + 1).is_some_and(|next| next.text != "<") {
            at = use_tree(tokens, at + 1, &[], &mut paths);
        } else if is_word(&token.text) && !continues(tokens, at) {
            at = code_path(tokens, at, &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

/// Whether the word at `at` belongs to what stands before it: `a.word`, `a::word`, `<T>::word`.
fn continues(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| {
        at.checked_sub(back).and_then(|index| tokens.get(index)).map(|token| token.text.as_str())
    };
    match before(1) {
        Some(".") => true,
        Some("::") => before(2).is_some_and(|text| is_word(text) || text == ">"),
        _ => false,
    }
}

fn code_path(tokens: &[Token], from: usize, paths: &mut Vec<UsedPath>) -> usize {
    let mut segments = vec![tokens[from].text.clone()];
    let mut at = from + 1;
    while let [separator, word, ..] = &tokens[at..]
        && separator.text == "::"
        && is_word(&word.text)
    {
        segments.push(word.text.clone());
        at += 2;
    }
    if segments.len() > 1 {
        paths.push(UsedPath { segments, line: tokens[at - 1].line, imported_as: None });
    }
    at
}

/// Reads one tree of a `use` from `at` and returns where it ends: at a comma, a brace or a semicolon.
fn use_tree(tokens: &[Token], mut at: usize, prefix: &[String], paths: &mut Vec<UsedPath>) -> usize {
    let mut segments = prefix.to_vec();
    let mut alias = None;
    let mut line = 0;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|inner| inner.text != "}" && inner.text != ";") {
                    at = use_tree(tokens, at, &segments, paths);
                    at += usize::from(tokens.get(at).is_some_and(|inner| inner.text == ","));
                }
                return at + usize::from(tokens.get(at).is_some_and(|inner| inner.text == "}"));
            }
            "," | "}" | ";" => break,
            "::" => {}
            "as" => {
                alias = tokens.get(at + 1).map(|name| name.text.clone());
                at += 1;
            }
            // `{self}` names the module before the braces.
            "self" if !segments.is_empty() => line = token.line,
            text => {
                segments.push(text.to_owned());
                line = token.line;
            }
        }
        at += 1;
    }
    if line > 0 {
        let imported_as = alias.or_else(|| segments.last().cloned());
        paths.push(UsedPath { segments, line, imported_as });
    }
    // Never stand still: a stray token that begins no tree is passed over.
    at + usize::from(line == 0 && tokens.get(at).is_some_and(|token| token.text == ";"))
}

/// Every module that the file declares. `literals` are those of the same file.
pub fn modules(tokens: &[Token], literals: &[Literal]) -> Vec<Module> {
    Walk {
        tokens,
        literals,
        seen_literals: 0,
        depth: 0,
        around: Vec::new(),
        attributes: Attributes::default(),
    }
    .run()
}

#[derive(Default)]
struct Attributes {
    test_only: bool,
    path: Option<String>,
}

struct Walk<'a> {
    tokens: &'a [Token],
    literals: &'a [Literal],
    seen_literals: usize,
    depth: usize,
    /// Inline modules that are open: name, depth of the braces around it, for tests alone.
    around: Vec<(String, usize, bool)>,
    attributes: Attributes,
}

impl Walk<'_> {
    fn run(mut self) -> Vec<Module> {
        let mut modules = Vec::new();
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            match (token.text.as_str(), self.tokens.get(at + 1).map(|next| next.text.as_str())) {
                ("#", Some("[")) => at = self.attribute(at + 2),
                ("mod", Some(name)) if is_word(name) => {
                    modules.extend(self.module(at));
                    at += 1;
                }
                ("\"", _) => self.seen_literals += 1,
                ("{", _) => {
                    self.depth += 1;
                    self.attributes = Attributes::default();
                }
                ("}", _) => self.close(),
                (";", _) => self.attributes = Attributes::default(),
                _ => {}
            }
            at += 1;
        }
        modules
    }

    /// Reads an attribute from behind its bracket, and returns where its closing bracket stands.
    fn attribute(&mut self, from: usize) -> usize {
        let mut depth = 1;
        let mut at = from;
        let mut words = Vec::new();
        while let Some(token) = self.tokens.get(at) {
            match token.text.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                "\"" => {
                    if words == ["path"] {
                        self.attributes.path =
                            self.literals.get(self.seen_literals).map(|each| each.text.clone());
                    }
                    self.seen_literals += 1;
                }
                text if is_word(text) => words.push(text),
                _ => {}
            }
            if depth == 0 {
                break;
            }
            at += 1;
        }
        self.attributes.test_only |=
            words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not");
        at
    }

    fn module(&mut self, at: usize) -> Option<Module> {
        let name = self.tokens[at + 1].text.clone();
        let inline = match self.tokens.get(at + 2).map(|after| after.text.as_str()) {
            Some("{") => true,
            Some(";") => false,
            _ => return None,
        };
        let Attributes { test_only, path } = std::mem::take(&mut self.attributes);
        let test_only = test_only || self.around.iter().any(|&(_, _, test_only)| test_only);
        let within = self.around.iter().map(|(name, _, _)| name.clone()).collect();
        if inline {
            self.around.push((name.clone(), self.depth, test_only));
        }
        Some(Module { name, line: self.tokens[at].line, inline, test_only, path, within })
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.attributes = Attributes::default();
        if self.around.last().is_some_and(|&(_, depth, _)| depth == self.depth) {
            self.around.pop();
        }
    }
}

#[cfg(test)]
mod tests;
