//! The digest of what a job has to do, as it is stored: whoever works the job sees whether it is still that.

use sha2::{Digest, Sha256};

use crate::model::jobs::{Part, RowPage};

/// A digest of a payload in the making: SHA-256 over its blocks in order, each with its place, its number of items and
/// its length.
#[derive(Clone, Debug, Default)]
pub struct PayloadDigest(Sha256);

impl PayloadDigest {
    /// Takes the next part of a list.
    pub fn part(&mut self, part: &Part) {
        self.block(part.form as u8, part.first, part.items, &part.data);
    }

    /// Takes the next page of rows.
    pub fn page(&mut self, page: &RowPage) {
        self.block(0, page.page, page.items, &page.data);
    }

    fn block(&mut self, form: u8, first: u32, items: u32, data: &[u8]) {
        self.0.update([form]);
        self.0.update(first.to_le_bytes());
        self.0.update(items.to_le_bytes());
        self.0.update((data.len() as u64).to_le_bytes());
        self.0.update(data);
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
