//! Limits of the HTTP side. Those of the directory are in [`throng_directory::limits`].

use std::time::Duration;

use throng_scim::discovery::BulkLimits;

/// Operations and bytes of a bulk request: each operation is a transaction, and the client waits for them all.
pub const BULK: BulkLimits = BulkLimits { operations_max: 1_000, bytes_max: 16 << 20 };
/// Members of whom the answer to a dry run of a bulk request tells one by one, in all: about 50 MB.
pub const BULK_MEMBERS_TOLD_MAX: usize = 200_000;
/// Bytes of a request's first line and headers: a filter of 8 KiB stands in the first line, and may be three times as long
/// there. Above: 431. The server's door keeps it.
pub const HEAD_BYTES_MAX: u32 = 64 << 10;
/// Bytes of a group of the admin API: it lists up to 25,000 ids of 39 bytes, and may be indented.
pub const GROUP_BODY_BYTES_MAX: usize = 4 << 20;
/// Bytes of a body of the admin and native APIs that is not a file.
pub const JSON_BODY_BYTES_MAX: usize = throng_directory::limits::BODY_BYTES_MAX;
/// Bodies up to this many bytes take no share of the memory that large bodies are held in.
pub const SMALL_BODY_BYTES: usize = 1 << 20;
/// How long a body may stand still before the request is given up.
pub const BODY_IDLE_MAX: Duration = Duration::from_secs(30);
/// In each such stretch of time that is waited for a body …
pub const BODY_PACE_WINDOW: Duration = Duration::from_secs(30);
/// … so many bytes have to come, or the request is given up: 1 KiB a second.
pub const BODY_PACE_BYTES_MIN: u64 = 30 << 10;
/// How long a large body waits for memory before the client is asked to come back.
pub const BODY_TURN_MAX: Duration = Duration::from_secs(30);
/// Bytes of a refused body that are read and thrown away, so that the client gets to see the refusal.
pub const DISCARDED_BYTES_MAX: usize = 8 << 20;
/// How long that may take.
pub const DISCARD_TIME_MAX: Duration = Duration::from_secs(2);
/// Pieces of an uploaded file between the connection and the reader.
pub const UPLOAD_PIECES: usize = 16;
/// Bytes around the file in an upload: boundaries, headers, other parts.
pub const MULTIPART_OVERHEAD_BYTES: u64 = 1 << 20;
/// Characters of the name of a sheet: spreadsheets allow 31, and other writers more.
pub const SHEET_NAME_CHARS_MAX: usize = 255;
/// Accounts whose requests are counted before those that were quiet for long are forgotten.
pub const RATED_ACCOUNTS_MAX: usize = 10_000;
/// Users of a job on a page.
pub const JOB_USERS_PAGE_SIZE_MAX: u64 = 1_000;
/// Jobs on a page.
pub const JOBS_PAGE_SIZE_MAX: u64 = 50;
/// Records of the audit log on a page when the client names no number …
pub const AUDIT_PAGE_SIZE_DEFAULT: u64 = 5;
/// … and at most, as the description has it.
pub const AUDIT_PAGE_SIZE_MAX: u64 = 50;
/// Users on a page of a list …
pub const USERS_PAGE_SIZE_MAX: u64 = 50;
/// … and of a search.
pub const USERS_SEARCH_PAGE_SIZE_MAX: u64 = 500;
/// Conditions of a search of users.
pub const SEARCH_CONDITIONS_MAX: usize = 500;
/// Characters that a condition compares with.
pub const SEARCH_VALUE_CHARS_MAX: usize = 50;
/// Ids of which statuses are asked at once.
pub const STATUS_IDS_MAX: usize = 50;
/// Profiles on a page.
pub const PROFILES_PAGE_SIZE_MAX: u64 = 50;
/// Groups of the admin API on a page.
pub const GROUPS_PAGE_SIZE_MAX: u64 = 50;
/// Groups of the admin API on a page when the client names no size.
pub const GROUPS_PAGE_SIZE_DEFAULT: u64 = 5;
/// Records of a page of the admin API when the client names no size.
pub const PAGE_SIZE_DEFAULT: u64 = 10;
/// Workbooks that are made or sent at the same time: each takes room on the disk. Further ones wait for their turn …
pub const WORKBOOKS_AT_ONCE: usize = 4;
/// … for this long; then the client is asked to come back.
pub const WORKBOOK_TURN_MAX: Duration = Duration::from_secs(30);
/// Users of one workbook of an export when nobody says.
pub const ARCHIVE_ROWS_DEFAULT: u64 = 1_000;
/// Files of one archive: each leaves some hundred bytes in memory until the archive's end.
pub const ARCHIVE_FILES_MAX: u64 = 20_000;
/// Bytes of a workbook that are read and sent at once.
pub const WORKBOOK_PIECE_BYTES: usize = 64 << 10;
/// Streams of events of one account, on one node: each looks for news twice a second.
pub const EVENT_STREAMS_MAX: usize = 32;
/// Streams of events of all accounts, on one node.
pub const EVENT_STREAMS_IN_ALL_MAX: usize = 512;
/// A stream of events without an event has a comment so often, so that nobody on the way takes it for dead.
pub const EVENT_HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a stream of events looks whether its key is still good, and for the same.
pub const EVENT_KEY_CHECKED_EVERY: Duration = Duration::from_secs(15);
/// How long a client may take nothing of what a stream of events has for it; then the stream ends.
pub const EVENT_STALLED_MAX: Duration = Duration::from_mins(1);
/// When a client comes back whose stream of events has ended.
pub const EVENT_RETRY: Duration = Duration::from_secs(2);
/// Bytes of a `Last-Event-ID`.
pub const EVENT_ID_BYTES_MAX: usize = 4_096;
/// What `Retry-After` says, in seconds, where nothing better is known.
pub const RETRY_AFTER_SECONDS: u64 = 1;

/// Bytes of a form that a client of OAuth sends.
pub(crate) const OAUTH_FORM_BYTES_MAX: usize = 16 * 1_024;
/// Bytes of a `state` that an application sends people along with.
pub(crate) const OAUTH_STATE_BYTES_MAX: usize = 1_024;
/// What attempts to log in are counted over.
pub(crate) const LOGINS_WINDOW: Duration = Duration::from_mins(15);
/// Attempts to log in by one name from one address in that time …
pub(crate) const LOGINS_FROM_ONE_MAX: u32 = 10;
/// … and from everywhere: more, so that nobody keeps others out by trying their names.
pub(crate) const LOGINS_MAX: u32 = 100;
