//! One line that is taken out or changed, as a row of a table in Markdown says it.

use crate::Outcome;
use crate::tidy::tree::Tree;

/// In the place of a replacement: the piece goes, the rest of its line stays.
const NOTHING: &str = "nothing";

/// A line, and a test that fails without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, as `22d`.
    pub number: String,
    /// What the line is for, in words.
    pub requirement: String,
    /// The file with the line, relative to the root.
    pub file: String,
    /// A piece of the line that stands in the file once.
    pub piece: String,
    /// What takes the piece's place; without it the whole line goes.
    pub replacement: Option<String>,
    /// The package of the test.
    pub package: String,
    /// The test.
    pub test: String,
}

/// The cells of a row; a vertical bar with a backslash before it is none between cells.
pub fn cells(line: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let hidden = line.replace("\\|", BAR);
    let inner = hidden.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace(BAR, "|")).collect()
}

/// What stands in backticks at the start, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('`')?.split_once('`')
}

impl Row {
    /// A row of a table, by the cells of its place (`file::function`), its line and its proof (`package test`).
    ///
    /// # Errors
    /// A cell that is misshapen.
    pub fn of(number: &str, requirement: &str, [place, code, proof]: [&str; 3]) -> Outcome<Self> {
        let (place, _) = quoted(place).ok_or("no place in backticks")?;
        let (file, _) = place.split_once("::").ok_or("a place is file::function")?;
        let (piece, rest) = quoted(code).ok_or("no line in backticks")?;
        let rest = rest.trim();
        let replacement = match rest.strip_prefix("=>").map(str::trim) {
            None if rest.is_empty() => None,
            Some(NOTHING) => Some(String::new()),
            Some(code) => match quoted(code) {
                Some((replacement, "")) => Some(replacement.to_owned()),
                _ => return Err("after => stands code in backticks, or nothing".into()),
            },
            None => return Err("after the line stands =>, or no more".into()),
        };
        let (proof, _) = quoted(proof).ok_or("no proof in backticks")?;
        let (package, test) = proof.split_once(' ').ok_or("a proof is a package and a test")?;
        Ok(Self {
            number: number.to_owned(),
            requirement: requirement.to_owned(),
            file: file.to_owned(),
            piece: piece.to_owned(),
            replacement,
            package: package.to_owned(),
            test: test.to_owned(),
        })
    }

    /// Whether the line stands in its file once and the test exists.
    ///
    /// # Errors
    /// What is not so.
    pub fn check(&self, tree: &Tree) -> Outcome {
        let text = tree.text(&self.file).ok_or_else(|| format!("{}: no file {}", self.number, self.file))?;
        self.mutate(text).and_then(|_| self.binary(tree)).map(drop)
    }

    /// What is done to the line, in words.
    pub fn change(&self) -> String {
        match &self.replacement {
            Some(code) => format!("{:?} => {code:?}", self.piece),
            None => format!("{:?} taken out", self.piece),
        }
    }

    /// The file's text without the line.
    ///
    /// # Errors
    /// If the piece does not stand in it exactly once.
    pub fn mutate(&self, text: &str) -> Outcome<String> {
        let mut found = text.match_indices(&self.piece);
        let (Some((start, _)), None) = (found.next(), found.next()) else {
            let times = text.matches(&self.piece).count();
            return Err(format!("{}: {} has {:?} {times} times", self.number, self.file, self.piece));
        };
        let end = start + self.piece.len();
        if let Some(replacement) = &self.replacement {
            return Ok(format!("{}{replacement}{}", &text[..start], &text[end..]));
        }
        let start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
        Ok(format!("{}{}", &text[..start], &text[end..]))
    }

    /// Which test binary of its package has the test, as cargo's arguments.
    ///
    /// # Errors
    /// If there is none.
    pub fn binary(&self, tree: &Tree) -> Outcome<Vec<String>> {
        let complaint = || format!("{}: {} has no test {}", self.number, self.package, self.test);
        let folder = tree.crates().iter().find(|found| found.name == self.package).ok_or_else(complaint)?;
        let folder = format!("{}/", folder.folder);
        let declared = format!("fn {}(", self.test);
        // A macro makes a test of each fixture that it is given.
        let listed = [format!(" {},", self.test), format!(" {})", self.test)];
        let has = |text: &str| {
            let is_listed = || listed.iter().any(|name| text.contains(name));
            text.contains(&declared) || text.contains("fixtures!(") && is_listed()
        };
        let mut files = tree.texts().filter_map(|(path, text)| Some((path.strip_prefix(&folder)?, text)));
        let (file, _) = files.find(|(_, text)| has(text)).ok_or_else(complaint)?;
        Ok(match file.strip_prefix("tests/").and_then(|rest| rest.split('/').next()) {
            Some(name) => vec!["--test".to_owned(), name.trim_end_matches(".rs").to_owned()],
            None if tree.text(&format!("{folder}src/main.rs")).is_some() => vec!["--bins".to_owned()],
            None => vec!["--lib".to_owned()],
        })
    }
}
