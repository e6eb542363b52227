//! What every request shares.

use std::sync::Arc;

use throng_directory::{Directory, limits};
use tokio::sync::Semaphore;

use crate::scim::roles::ScimRole;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The directory.
    pub(crate) directory: Arc<Directory>,
    /// Where clients reach this server, without a slash at the end; `None`: what `Host` says.
    pub(crate) base_url: Option<Arc<str>>,
    /// What `/scim/v2/Roles` lists.
    pub(crate) roles: Arc<[ScimRole]>,
    /// Bytes of large bodies that may be in memory, one permit each.
    pub(crate) body_bytes: Arc<Semaphore>,
}

impl AppState {
    /// The state of a server whose clients reach it at `base_url` (scheme, host, perhaps a port and a path).
    /// Without one, links in answers are built from the `Host` header; forwarding headers are never read.
    pub fn new(directory: Arc<Directory>, base_url: Option<String>) -> Self {
        Self {
            directory,
            base_url: base_url.map(|url| url.trim_end_matches('/').into()),
            roles: Arc::default(),
            body_bytes: Arc::new(Semaphore::new(limits::MEMBERSHIP_BODIES_BYTES_MAX)),
        }
    }

    /// With these roles in `/scim/v2/Roles`.
    #[must_use]
    pub fn with_roles(self, roles: Vec<ScimRole>) -> Self {
        Self { roles: roles.into(), ..self }
    }
}
