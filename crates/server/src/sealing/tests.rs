use std::path::PathBuf;

use super::*;
use crate::config::Secret;

fn of(place: &Place, key: Option<&str>, file: Option<PathBuf>) -> Result<bool, String> {
    let secrets = Secrets { key: key.map(|key| Secret(key.to_owned())), key_file: file };
    super::key(place, &secrets).map(|key| key.is_some()).map_err(|error| error.to_string())
}

#[test]
fn a_data_directory_has_a_key_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let place = Place::Data(data.path().to_owned());
    assert_eq!(of(&place, None, None), Ok(true));
    let file = data.path().join(FILE);
    let made = fs::read_to_string(&file).unwrap();
    assert_eq!(STANDARD.decode(made.trim()).unwrap().len(), 32);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(of(&place, None, None), Ok(true));
    assert_eq!(fs::read_to_string(&file).unwrap(), made);
    fs::write(&file, "").unwrap();
    assert!(of(&place, None, None).unwrap_err().contains("32 bytes"));
}

#[test]
fn a_key_is_configured_once_and_right() {
    let data = tempfile::tempdir().unwrap();
    let place = Place::Data(data.path().to_owned());
    let (key, file) = (STANDARD.encode([7; 32]), data.path().join("key"));
    fs::write(&file, format!("{key}\n")).unwrap();
    assert_eq!(of(&place, Some(&key), None), Ok(true));
    assert_eq!(of(&place, None, Some(file.clone())), Ok(true));
    assert!(of(&place, Some(&key), Some(file)).is_err());
    let refused = of(&place, Some("c2hvcnQ="), None).unwrap_err();
    assert!(refused.contains("secrets.key") && !refused.contains("c2hvcnQ"), "{refused}");
    assert!(of(&place, None, Some(data.path().join("none"))).is_err());
    assert!(!data.path().join(FILE).exists());
}
