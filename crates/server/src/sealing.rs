//! The key with which passwords of files are sealed until they are hashed. It is not in the database.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use throng_directory::model::passwords::SealingKey;

use crate::Failure;
use crate::config::{Place, Secrets};

/// The file in a data directory.
const FILE: &str = "sealing.key";
/// Its name until it is whole.
const UNFINISHED: &str = "sealing.key.new";

/// The key that is configured, else that of the data directory, made if there is none; none on a database.
///
/// # Errors
/// A key that is not 32 bytes in base64, a file that cannot be read or written, two keys.
pub fn key(place: &Place, secrets: &Secrets) -> Result<Option<SealingKey>, Failure> {
    match (&secrets.key, &secrets.key_file, place) {
        (Some(_), Some(_), _) => Err("give secrets.key or secrets.key_file, not both".into()),
        (Some(key), None, _) => read(&key.0, "secrets.key").map(Some),
        (None, Some(file), _) => of_file(file).map(Some),
        (None, None, Place::Data(data)) => of_directory(data).map(Some),
        (None, None, Place::Database(_)) => Ok(None),
    }
}

fn read(text: &str, named: &str) -> Result<SealingKey, Failure> {
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes =
        bytes.ok_or_else(|| format!("{named} is not 32 bytes in base64: `openssl rand -base64 32`"))?;
    Ok(SealingKey::new(&bytes))
}

fn of_file(file: &Path) -> Result<SealingKey, Failure> {
    let named = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| format!("{named} cannot be read: {error}"))?;
    read(&text, &named)
}

/// The key of a data directory, which this process holds.
fn of_directory(data: &Path) -> Result<SealingKey, Failure> {
    let file = data.join(FILE);
    if !file.exists() {
        make(data).map_err(|error| format!("{} cannot be made: {error}", file.display()))?;
    }
    of_file(&file)
}

/// Whole or not at all, and on the disk before anything is sealed with it.
fn make(data: &Path) -> std::io::Result<()> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(std::io::Error::other)?;
    let unfinished = data.join(UNFINISHED);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    writeln!(file, "{}", STANDARD.encode(key))?;
    file.sync_all()?;
    fs::rename(&unfinished, data.join(FILE))?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests;
