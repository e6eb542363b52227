//! Every limit of the directory, with its unit and its reason. What is announced is what is enforced.

use std::time::Duration;

/// Listed members whom nobody knows that a refusal names.
pub const UNKNOWN_MEMBERS_NAMED: usize = 5;
/// Items of a membership write that are applied before the answer, when the group's queue is empty.
/// A transaction of this size takes a few milliseconds.
pub const INLINE_ITEMS_MAX: usize = 200;
/// How long a small membership write waits for its turn behind other jobs of its group.
pub const INLINE_WAIT: Duration = Duration::from_secs(5);
/// The longest `Prefer: wait=N` that is honoured.
pub const WAIT_MAX: Duration = Duration::from_mins(1);
/// Members shown inside a group; a larger group is shown without, and says how many there are.
pub const EMBEDDED_MEMBERS_MAX: usize = 1_000;
/// Members shown inside a group of the admin API, which has them in lists; a larger group is shown without.
pub const DETAILED_MEMBERS_MAX: u64 = (RESOURCES_MAX * RESOURCE_IDS_MAX) as u64;
/// Lists of members in a group of the admin API …
pub const RESOURCES_MAX: usize = 50;
/// … and members in one of them, as its description has it.
pub const RESOURCE_IDS_MAX: usize = 500;
/// Groups shown inside a user, those reached by way of others included.
pub const EMBEDDED_GROUPS_MAX: usize = 1_000;
/// Steps from a group to one that contains it that are followed from a user, the user's own membership included.
/// Deeper nesting is stored, and not looked for.
pub const NESTING_DEPTH_MAX: usize = 16;
/// Groups whose members a filter on one group looks through: the group itself and those nested in it at any depth.
/// More are refused, since each costs a look-up a page.
pub const NESTED_GROUPS_MAX: usize = 1_000;
/// Resources of a list page when the client names no count.
pub const COUNT_DEFAULT: usize = 100;
/// Resources of a list page at most.
pub const COUNT_MAX: usize = 1_000;
/// Bytes of a resource as it is stored; see [`crate::model::document`]. What is derived is not counted: the members of
/// a group, the groups of a user.
pub const RESOURCE_BYTES_MAX: usize = 1 << 20;
/// Bytes of stored resources that one read of a list holds, that a sorted list holds while it is made, and that a page
/// shows, there with the members and groups of its resources. Whoever has so many ends early, with at least one resource.
pub const PAGE_BYTES_MAX: usize = 32 << 20;
/// A list is refused when it has looked at this many candidates …
pub const LIST_CANDIDATES_MAX: u64 = 2_000_000;
/// … or for this long: the time of its own reads, whoever else reads.
pub const LIST_TIME_MAX: Duration = Duration::from_secs(2);
/// How long a list waits and reads in all; then the client is asked to come back.
pub const LIST_WAIT_MAX: Duration = Duration::from_secs(30);
/// A list in an order that no index has goes as far as this by index: so many resources are held while it is made.
pub const SORTED_INDEX_MAX: usize = 10_000;
/// How long a cursor is good.
pub const CURSOR_KEPT: Duration = Duration::from_hours(24);
/// Bytes of a SCIM body that can list members.
pub const MEMBERSHIP_BODY_BYTES_MAX: usize = 256 << 20;
/// Bytes of all membership bodies in memory at once; further requests wait for their turn.
pub const MEMBERSHIP_BODIES_BYTES_MAX: usize = 320 << 20;
/// Bytes of any other SCIM body.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Members listed in one request: bounds what resolving them holds in memory (about 60 bytes each).
pub const MEMBERS_PER_REQUEST_MAX: u32 = 5_000_000;
/// Bytes of an uploaded file.
pub const UPLOAD_BYTES_MAX: u64 = 4 << 30;
/// Files that are read at the same time on a node: each holds a run of rows in memory. Further ones wait for their turn …
pub const UPLOADS_AT_ONCE: usize = 4;
/// … and so do those of an account that has so many: its slow ones leave turns to others …
pub const UPLOADS_AT_ONCE_OF_ACCOUNT: usize = UPLOADS_AT_ONCE / 2;
/// … for this long; then the client is asked to come back.
pub const FILE_TURN_MAX: Duration = Duration::from_secs(30);
/// Parts of an upload: numbers go from 1 to this one.
pub const UPLOAD_PARTS_MAX: u32 = 10_000;
/// Bytes of one part of an upload. It is held in memory until its checksum is known.
pub const UPLOAD_PART_BYTES_MAX: usize = 8 << 20;
/// Bytes of a part that are stored together, in a transaction of their own: who writes meanwhile waits for its commit.
pub const UPLOAD_BLOCK_BYTES: usize = STORED_BYTES_AT_ONCE;
/// Blocks of an upload that one read fetches.
pub const UPLOAD_BLOCKS_AT_ONCE: usize = 4;
/// Uploads of an account that are open at the same time. An open one is not yet a job, and not thrown away.
pub const UPLOADS_OPEN_MAX: u64 = 16;
/// Bytes of all open uploads of an account: they lie in the database.
pub const UPLOADS_BYTES_MAX: u64 = 16 << 30;
/// How long an upload is kept after it was begun, or its last part came.
pub const UPLOAD_KEPT: Duration = Duration::from_hours(24);
/// Characters of the name and of the media type that an upload gives its file.
pub const UPLOAD_NAME_CHARS_MAX: usize = 255;
/// Requests a minute that a node takes of an account that says nothing else: no client of people or of a provisioning
/// service comes near it, and one that runs wild leaves something to others.
pub const REQUESTS_PER_MINUTE_DEFAULT: u32 = 600_000;
/// Rows of one import.
pub const IMPORT_ROWS_MAX: u64 = 10_000_000;
/// Rows or keys that one read transaction handles; longer reads are sequences of such reads.
pub const READ_ROWS_MAX: usize = 10_000;
/// Documents that one read fetches by their keys at once.
pub const LOOK_UPS_AT_ONCE: usize = 64;
/// Items of one payload part.
pub const PART_ITEMS_MAX: usize = 4_096;
/// Bytes of one payload part, of parts that the accepting transaction stores itself, and of rows that one transaction stages.
pub const PART_BYTES_MAX: usize = 1 << 20;
/// Bytes of a group job's parts or result pages that one transaction stores before and after the job is worked, but for a
/// single larger one: who writes meanwhile waits for its commit.
pub const STORED_BYTES_AT_ONCE: usize = 256 << 10;
/// Items of one result page of a membership job.
pub const RESULT_PAGE_ITEMS: usize = 4_096;
/// Rows of one page of an import.
pub const ROW_PAGE_ITEMS: usize = 256;
/// Rows of an import that a download reads at once: 1 MiB of text each at worst, 100 bytes as a rule.
pub const DOWNLOAD_ROWS: usize = 4 * ROW_PAGE_ITEMS;
/// Rows that are sorted at once while a file arrives (one run).
pub const RUN_ITEMS: usize = 100_000;
/// People of an export in another order than by login: so many are sorted in memory, at about 100 bytes each.
pub const EXPORT_SORTED_MAX: usize = 2_000_000;
/// Items of one chunk when nothing else is configured.
pub const CHUNK_ITEMS_DEFAULT: usize = 5_000;
/// How long an `Idempotency-Key` is remembered at least; longer while the job is shown that it made.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_hours(720);
/// How long after that it is looked at again whether the job is still shown.
pub const IDEMPOTENCY_RENEWED: Duration = Duration::from_hours(24);
/// How long an unfinished request holds its `Idempotency-Key` after its last sign of life.
pub const IDEMPOTENCY_LEASE: Duration = Duration::from_secs(30);
/// How long an upload may be silent before its staged parts are swept.
pub const STAGING_IDLE_MAX: Duration = Duration::from_mins(10);
/// Bytes of a member value, a loginId or another identifier in a request.
pub const IDENTIFIER_BYTES_MAX: usize = 1_024;
/// Jobs of an account that have not ended, unless the account's settings say otherwise. Each costs a row, and a look
/// when a worker chooses the next one.
pub const JOBS_WAITING_DEFAULT: u32 = 1_000;
/// Unsettled items of all jobs of an account, unless the account's settings say otherwise: about 2 GB of payload.
pub const ITEMS_WAITING_DEFAULT: u64 = 50_000_000;
/// The largest weight of an account: a turn of it is so many times as long as one of weight 1.
pub const JOB_WEIGHT_MAX: u32 = 100;
/// Days that an ended job, its items and its report are kept, unless the account's settings say otherwise.
pub const JOB_RETENTION_DAYS_DEFAULT: u32 = 30;
/// The longest retention of jobs, in days.
pub const JOB_RETENTION_DAYS_MAX: u32 = 3_650;
/// How long it is remembered that there was a job whose items are gone.
pub const JOB_GONE_KEPT: Duration = Duration::from_hours(720);
/// How often jobs that have been kept long enough are looked for.
pub const PURGE_EVERY: Duration = Duration::from_mins(10);
/// A clock that has gone on by more than this since it was looked at last may be wrong: nothing is thrown away by it until
/// an operator says that it is right. Longer than a night's rest of the server, shorter than anything is kept.
pub const CLOCK_JUMP_MAX: Duration = Duration::from_hours(24);
/// How long who was deleted by a job can be restored, unless the job is thrown away before.
pub const IMAGES_KEPT: Duration = Duration::from_hours(720);
/// Groups of one person that are kept to be restored, and groups in which one transaction restores memberships: it locks
/// them all, which keeps who writes waiting for a few dozen milliseconds.
pub const RESTORED_GROUPS_MAX: usize = 2_000;
/// Bytes of documents and groups in one block of images, but for the last person.
pub const IMAGE_BYTES_MAX: usize = 1 << 20;
/// Removals of the account's jobs in so long count towards its guard.
pub const GUARD_WINDOW: Duration = Duration::from_hours(24);
/// How long a job waits for approval; then it is stopped.
pub const APPROVAL_WAIT_MAX: Duration = Duration::from_hours(7 * 24);
/// How long a rehearsal may take: until its end it holds the account, and on SQLite everybody who writes.
pub const REHEARSAL_TIME_MAX: Duration = Duration::from_secs(5);
/// Items of a membership write that a rehearsal tells one by one although a job would do them later; what is larger is
/// counted. So many take some hundred milliseconds of [`REHEARSAL_TIME_MAX`].
pub const REHEARSED_ITEMS_MAX: usize = 20_000;
/// Rehearsals of one node at the same time; further ones wait for their turn.
pub const REHEARSALS_AT_ONCE: usize = 1;
/// How long a dry run can be applied.
pub const DRY_RUN_KEPT: Duration = Duration::from_hours(24);
/// Names that are forgotten at once.
pub const FORGOTTEN_NAMES_MAX: usize = 1_000;
/// The farthest `notBefore`.
pub const NOT_BEFORE_MAX: Duration = Duration::from_hours(366 * 24);
/// Events of one job are at least so far apart; what happens between them is told by the next one.
pub const EVENT_EVERY: Duration = Duration::from_millis(500);
/// How long a stream of events gathers what happens before it looks, so that many ends cost few looks.
pub const EVENT_GATHER: Duration = Duration::from_millis(100);
/// Events that one look finds at most; what is left is found by the next one, at once.
pub const EVENTS_AT_ONCE: usize = 32;
/// Bytes of the place that the id of an event seals: headers of requests have room for twice as much.
pub const EVENT_PLACE_BYTES: usize = 1_500;
/// How long after its end, by the store's clock, a job may appear to others: from the last statement about it to the end
/// of its transaction. Streams of events look so far back.
pub const EVENT_LOOK_BACK: Duration = Duration::from_mins(1);
/// Profiles whose statuses one request asks for.
pub const PROFILES_AT_ONCE: usize = 50;
/// Passwords that one node hashes at the same time for clients: each takes 19 MiB and a core for some ten milliseconds.
/// Further ones wait for their turn.
pub const HASHES_AT_ONCE: usize = 4;
/// Passwords in clear text that one chunk of an import hashes: on one slow core so many take some seconds, well within the
/// lease of its job.
pub const HASHES_PER_CHUNK: usize = 64;
/// Characters of a job name.
pub const JOB_NAME_CHARS_MAX: usize = 255;
/// Bytes of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Jobs that the admin list looks through.
pub const JOBS_LISTED_MAX: usize = 10_000;
/// Stored blocks that one sweeping transaction removes.
pub const SWEEP_ROWS: usize = 20;
/// Resources whose unique values one transaction stores anew.
pub const REINDEXED_AT_ONCE: usize = 1_000;
/// Small rows that one purging transaction removes.
pub const PURGE_ROWS: usize = 1_000;
/// Jobs that one request throws away.
pub const JOBS_DELETED_MAX: usize = 50;
/// Days that rows of the audit log are kept, unless the account's settings say otherwise: a year, and what an audit of it
/// takes.
pub const AUDIT_RETENTION_DAYS_DEFAULT: u32 = 400;
/// The longest retention of the audit log, in days.
pub const AUDIT_RETENTION_DAYS_MAX: u32 = 3_650;
/// Rows of the audit log that one transaction numbers: a few milliseconds, in which others who write wait.
pub const AUDIT_NUMBERED_AT_ONCE: usize = 200;
/// Rows of the audit log that one transaction looks through or throws away.
pub const AUDIT_ROWS_AT_ONCE: usize = 1_000;
/// Refused requests of one source, and reads of one thing by one key, are told once in so long, with how many there were:
/// a flood of bad credentials must not fill the disk.
pub const AUDIT_TOLD_EVERY: Duration = Duration::from_mins(1);
/// Sources whose refused requests one node tells apart within [`AUDIT_TOLD_EVERY`]; those of all others are told together.
pub const AUDIT_SOURCES_MAX: usize = 256;
/// Characters of what a request says of itself that a row of the audit log keeps: its id, and the account in a refused
/// credential.
pub const AUDIT_TEXT_CHARS_MAX: usize = 128;
/// Rows that a search of the audit log chooses, at most: it counts them, and may have to sort them.
pub const AUDIT_SEARCHED_MAX: usize = 100_000;
/// Rows that one export of the audit log has, as its description says.
pub const AUDIT_EXPORTED_MAX: usize = 1_000;
/// Differences that a check of one account's log tells, at most.
pub const AUDIT_FINDINGS_MAX: usize = 100;

/// Keys of one account.
pub const KEYS_MAX: usize = 1_000;
/// Days that a key is good, at most.
pub const KEY_DAYS_MAX: u32 = 3_650;
/// How often at most it is noted that a key was used.
pub const KEY_USE_NOTED_EVERY: Duration = Duration::from_hours(1);
/// How long a key goes on being good when another takes its place, unless the caller says otherwise.
pub const KEY_OVERLAP_DEFAULT: Duration = Duration::from_hours(24);
/// How long that may be said to be.
pub const KEY_OVERLAP_MAX: Duration = Duration::from_hours(24 * 90);
/// How long an access token is good.
pub const ACCESS_TOKEN_KEPT: Duration = Duration::from_mins(15);
/// How long an authorization code is good. Source: RFC 6749 §4.1.2 (at most 10 minutes).
pub const CODE_KEPT: Duration = Duration::from_mins(1);
/// How long a person stays logged in to an application that refreshes its tokens.
pub const GRANT_KEPT: Duration = Duration::from_hours(24 * 30);
/// People who log in at the same time on one node, those who wait for their password to be checked among them.
pub const LOGINS_AT_ONCE: usize = 64;
/// Grants of one person; the oldest make room.
pub const GRANTS_PER_MEMBER_MAX: usize = 100;
/// Bytes of an authorization code or a refresh token.
pub const GRANT_SECRET_BYTES_MAX: usize = 256;
/// People of one account who have a role.
pub const MEMBERS_MAX: usize = 1_000;
/// Characters of the name of a client.
pub const CLIENT_NAME_CHARS_MAX: usize = 200;
/// Clients of one account that are listed.
pub const CLIENTS_MAX: usize = 1_000;
/// Where people may be sent back to, for one application.
pub const REDIRECT_URIS_MAX: usize = 20;
/// Bytes of each of these.
pub const REDIRECT_URI_BYTES_MAX: usize = 2_000;
/// How long a key signs tokens; it is shown for a day longer, so that what it signed last can be verified.
pub const SIGNING_KEY_KEPT: Duration = Duration::from_hours(24 * 30);
/// Bytes of a list of scopes.
pub const SCOPE_BYTES_MAX: usize = 1_024;
/// Bytes of an access token.
pub const ACCESS_TOKEN_BYTES_MAX: usize = 4_096;
