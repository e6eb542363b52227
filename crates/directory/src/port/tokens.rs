//! Keys as their account manages them, what signs tokens, and tokens that were taken back.

use throng_jobs::Instant;

use crate::caller::KeyView;
use crate::error::Result;
use crate::ids::{AccountId, ClientId};
use crate::model::tokens::SigningKey;

/// Reads of keys and tokens.
pub trait TokenReads {
    /// The keys of an account whose clients were not revoked, the oldest first; at most `limit`.
    fn keys(&mut self, account: AccountId, limit: usize) -> Result<Vec<KeyView>>;

    /// What signs tokens, the newest first.
    fn signing_keys(&mut self) -> Result<Vec<SigningKey>>;

    /// Whether the token was taken back.
    fn is_token_revoked(&mut self, account: AccountId, token_id: &str) -> Result<bool>;
}

/// Writes of keys and tokens.
pub trait TokenWrites {
    /// Notes that a key was used.
    fn touch_key(&mut self, account: AccountId, key_id: &str, now: Instant) -> Result<()>;

    /// Lets a key end then, unless it ends before: another takes its place. Whether there is such a key that has no
    /// successor.
    fn replace_key(&mut self, account: AccountId, key_id: &str, end: Instant, by: &str) -> Result<bool>;

    /// Takes a key away. Whether there was one.
    fn delete_key(&mut self, account: AccountId, key_id: &str) -> Result<bool>;

    /// Revokes a client: its keys are good no longer, and its jobs do not go on. Whether there was one that stood.
    fn revoke_client(&mut self, account: AccountId, client: ClientId, now: Instant) -> Result<bool>;

    /// Stores what signs tokens.
    fn create_signing_key(&mut self, key: &SigningKey) -> Result<()>;

    /// Takes away what signs tokens and was made before.
    fn delete_signing_keys(&mut self, before: Instant) -> Result<()>;

    /// Takes a token back that runs out then.
    fn revoke_token(&mut self, account: AccountId, token_id: &str, expires_at: Instant) -> Result<()>;

    /// Forgets tokens of an account that were taken back and have run out.
    fn forget_tokens(&mut self, account: AccountId, now: Instant) -> Result<()>;
}
