//! The files that tidy looks at, read once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::manifest::Manifest;
use super::source::Source;
use crate::Outcome;

const TEXT_EXTENSIONS: &[&str] = &["rs", "toml", "md", "sql", "sh", "py", "html", "css", "js", "lock"];

/// Folders that hold no source of ours, at any depth.
const SKIPPED_FOLDERS: &[&str] = &["target", ".git", "__pycache__", "node_modules"];

/// The text files of a work tree by path, relative to its root, with forward slashes.
pub struct Tree {
    texts: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
    crates: Vec<Crate>,
}

/// One package of the workspace.
pub struct Crate {
    /// The folder, relative to the root: `crates/scim`.
    pub folder: String,
    /// The package's name: `throng-scim`.
    pub name: String,
    /// What its `Cargo.toml` says.
    pub manifest: Manifest,
}

impl Crate {
    /// The path of its `Cargo.toml`.
    pub fn manifest_path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

impl Tree {
    /// Reads the work tree.
    ///
    /// # Errors
    /// If a folder or a file cannot be read, or if a source file is no UTF-8.
    pub fn read(root: &Path) -> Outcome<Self> {
        let mut texts = BTreeMap::new();
        read_folder(root, "", &mut texts)?;
        Ok(Self::of_texts(texts))
    }

    fn of_texts(texts: BTreeMap<String, String>) -> Self {
        let is_rust = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "rs");
        let rust = texts.iter().filter(|(path, _)| is_rust(path));
        let sources = rust.map(|(path, text)| (path.clone(), Source::of(text))).collect();
        let crates = texts.iter().filter_map(|(path, text)| {
            let folder = path.strip_suffix("/Cargo.toml")?.to_owned();
            // A workspace of its own, such as fuzz targets, is nothing that is built with the house.
            if text.lines().any(|line| line.trim() == "[workspace]") {
                return None;
            }
            let manifest = Manifest::of(text);
            Some(Crate { folder, name: manifest.package.clone()?, manifest })
        });
        Self { crates: crates.collect(), sources, texts }
    }

    /// A tree in memory.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::of_texts(files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect())
    }

    /// How many files it holds.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// All files, in order of their paths.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust file at this path.
    pub fn source(&self, path: &str) -> Option<&Source> {
        self.sources.get(path)
    }

    /// All Rust files, in order of their paths.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(path, source)| (path.as_str(), source))
    }

    /// All packages, in order of their folders.
    pub fn crates(&self) -> &[Crate] {
        &self.crates
    }

    /// The Rust files of one package, with their paths inside its folder: `src/lib.rs`.
    pub fn sources_of<'a>(
        &'a self,
        package: &'a Crate,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Source)> {
        self.sources().filter_map(|(path, source)| {
            let inside = path.strip_prefix(package.folder.as_str())?.strip_prefix('/')?;
            Some((path, inside, source))
        })
    }
}

fn read_folder(folder: &Path, prefix: &str, texts: &mut BTreeMap<String, String>) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            read_folder(&entry.path(), &path, texts)?;
        }
        let extension = Path::new(&name).extension().and_then(|extension| extension.to_str());
        if kind.is_file() && extension.is_some_and(|extension| TEXT_EXTENSIONS.contains(&extension)) {
            let text = fs::read_to_string(entry.path()).map_err(|error| format!("{path}: {error}"))?;
            texts.insert(path, text);
        }
    }
    Ok(())
}
