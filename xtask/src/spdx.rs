//! Licence expressions as crates write them: `(MIT OR Apache-2.0) AND Unicode-3.0`.

/// Whether the expression can be met with the allowed licences alone.
///
/// The old way to write `OR`, a slash, is understood. `WITH` names an exception and makes another licence of it, which
/// must be allowed as a whole (`Apache-2.0 WITH LLVM-exception`). What cannot be read is not allowed.
pub fn allowed(expression: &str, licences: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, at: 0, licences };
    parser.either() == Some(true) && parser.at == words.len()
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
    licences: &'a [String],
}

impl<'a> Parser<'a> {
    fn either(&mut self) -> Option<bool> {
        let mut met = self.both()?;
        while self.skip("OR") {
            met |= self.both()?;
        }
        Some(met)
    }

    fn both(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.skip("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.skip("(") {
            let met = self.either()?;
            return self.skip(")").then_some(met);
        }
        let name = self.name()?;
        if self.skip("WITH") {
            let with = format!("{name} WITH {}", self.name()?);
            return Some(self.licences.contains(&with));
        }
        Some(self.licences.iter().any(|licence| licence == name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        (!["AND", "OR", "WITH", "(", ")"].contains(&word)).then_some(word)
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests;
