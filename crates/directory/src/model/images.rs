//! People as they were when a job deleted them: blocks beside the items of the job.

use serde::{Deserialize, Serialize};
use throng_jobs::Instant;

use crate::error::{Error, Result};
use crate::ids::{GroupNumber, UserKey, parse_uuid};
use crate::model::jobs::ImageBlock;
use crate::model::users::User;

/// A person as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The index of the item of the job that deleted them.
    pub index: u32,
    /// When they were deleted.
    pub taken_at: Instant,
    /// The person.
    pub user: User,
    /// What provisioning sources other than the default one called them: source and `externalId`.
    pub external_ids: Vec<(String, String)>,
    /// The groups that they were in, by rising number: all, or as many as are kept.
    pub groups: Vec<GroupNumber>,
    /// Whether they were in more groups than are kept.
    pub had_more_groups: bool,
}

/// An image as it is stored: compressed JSON. Users have no credentials that could be in it.
#[derive(Serialize, Deserialize)]
struct Stored {
    index: u32,
    key: i64,
    uuid: String,
    version: i64,
    created_at: i64,
    modified_at: i64,
    name_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    email_keys: Vec<String>,
    doc: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    external_ids: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    had_more_groups: bool,
}

/// Bytes of a group's number in JSON, about.
const GROUP_BYTES: usize = 8;

/// Blocks of images, taken at one moment and given by rising index: a new one begins when one has about `bytes_max` bytes of
/// documents and groups.
///
/// # Errors
/// `Internal` when an image cannot be written.
pub fn encode(images: &[Image], bytes_max: usize) -> Result<Vec<ImageBlock>> {
    let (mut blocks, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (at, image) in images.iter().enumerate() {
        bytes += image.user.doc.len() + GROUP_BYTES * image.groups.len();
        if bytes >= bytes_max || at + 1 == images.len() {
            blocks.push(block(&images[start..=at])?);
            (start, bytes) = (at + 1, 0);
        }
    }
    Ok(blocks)
}

fn block(images: &[Image]) -> Result<ImageBlock> {
    let (Some(first), Some(last)) = (images.first(), images.last()) else { return Err(damaged()) };
    let data = compressed(images.iter().cloned())?;
    let items = last.index - first.index + 1;
    Ok(ImageBlock { first: first.index, items, taken_at: first.taken_at, data })
}

fn compressed(images: impl Iterator<Item = Image>) -> Result<Vec<u8>> {
    let stored: Vec<Stored> = images.map(Stored::from).collect();
    let plain = serde_json::to_vec(&stored).map_err(|_| damaged())?;
    Ok(lz4_flex::block::compress_prepend_size(&plain))
}

/// Reads a block.
///
/// # Errors
/// `Internal` when it is damaged.
pub fn decode(block: &ImageBlock) -> Result<Vec<Image>> {
    let plain = lz4_flex::block::decompress_size_prepended(&block.data).map_err(|_| damaged())?;
    let stored: Vec<Stored> = serde_json::from_slice(&plain).map_err(|_| damaged())?;
    stored.into_iter().map(|stored| stored.image(block.taken_at)).collect()
}

/// The block without the images of those who are to be forgotten, and how many these are; none if it has no such image.
///
/// # Errors
/// `Internal` when it is damaged.
pub fn forgetting(
    block: &ImageBlock,
    is_forgotten: impl Fn(&Image) -> bool,
) -> Result<Option<(ImageBlock, u64)>> {
    let mut images = decode(block)?;
    let had = images.len();
    images.retain(|image| !is_forgotten(image));
    let gone = (had - images.len()) as u64;
    if gone == 0 {
        return Ok(None);
    }
    let data = compressed(images.into_iter())?;
    Ok(Some((ImageBlock { data, ..block.clone() }, gone)))
}

impl From<Image> for Stored {
    fn from(image: Image) -> Self {
        let User { key, uuid, version, created_at, modified_at, name_key, external_id, email_keys, doc } =
            image.user;
        Self {
            index: image.index,
            key: key.0,
            uuid: uuid.to_string(),
            version,
            created_at: created_at.micros(),
            modified_at: modified_at.micros(),
            name_key,
            external_id,
            email_keys,
            doc,
            external_ids: image.external_ids,
            groups: image.groups.into_iter().map(|group| group.0).collect(),
            had_more_groups: image.had_more_groups,
        }
    }
}

impl Stored {
    fn image(self, taken_at: Instant) -> Result<Image> {
        Ok(Image {
            index: self.index,
            taken_at,
            user: User {
                key: UserKey(self.key),
                uuid: parse_uuid(&self.uuid).ok_or_else(damaged)?,
                version: self.version,
                created_at: Instant::from_micros(self.created_at),
                modified_at: Instant::from_micros(self.modified_at),
                name_key: self.name_key,
                external_id: self.external_id,
                email_keys: self.email_keys,
                doc: self.doc,
            },
            external_ids: self.external_ids,
            groups: self.groups.into_iter().map(GroupNumber).collect(),
            had_more_groups: self.had_more_groups,
        })
    }
}

fn damaged() -> Error {
    Error::internal("a block of images is damaged")
}
