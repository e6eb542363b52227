use super::*;

fn upload(size: Option<u64>) -> Upload {
    let at = Instant::from_micros(1);
    let (uuid, bytes) = (Uuid::from_u128(1), 0);
    let (file_name, content_type, sha256) = (None, None, None);
    Upload { uuid, created_at: at, expires_at: at, file_name, content_type, size, sha256, bytes }
}

fn parts(numbers: &[u32]) -> Vec<UploadPart> {
    let part = |number: &u32| UploadPart {
        number: PartNumber::new(*number).unwrap(),
        size: 10,
        sha256: [0; 32],
        attempt: 1,
    };
    numbers.iter().map(part).collect()
}

#[test]
fn a_whole_upload_has_no_gap_and_its_size() {
    assert_eq!(check_whole(&upload(None), &parts(&[1, 2, 3])), Ok(()));
    assert_eq!(check_whole(&upload(Some(20)), &parts(&[1, 2])), Ok(()));
    for (size, numbers, said) in [
        (None, &[][..], "no parts"),
        (None, &[2, 3], "part 1 of the upload is missing"),
        (None, &[1, 2, 4, 6], "part 3 of the upload is missing"),
        (Some(21), &[1, 2], "have 20 bytes, but its size was said to be 21"),
    ] {
        let refused = check_whole(&upload(size), &parts(numbers)).unwrap_err().to_string();
        assert!(refused.contains(said), "{numbers:?}: {refused}");
    }
}

#[test]
fn what_is_open_is_bounded() {
    let (uploads, bytes) = (limits::UPLOADS_OPEN_MAX - 1, limits::UPLOADS_BYTES_MAX - 5);
    let open = OpenUploads { uploads, bytes };
    assert_eq!((open.check_another(), open.check_more(5)), (Ok(()), Ok(())));
    assert!(matches!(open.check_more(6), Err(Error::TooMany(_))));
    assert!(matches!(OpenUploads { uploads: uploads + 1, ..open }.check_another(), Err(Error::TooMany(_))));
}
