//! People who may log in, applications that ask them, and what they are let do.

use throng_jobs::Instant;
use uuid::Uuid;

use crate::caller::{NewClient, Role};
use crate::error::Result;
use crate::ids::{AccountId, ClientId};
use crate::model::grants::{Application, Grant, Member, Standing};

/// Reads of people as clients, applications and grants.
pub trait GrantReads {
    /// The client with this id, unless it was revoked or is a person.
    fn application(&mut self, account: AccountId, client: ClientId) -> Result<Option<Application>>;

    /// The clients of an account that are nobody's own and were not revoked, the oldest first; at most `limit`.
    fn applications(&mut self, account: AccountId, limit: usize) -> Result<Vec<Application>>;

    /// What the person is as a client, revoked or not.
    fn member(&mut self, account: AccountId, user: Uuid) -> Result<Option<Member>>;

    /// The people who have a role, the first to get one first; at most `limit`.
    fn members_with_roles(&mut self, account: AccountId, limit: usize) -> Result<Vec<Member>>;

    /// The grant with this id.
    fn grant(&mut self, account: AccountId, grant: &str) -> Result<Option<Grant>>;

    /// The grant with this id in the account with exactly this name, if its application and its person's role stand.
    fn standing_grant(&mut self, account: &str, grant: &str) -> Result<Option<Standing>>;
}

/// Writes of people as clients, applications and grants.
pub trait GrantWrites {
    /// Makes a client an application: where people may be sent back to, and whether it cannot keep a secret.
    fn set_application(
        &mut self,
        account: AccountId,
        client: ClientId,
        redirect_uris: &[String],
        is_public: bool,
    ) -> Result<()>;

    /// Makes a person a client.
    ///
    /// # Errors
    /// `AlreadyExists` when they are one or the name is taken.
    fn create_member(
        &mut self,
        account: AccountId,
        user: Uuid,
        client: &NewClient<'_>,
        now: Instant,
    ) -> Result<ClientId>;

    /// Gives a person who is a client another role, or one again.
    fn set_member_role(&mut self, account: AccountId, client: ClientId, role: Role) -> Result<()>;

    /// Stores a grant; of the person's others only the newest `others` stay.
    fn create_grant(&mut self, account: AccountId, grant: &Grant, others: usize) -> Result<()>;

    /// Makes the next secret of a grant the good one, if it was this one. Whether it was.
    fn advance_grant(
        &mut self,
        account: AccountId,
        grant: &str,
        generation: i64,
        ends_at: Instant,
    ) -> Result<bool>;

    /// Takes a grant away. Whether there was one.
    fn delete_grant(&mut self, account: AccountId, grant: &str) -> Result<bool>;

    /// Takes away all that a person was granted.
    fn delete_grants_of(&mut self, account: AccountId, member: ClientId) -> Result<()>;

    /// Forgets grants that have ended.
    fn forget_grants(&mut self, account: AccountId, now: Instant) -> Result<()>;
}
