//! Uploads in parts.

use http::StatusCode;
use http::header::{HeaderName, LOCATION};
use throng_api::{UploadCreate, UploadDetails, UploadList, UploadListed, UploadPart};
use throng_directory::ids::{hex, parse_number};
use throng_directory::limits;
use throng_directory::model::time::rfc3339_millis;
use throng_directory::model::uploads::{PartNumber, Upload, UploadPart as StoredPart};
use throng_directory::use_cases::uploads::{PartGiven, UploadGiven, UploadView};

use crate::access::Authorised;
use crate::admin::{accounts_path, show, written};
use crate::call::{Call, Outcome};
use crate::headers::{OCTETS, check_media_type, put};
use crate::refusal::Refusal;
use crate::scim::response;
use crate::{body, json, sums};

/// POST `/accounts/{accountId}/uploads`.
pub(crate) async fn create(caller: Authorised, mut call: Call) -> Outcome {
    let (body, asked) = json::read_write::<UploadCreate>(&mut call).await?;
    let made = call.state.directory.create_upload(&caller, given(body)?, &asked).await?;
    let mut answer = written(&made, |status, view| show(status, &details(&caller, view)))?;
    put(answer.headers_mut(), LOCATION, upload_path(&caller, &made.uuid.to_string()));
    Ok(answer)
}

/// GET `/accounts/{accountId}/uploads`.
pub(crate) async fn list(caller: Authorised, call: Call) -> Outcome {
    let open = call.state.directory.uploads(&caller).await?;
    let listed = |upload: Upload| {
        let id = upload.uuid.to_string();
        UploadListed {
            url: upload_path(&caller, &id),
            upload_id: id,
            file_name: upload.file_name,
            size: upload.size,
            bytes: upload.bytes,
            created_at: rfc3339_millis(upload.created_at),
            expires_at: rfc3339_millis(upload.expires_at),
        }
    };
    show(StatusCode::OK, &UploadList { uploads: open.into_iter().map(listed).collect() })
}

/// GET `/accounts/{accountId}/uploads/{uploadId}`.
pub(crate) async fn get(caller: Authorised, call: Call) -> Outcome {
    let view = call.state.directory.upload(&caller, call.param("uploadId")).await?;
    show(StatusCode::OK, &details(&caller, &view))
}

/// PUT `/accounts/{accountId}/uploads/{uploadId}/parts/{number}`.
pub(crate) async fn put_part(caller: Authorised, mut call: Call) -> Outcome {
    let number = part_number(call.param("number"))?;
    check_media_type(call.headers(), &[OCTETS])?;
    let sha256 = sums::of_body(call.headers())?;
    let body = std::mem::take(&mut call.body);
    let read =
        body::read_large(&call.state, (call.headers(), &caller), body, limits::UPLOAD_PART_BYTES_MAX).await?;
    let given = PartGiven { number, bytes: read.bytes, sha256 };
    let directory = &call.state.directory;
    let stored = directory.replace_upload_part(&caller, call.param("uploadId"), given).await?;
    let mut answer = show(StatusCode::OK, &part(&stored))?;
    let name = HeaderName::from_static(sums::CONTENT_DIGEST);
    put(answer.headers_mut(), name, sums::content_digest(&stored.sha256));
    Ok(answer)
}

/// DELETE `/accounts/{accountId}/uploads/{uploadId}`.
pub(crate) async fn delete(caller: Authorised, call: Call) -> Outcome {
    call.state.directory.delete_upload(&caller, call.param("uploadId")).await?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

fn given(body: UploadCreate) -> Result<UploadGiven, Refusal> {
    let malformed = || Refusal::bad("sha256", "sha256 has 64 hexadecimal digits");
    let sha256 = body.sha256.map(|text| sums::from_hex(&text).ok_or_else(malformed)).transpose()?;
    Ok(UploadGiven { file_name: body.file_name, content_type: body.content_type, size: body.size, sha256 })
}

/// Reads the number of a part: any other spelling, and any other number, is 404.
fn part_number(text: &str) -> Result<PartNumber, Refusal> {
    let number = parse_number(text).and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| *number <= limits::UPLOAD_PARTS_MAX).and_then(PartNumber::new);
    number.ok_or_else(Refusal::not_found)
}

fn upload_path(caller: &Authorised, id: &str) -> String {
    format!("{}/uploads/{id}", accounts_path(&caller.account_name))
}

fn details(caller: &Authorised, view: &UploadView) -> UploadDetails {
    let upload = &view.upload;
    let id = upload.uuid.to_string();
    UploadDetails {
        url: upload_path(caller, &id),
        upload_id: id,
        file_name: upload.file_name.clone(),
        content_type: upload.content_type.clone(),
        size: upload.size,
        sha256: upload.sha256.map(|sum| hex(&sum)),
        part_bytes_max: limits::UPLOAD_PART_BYTES_MAX as u64,
        expires_at: rfc3339_millis(upload.expires_at),
        bytes: upload.bytes,
        parts: view.parts.iter().map(part).collect(),
    }
}

fn part(part: &StoredPart) -> UploadPart {
    UploadPart { number: part.number.get(), size: part.size, sha256: hex(&part.sha256) }
}
