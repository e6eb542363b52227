//! What tidy needs of a `Cargo.toml`: the package's name, its dependencies, its targets' paths.

/// One `Cargo.toml`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `package.name`; absent in the workspace's own file.
    pub package: Option<String>,
    /// Every dependency of every section, in order.
    pub dependencies: Vec<Dependency>,
    /// `path` of `[lib]`, `[[bin]]`, `[[test]]`, `[[bench]]` and `[[example]]`.
    pub target_paths: Vec<String>,
    /// Whether it takes its lints from the workspace's table.
    pub workspace_lints: bool,
}

/// One line of a table of dependencies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name as the registry knows it (`package = …` is followed).
    pub name: String,
    /// Which table it stands in.
    pub kind: Kind,
    /// Its line, from 1.
    pub line: usize,
}

/// Which of a crate's builds a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The crate itself.
    Normal,
    /// Its tests, examples and benches.
    Dev,
    /// Its build script.
    Build,
}

const TARGETS: &[&str] = &["lib", "bin", "test", "bench", "example"];

impl Manifest {
    /// Reads the parts of TOML that a `Cargo.toml` is written in: sections, and one key a line.
    pub fn of(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut section = String::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(header) = line.strip_prefix('[') {
                let end = header.find(']').unwrap_or(header.len());
                section = header.trim_start_matches('[')[..end - usize::from(header.starts_with('['))]
                    .replace(['"', ' '], "");
                manifest.open(&section, index + 1);
            } else if let Some((key, value)) = line.split_once('=')
                && !line.starts_with('#')
            {
                manifest.set(&section, key.trim(), value.trim(), index + 1);
            }
        }
        manifest
    }

    /// `[dependencies.name]` is a dependency by its header alone.
    fn open(&mut self, section: &str, line: usize) {
        if let Some((table, name)) = section.rsplit_once('.')
            && let Some(kind) = kind(table)
        {
            self.dependencies.push(Dependency { name: name.to_owned(), kind, line });
        }
    }

    fn set(&mut self, section: &str, key: &str, value: &str, line: usize) {
        if section == "package" && key == "name" {
            self.package = Some(unquoted(value));
        } else if (section == "lints" && key == "workspace") || key == "lints.workspace" {
            self.workspace_lints = value.starts_with("true");
        } else if TARGETS.contains(&section) && key == "path" {
            self.target_paths.push(unquoted(value));
        } else if let Some(kind) = kind(section) {
            let named = key.split('.').next().unwrap_or(key).trim_matches('"');
            let name = inline_value(value, "package").unwrap_or_else(|| named.to_owned());
            self.dependencies.push(Dependency { name, kind, line });
        } else if key == "package"
            && section.rsplit_once('.').is_some_and(|(table, _)| kind(table).is_some())
            && let Some(last) = self.dependencies.last_mut()
        {
            last.name = unquoted(value);
        }
    }
}

/// The kind of a table: `dependencies`, `dev-dependencies`, `build-dependencies`, with or without `target.….` before it.
fn kind(section: &str) -> Option<Kind> {
    let table = if section.starts_with("target.") { section.rsplit('.').next()? } else { section };
    match table {
        "dependencies" => Some(Kind::Normal),
        "dev-dependencies" => Some(Kind::Dev),
        "build-dependencies" => Some(Kind::Build),
        _ => None,
    }
}

/// The value of a key inside `{ … }`.
fn inline_value(value: &str, key: &str) -> Option<String> {
    let table = value.strip_prefix('{')?;
    let pairs = table.split(',').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| name.trim() == key).map(|(_, text)| unquoted(text)).next()
}

fn unquoted(value: &str) -> String {
    value.split('"').nth(1).unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests;
