//! Uploads in parts of the admin API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An upload to be begun. Fields that it does not know are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadCreate {
    /// The file's name: by its end a format is told that its first bytes do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub file_name: Option<String>,
    /// The file's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub content_type: Option<String>,
    /// Bytes that the whole file is to have: compared when it becomes a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The SHA-256 that the whole file is to have, as hexadecimal digits: compared when it becomes a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    pub sha256: Option<String>,
}

/// An upload, with the parts that are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadDetails {
    /// Its UUID.
    #[schema(format = "uuid")]
    pub upload_id: String,
    /// Its path.
    pub url: String,
    /// The file's name, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The file's media type, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Bytes that the whole file is to have, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The SHA-256 that the whole file is to have, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Bytes that a part has at most.
    pub part_bytes_max: u64,
    /// When it is thrown away, unless another part comes.
    #[schema(format = "date-time")]
    pub expires_at: String,
    /// Bytes of its parts.
    pub bytes: u64,
    /// Its parts, by number.
    pub parts: Vec<UploadPart>,
}

/// The uploads of an account that are open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadList {
    /// All of them, the newest first.
    pub uploads: Vec<UploadListed>,
}

/// An upload in a list, without its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadListed {
    /// Its UUID.
    #[schema(format = "uuid")]
    pub upload_id: String,
    /// Its path.
    pub url: String,
    /// The file's name, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Bytes that the whole file is to have, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Bytes of its parts.
    pub bytes: u64,
    /// When it was begun.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it is thrown away, unless another part comes.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

/// A part of an upload that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadPart {
    /// Its number, from 1.
    pub number: u32,
    /// Its bytes.
    pub size: u64,
    /// Its SHA-256, as hexadecimal digits.
    pub sha256: String,
}
