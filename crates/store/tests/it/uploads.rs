use throng_directory::Error;
use throng_directory::ids::AccountId;
use throng_directory::model::uploads::{CLOSED, OpenUploads, PartNumber, Upload, UploadBlock, UploadPart};
use throng_directory::port::{Store, Tx};
use uuid::Uuid;

use crate::backend::conformance;
use crate::make::{NOW, account, at, read, write};

conformance!(
    begun_filled_and_read,
    a_part_that_is_sent_again_has_other_blocks,
    what_is_closed_is_seen_by_nobody,
    uploads_go_in_small_steps,
    uploads_of_accounts_are_apart,
    uploads_that_are_not_locked_are_not_written,
);

const FILE: Uuid = Uuid::from_u128(7);

fn upload(uuid: Uuid) -> Upload {
    Upload {
        uuid,
        created_at: NOW,
        expires_at: at(100),
        file_name: Some("people.csv".to_owned()),
        content_type: None,
        size: Some(3 << 30),
        sha256: Some([9; 32]),
        bytes: 0,
    }
}

fn part(number: u32, attempt: i64) -> UploadPart {
    UploadPart { number: PartNumber::new(number).unwrap(), size: 2, sha256: [3; 32], attempt }
}

/// Stores a part of these blocks.
fn fill(
    tx: &mut dyn Tx,
    account: AccountId,
    part: &UploadPart,
    blocks: &[&[u8]],
) -> throng_directory::Result<()> {
    for (block, data) in (0..).zip(blocks) {
        tx.insert_upload_block(account, FILE, UploadBlock { attempt: part.attempt, block, data })?;
    }
    tx.put_upload_part(account, FILE, part)
}

/// An account with an upload of one part.
fn begun(store: &dyn Store) -> AccountId {
    let acme = account(store, "acme");
    write(store, move |tx| {
        tx.lock_uploads(acme)?;
        tx.insert_upload(acme, &upload(FILE))?;
        fill(tx, acme, &part(2, -5), &[b"a", b"b", b"c"])?;
        tx.update_upload(acme, &Upload { bytes: 3, expires_at: at(200), ..upload(FILE) })
    })
    .unwrap();
    acme
}

fn begun_filled_and_read(store: &dyn Store) {
    let acme = begun(store);
    write(store, move |tx| {
        tx.lock_uploads(acme)?;
        let bare = Upload { file_name: None, size: None, sha256: None, ..upload(Uuid::from_u128(8)) };
        tx.insert_upload(acme, &bare)?;
        fill(tx, acme, &part(1, i64::MAX), &[b"x"])
    })
    .unwrap();
    read(store, move |snapshot| {
        let found = snapshot.upload(acme, FILE)?;
        assert_eq!(found, Some(Upload { bytes: 3, expires_at: at(200), ..upload(FILE) }));
        assert_eq!(snapshot.upload(acme, Uuid::from_u128(8))?.unwrap().sha256, None);
        assert_eq!(snapshot.upload(acme, Uuid::from_u128(9))?, None);
        assert_eq!(snapshot.open_uploads(acme)?, OpenUploads { uploads: 2, bytes: 3 });
        assert_eq!(snapshot.upload_parts(acme, FILE, 9)?, [part(1, i64::MAX), part(2, -5)]);
        assert_eq!(snapshot.upload_parts(acme, FILE, 1)?, [part(1, i64::MAX)]);
        assert_eq!(snapshot.upload_part(acme, FILE, 2)?, Some(part(2, -5)));
        assert_eq!(snapshot.upload_part(acme, FILE, 3)?, None);
        assert_eq!(snapshot.upload_blocks(acme, FILE, (-5, 1), 9)?, [b"b", b"c"]);
        assert_eq!(snapshot.upload_blocks(acme, FILE, (-5, 0), 1)?, [b"a"]);
        assert!(snapshot.upload_blocks(acme, FILE, (-5, 3), 9)?.is_empty());
        Ok(())
    });
}

fn a_part_that_is_sent_again_has_other_blocks(store: &dyn Store) {
    let acme = begun(store);
    write(store, move |tx| {
        tx.lock_uploads(acme)?;
        fill(tx, acme, &part(2, 6), &[b"d"])?;
        assert_eq!(tx.delete_upload_blocks(acme, FILE, -5, 2)?, 2);
        assert_eq!(tx.delete_upload_blocks(acme, FILE, -5, 2)?, 1);
        Ok(())
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.upload_parts(acme, FILE, 9)?, [part(2, 6)]);
        assert_eq!(snapshot.upload_blocks(acme, FILE, (6, 0), 9)?, [b"d"]);
        assert!(snapshot.upload_blocks(acme, FILE, (-5, 0), 9)?.is_empty());
        Ok(())
    });
}

fn what_is_closed_is_seen_by_nobody(store: &dyn Store) {
    let acme = begun(store);
    read(store, move |snapshot| {
        assert_eq!(snapshot.uploads_expired(at(200), 9)?, []);
        assert_eq!(snapshot.uploads_expired(at(201), 9)?, [(acme, FILE)]);
        Ok(())
    });
    write(store, move |tx| {
        tx.lock_uploads(acme)?;
        tx.update_upload(acme, &Upload { expires_at: CLOSED, ..upload(FILE) })
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.upload(acme, FILE)?, None);
        assert_eq!(snapshot.open_uploads(acme)?, OpenUploads::default());
        assert_eq!(snapshot.uploads_expired(at(0), 9)?, [(acme, FILE)]);
        assert_eq!(snapshot.uploads_expired(at(0), 0)?, []);
        Ok(())
    });
}

fn uploads_go_in_small_steps(store: &dyn Store) {
    let acme = begun(store);
    for (limit, dropped, is_there) in [(2, 2, true), (2, 1, false), (2, 0, false)] {
        let found = write(store, move |tx| {
            tx.lock_uploads(acme)?;
            let dropped = tx.drop_upload(acme, FILE, limit)?;
            Ok((dropped, tx.upload(acme, FILE)?.is_some(), tx.upload_parts(acme, FILE, 9)?.len()))
        });
        assert_eq!(found.unwrap(), (dropped, is_there, usize::from(is_there)));
    }
}

fn uploads_of_accounts_are_apart(store: &dyn Store) {
    let (acme, beta) = (begun(store), account(store, "beta"));
    write(store, move |tx| {
        tx.lock_uploads(beta)?;
        assert_eq!(tx.delete_upload_blocks(beta, FILE, -5, 9)?, 0);
        assert_eq!(tx.drop_upload(beta, FILE, 9)?, 0);
        tx.update_upload(beta, &Upload { expires_at: CLOSED, ..upload(FILE) })
    })
    .unwrap();
    read(store, move |snapshot| {
        assert_eq!(snapshot.upload(beta, FILE)?, None);
        assert_eq!(snapshot.upload_parts(beta, FILE, 9)?, []);
        assert!(snapshot.upload_blocks(beta, FILE, (-5, 0), 9)?.is_empty());
        assert_eq!(snapshot.open_uploads(beta)?, OpenUploads::default());
        assert_eq!(snapshot.upload_blocks(acme, FILE, (-5, 0), 9)?.len(), 3);
        Ok(())
    });
}

fn uploads_that_are_not_locked_are_not_written(store: &dyn Store) {
    let (acme, beta) = (begun(store), account(store, "beta"));
    for (name, attempt) in [
        ("insert", write(store, move |tx| tx.insert_upload(acme, &upload(Uuid::from_u128(8))))),
        ("update", write(store, move |tx| tx.update_upload(acme, &upload(FILE)))),
        ("part", write(store, move |tx| tx.put_upload_part(acme, FILE, &part(1, 1)))),
        ("drop", write(store, move |tx| tx.drop_upload(acme, FILE, 9).map(drop))),
        ("blocks", write(store, move |tx| tx.delete_upload_blocks(acme, FILE, -5, 9).map(drop))),
        (
            "another account",
            write(store, move |tx| {
                tx.lock_uploads(beta)?;
                tx.update_upload(acme, &upload(FILE))
            }),
        ),
    ] {
        assert!(matches!(attempt, Err(Error::Internal(_))), "{name}: {attempt:?}");
    }
}
