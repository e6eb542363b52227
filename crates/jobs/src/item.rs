//! What became of one item of a job.

/// The outcome of one item (a member or a row). The number is what the store keeps: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Not settled yet.
    Pending = 0,
    /// Added.
    Created = 1,
    /// Changed.
    Updated = 2,
    /// Removed.
    Removed = 3,
    /// Asked to be added, was a member before.
    AlreadyMember = 10,
    /// Listed by a replace, was a member before: the normal case, so no message speaks of it.
    Retained = 11,
    /// Asked to be removed, was no member.
    NotMember = 12,
    /// The identifier names nobody.
    NotFound = 13,
    /// The identifier names more than one person.
    Ambiguous = 14,
    /// Listed again later in the same request, for the same thing.
    DuplicateInRequest = 15,
    /// Listed again later in the same request, for the opposite.
    AddAndRemoveConflict = 16,
    /// Listed by a replace of which no value was found, so that nothing was replaced.
    ReplaceUnresolved = 17,
    /// It is not as the job found it whose work this is about.
    ChangedSince = 18,
    /// Asked to be as it is.
    Unchanged = 19,
    /// Written down as it is.
    Exported = 20,
    /// The row breaks a rule of the directory.
    Invalid = 30,
    /// Another row or person holds what this row claims.
    Conflict = 31,
    /// A defect on our side.
    InternalError = 32,
    /// The item killed the server again and again and was set aside.
    Poison = 33,
    /// Who was deleted cannot be restored: there is no image any more, or they are there.
    NotRestorable = 34,
    /// Whoever asks may not do this.
    Forbidden = 35,
    /// The resource that an operation names is not there.
    Missing = 36,
    /// The resource is of another version than was asked for.
    VersionMismatch = 37,
    /// It is larger than what is allowed.
    TooLarge = 38,
    /// It could not be done at that moment, and may be sent again.
    Unavailable = 39,
    /// Not attempted: the job was stopped.
    Skipped = 50,
}

/// The five classes of the sum law, and the unsettled rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Not settled yet.
    Pending,
    /// An effect: added.
    Created,
    /// An effect: changed.
    Updated,
    /// An effect: removed.
    Removed,
    /// Settled without an effect, and nothing is wrong.
    Ignored,
    /// Settled without an effect, and something is wrong.
    Failed,
    /// Not attempted.
    Skipped,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Created,
        Self::Updated,
        Self::Removed,
        Self::Ignored,
        Self::Failed,
        Self::Skipped,
    ];

    /// Its name, as clients see it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The class with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A table, since jobs have millions of items.
const BY_CODE: [Option<Outcome>; 256] = {
    let (mut table, mut at) = ([None; 256], 0);
    while at < Outcome::ALL.len() {
        table[Outcome::ALL[at] as usize] = Some(Outcome::ALL[at]);
        at += 1;
    }
    table
};

impl Outcome {
    /// Every outcome, in the order of their numbers.
    pub const ALL: [Self; 26] = [
        Self::Pending,
        Self::Created,
        Self::Updated,
        Self::Removed,
        Self::AlreadyMember,
        Self::Retained,
        Self::NotMember,
        Self::NotFound,
        Self::Ambiguous,
        Self::DuplicateInRequest,
        Self::AddAndRemoveConflict,
        Self::ReplaceUnresolved,
        Self::ChangedSince,
        Self::Unchanged,
        Self::Exported,
        Self::Invalid,
        Self::Conflict,
        Self::InternalError,
        Self::Poison,
        Self::NotRestorable,
        Self::Forbidden,
        Self::Missing,
        Self::VersionMismatch,
        Self::TooLarge,
        Self::Unavailable,
        Self::Skipped,
    ];

    /// The stored number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The outcome with this number; `None` for a number that no version of this server has written.
    pub fn from_code(code: u8) -> Option<Self> {
        BY_CODE[usize::from(code)]
    }

    /// Its class in the sum law.
    pub const fn class(self) -> Class {
        match self {
            Self::Pending => Class::Pending,
            Self::Created => Class::Created,
            Self::Updated => Class::Updated,
            Self::Removed => Class::Removed,
            Self::AlreadyMember
            | Self::Retained
            | Self::NotMember
            | Self::NotFound
            | Self::Ambiguous
            | Self::DuplicateInRequest
            | Self::AddAndRemoveConflict
            | Self::ReplaceUnresolved
            | Self::ChangedSince
            | Self::Unchanged
            | Self::Exported => Class::Ignored,
            Self::Invalid
            | Self::Conflict
            | Self::InternalError
            | Self::Poison
            | Self::NotRestorable
            | Self::Forbidden
            | Self::Missing
            | Self::VersionMismatch
            | Self::TooLarge
            | Self::Unavailable => Class::Failed,
            Self::Skipped => Class::Skipped,
        }
    }

    /// The stable reason code shown to clients. `Retained` reads as `already_member`, `Missing` as `not_found`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::AlreadyMember | Self::Retained => "already_member",
            Self::NotMember => "not_member",
            Self::NotFound | Self::Missing => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::DuplicateInRequest => "duplicate_in_request",
            Self::AddAndRemoveConflict => "add_and_remove_conflict",
            Self::ReplaceUnresolved => "replace_unresolved",
            Self::ChangedSince => "changed_since",
            Self::Unchanged => "unchanged",
            Self::Exported => "exported",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::InternalError => "internal_error",
            Self::Poison => "poison",
            Self::NotRestorable => "not_restorable",
            Self::Forbidden => "forbidden",
            Self::VersionMismatch => "version_mismatch",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
            Self::Skipped => "skipped",
        }
    }

    /// Every reason code once.
    pub fn names() -> Vec<&'static str> {
        let mut names = Vec::with_capacity(Self::ALL.len());
        for name in Self::ALL.map(Self::name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether clients see the two as the same: the same reason, of the same class.
    pub fn reads_as(self, other: Self) -> bool {
        self.class() == other.class() && self.name() == other.name()
    }
}
