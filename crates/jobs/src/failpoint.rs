//! Places where the crash tests stop the process.
//!
//! A point is a name in the code; a test arms one by name and hit count through the server's configuration.
//! Without the Cargo feature `failpoints` a point compiles to nothing.

/// The points there are, in the order in which a job meets them. The crash tests demand that each is hit.
pub const POINTS: [&str; 11] = [
    "accept.before_stage",
    "accept.after_stage",
    "writer.before_commit",
    "writer.after_commit",
    "plan.before_store",
    "plan.after_store",
    "chunk.before_apply",
    "chunk.before_commit",
    "chunk.after_commit",
    "finish.before_terminal",
    "finish.after_terminal",
];

/// The points beside them: plain writes with an `Idempotency-Key`, rehearsals, guards and approvals, forgetting, exports, purging,
/// uploads, the audit log.
/// The crash tests meet each on a road of its own.
pub const POINTS_BESIDE: [&str; 26] = [
    "write.before_key",
    "write.after_key",
    "write.after_commit",
    "rehearsal.before_keep",
    "rehearsal.after_keep",
    "guard.before_hold",
    "guard.after_hold",
    "approve.before_commit",
    "approve.after_commit",
    "forget.before_write",
    "forget.after_write",
    "forget.before_terminal",
    "export.before_keys",
    "export.after_keys",
    "export.before_pages",
    "export.after_pages",
    "purge.before_mark",
    "purge.after_mark",
    "purge.after_items",
    "purge.before_forget",
    "purge.after_forget",
    "upload.after_blocks",
    "upload.after_part",
    "upload.after_drop",
    "audit.before_number",
    "audit.after_number",
];

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Armed {
        name: String,
        hits_left: AtomicU64,
        action: fn(),
    }

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Arms one point for the life of the process: at its `hit`th passage (≥ 1) `action` runs. `action` is
    /// expected not to return. Only the first call counts.
    pub fn arm(name: &str, hit: u64, action: fn()) {
        drop(ARMED.set(Armed { name: name.to_owned(), hits_left: AtomicU64::new(hit), action }));
    }

    /// Passes a point.
    pub fn pass(name: &str) {
        if let Some(armed) = ARMED.get()
            && armed.name == name
            && armed.hits_left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            (armed.action)();
        }
    }
}

#[cfg(feature = "failpoints")]
pub use armed::{arm, pass};

/// Passes a point; nothing in this build.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub fn pass(_name: &str) {}
