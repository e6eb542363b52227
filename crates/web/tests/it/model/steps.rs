//! What a sequence consists of, and how one is drawn: few names and few addresses, so that they collide.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::filters::{Term, term};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Group,
    Device,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Device];

    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Device => "Device",
        }
    }

    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
            Self::Device => "/Devices",
        }
    }

    /// The attribute without which there is no such resource, and of which no two have the same.
    pub const fn required(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
            Self::Device => "serialNumber",
        }
    }

    /// Its texts.
    pub const fn texts(self) -> &'static [&'static str] {
        match self {
            Self::User => &["userName", "displayName", "title", "externalId"],
            Self::Group => &["displayName", "externalId", "description"],
            Self::Device => &["serialNumber", "model", "externalId", "contract"],
        }
    }
}

/// Which resource: an index into those that live, now and then into all that ever were, and one that never was.
pub type Pick = u16;

/// A step.
#[derive(Clone, Debug)]
pub enum Step {
    Create(Body),
    Replace(Pick, Body, Condition),
    Patch(Kind, Pick, Vec<Change>, Condition),
    Delete(Kind, Pick, Condition),
    Get(Kind, Pick, Condition, Projection),
    /// By GET, or by POST to `.search`.
    List(Query, Page, bool),
    /// The first page of a walk by cursor.
    Open(Query, usize),
    /// The first page of the members of a group.
    Members(Pick, usize),
    /// The next page of a walk that was begun.
    Walk(Pick),
    Bulk(Vec<BulkOperation>, Option<usize>),
}

/// A resource as it is sent.
#[derive(Clone, Debug)]
pub struct Body {
    pub kind: Kind,
    pub texts: BTreeMap<&'static str, String>,
    pub active: Option<bool>,
    pub emails: Vec<Email>,
    pub members: Option<Vec<Member>>,
}

/// An address of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub value: String,
    pub kind: Option<&'static str>,
    pub primary: Option<bool>,
}

/// A value in a list of members.
#[derive(Clone, Copy, Debug)]
pub enum Member {
    Of(Kind, Pick),
    Nobody,
}

/// `If-Match`, or `If-None-Match` of a GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    None,
    Current,
    Stale,
}

/// An operation of a PATCH.
#[derive(Clone, Debug)]
pub enum Change {
    Set(&'static str, String, bool),
    Unset(&'static str),
    Active(bool, bool),
    AddEmails(Vec<Email>),
    SetEmails(Vec<Email>),
    DropEmail(String),
    WorkEmail(String),
    /// Without a path, several at once.
    Several(Option<String>, Option<bool>),
    AddMembers(Vec<Member>),
    RemoveMembers(Vec<Member>),
    ReplaceMembers(Vec<Member>),
    RemoveMember(Member),
    ClearMembers,
    /// What is refused, so that nothing of the whole PATCH may be left.
    Refused(&'static str),
}

/// `attributes` or `excludedAttributes`.
#[derive(Clone, Debug)]
pub enum Projection {
    Whole,
    Only(Vec<&'static str>),
    Without(Vec<&'static str>),
}

/// What a list asks.
#[derive(Clone, Debug)]
pub struct Query {
    /// None: every kind.
    pub kind: Option<Kind>,
    /// Joined by `and`.
    pub filter: Vec<Term>,
    pub sort: Option<(&'static str, bool)>,
    pub projection: Projection,
}

/// A page by index.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub start: i64,
    pub count: Option<usize>,
}

/// An operation of a bulk request.
#[derive(Clone, Debug)]
pub enum BulkOperation {
    User { name: String, manager: Option<Reference> },
    Group { name: String, members: Vec<Reference> },
    Title(Pick, String),
    Delete(Kind, Pick),
}

/// What an operation refers to.
#[derive(Clone, Copy, Debug)]
pub enum Reference {
    /// What another operation makes, or does not.
    Made(usize),
    Known(Member),
}

pub const ADDRESSES: [&str; 4] = ["a@x.org", "A@X.org", "b@x.org", "c@y.org"];
/// Attributes that a projection names.
const SHOWN: [&str; 7] = ["title", "emails", "groups", "members", "displayName", "active", "externalId"];

/// Values of an attribute: two of each name the same where letter case does not count.
pub fn texts_of(attribute: &str) -> &'static [&'static str] {
    match attribute {
        "userName" => &["ann", "ANN", "bob", "bo", "cyd", "Ölaf", "ölaf", "dan@x.org", "eve"],
        "displayName" => &["Red", "red", "Blue", "Green", "a \"b\" \\c", "Red Team"],
        "externalId" => &["e1", "E1", "e2"],
        "serialNumber" => &["S1", "s1", "S2", "S3"],
        "model" => &["laptop", "Phone", "phone"],
        "contract" => &["C-1", "c-1", "C-2"],
        "emails.type" => &["work", "HOME"],
        _ => &["boss", "Boss", "clerk"],
    }
}

fn text_of(attribute: &'static str) -> impl Strategy<Value = String> {
    select(texts_of(attribute)).prop_map(str::to_owned)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![4 => Just(Kind::User), 3 => Just(Kind::Group), 1 => Just(Kind::Device)]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![8 => Just(Condition::None), 2 => Just(Condition::Current), 1 => Just(Condition::Stale)]
}

fn emails() -> impl Strategy<Value = Vec<Email>> {
    let email = (select(&ADDRESSES[..]), prop_oneof![Just(None), Just(Some("work")), Just(Some("home"))]);
    (prop::collection::vec(email, 0..3), prop::option::of(0..3usize)).prop_map(|(emails, primary)| {
        let of = |(at, (value, kind)): (usize, (&str, _))| Email {
            value: value.to_owned(),
            kind,
            primary: (primary == Some(at)).then_some(true),
        };
        emails.into_iter().enumerate().map(of).collect()
    })
}

fn member() -> impl Strategy<Value = Member> {
    prop_oneof![
        6 => any::<Pick>().prop_map(|pick| Member::Of(Kind::User, pick)),
        3 => any::<Pick>().prop_map(|pick| Member::Of(Kind::Group, pick)),
        1 => Just(Member::Nobody),
    ]
}

fn members() -> impl Strategy<Value = Vec<Member>> {
    prop::collection::vec(member(), 0..4)
}

fn body_of(kind: Kind) -> impl Strategy<Value = Body> {
    let required = kind.required();
    let others: Vec<&'static str> =
        kind.texts().iter().copied().filter(|attribute| *attribute != required).collect();
    let text = prop::sample::subsequence(others.clone(), 0..=others.len()).prop_flat_map(|chosen| {
        chosen.into_iter().map(|name| text_of(name).prop_map(move |text| (name, text))).collect::<Vec<_>>()
    });
    let name = prop_oneof![20 => text_of(required).prop_map(Some), 1 => Just(None)];
    let rest = (prop::option::of(any::<bool>()), emails(), prop::option::of(members()));
    (name, text, rest).prop_map(move |(name, texts, (active, emails, members))| {
        let mut texts: BTreeMap<_, _> = texts.into_iter().collect();
        texts.extend(name.map(|name| (required, name)));
        let is_user = kind == Kind::User;
        Body {
            kind,
            texts,
            active: active.filter(|_| is_user),
            emails: if is_user { emails } else { Vec::new() },
            members: members.filter(|_| kind == Kind::Group),
        }
    })
}

fn body() -> impl Strategy<Value = Body> {
    kind().prop_flat_map(body_of)
}

/// An operation on attributes of this kind.
fn change_of(kind: Kind) -> BoxedStrategy<Change> {
    let set = (select(kind.texts()), any::<bool>()).prop_flat_map(|(attribute, add)| {
        text_of(attribute).prop_map(move |text| Change::Set(attribute, text, add))
    });
    let refused = select(&["id", "noSuch", "meta.version"][..]).prop_map(Change::Refused);
    let common = prop_oneof![
        12 => set,
        4 => select(kind.texts()).prop_map(Change::Unset),
        1 => refused,
    ];
    let address = || select(&ADDRESSES[..]).prop_map(str::to_owned);
    match kind {
        Kind::User => prop_oneof![
            4 => common,
            1 => (any::<bool>(), any::<bool>()).prop_map(|(active, text)| Change::Active(active, text)),
            1 => emails().prop_map(Change::AddEmails),
            1 => emails().prop_map(Change::SetEmails),
            1 => address().prop_map(Change::DropEmail),
            1 => address().prop_map(Change::WorkEmail),
            1 => (prop::option::of(text_of("title")), prop::option::of(any::<bool>()))
                .prop_map(|(title, active)| Change::Several(title, active)),
        ]
        .boxed(),
        Kind::Group => prop_oneof![
            3 => common,
            4 => members().prop_map(Change::AddMembers),
            2 => members().prop_map(Change::RemoveMembers),
            2 => members().prop_map(Change::ReplaceMembers),
            2 => member().prop_map(Change::RemoveMember),
            1 => Just(Change::ClearMembers),
        ]
        .boxed(),
        Kind::Device => common.boxed(),
    }
}

fn projection() -> impl Strategy<Value = Projection> {
    let some = || prop::sample::subsequence(&SHOWN[..], 1..4);
    prop_oneof![
        5 => Just(Projection::Whole),
        1 => some().prop_map(Projection::Only),
        1 => some().prop_map(Projection::Without),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let kind = prop_oneof![4 => kind().prop_map(Some), 1 => Just(None)];
    let of = |kind: Option<Kind>| {
        let by: &[&str] = match kind {
            Some(Kind::User) => &["userName", "displayName", "title", "externalId", "emails", "active"],
            Some(Kind::Device) => &["serialNumber", "model", "externalId"],
            Some(Kind::Group) | None => &["displayName", "externalId"],
        };
        let filter = prop::collection::vec(term(kind), 0..3);
        let sort = prop::option::weighted(0.4, (select(by), any::<bool>()));
        (Just(kind), filter, sort, projection())
    };
    kind.prop_flat_map(of).prop_map(|(kind, filter, sort, projection)| Query {
        kind,
        filter,
        sort,
        projection,
    })
}

fn page() -> impl Strategy<Value = Page> {
    let start = prop_oneof![3 => Just(1i64), 2 => -1..7i64];
    (start, prop::option::weighted(0.6, 0..5usize)).prop_map(|(start, count)| Page { start, count })
}

fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![4 => (0..6usize).prop_map(Reference::Made), 1 => member().prop_map(Reference::Known)]
}

fn bulk_operation() -> impl Strategy<Value = BulkOperation> {
    let references = prop::collection::vec(reference(), 0..3);
    prop_oneof![
        4 => (text_of("userName"), prop::option::of(reference()))
            .prop_map(|(name, manager)| BulkOperation::User { name, manager }),
        3 => (text_of("displayName"), references)
            .prop_map(|(name, members)| BulkOperation::Group { name, members }),
        1 => (any::<Pick>(), text_of("title")).prop_map(|(pick, title)| BulkOperation::Title(pick, title)),
        1 => (kind(), any::<Pick>()).prop_map(|(kind, pick)| BulkOperation::Delete(kind, pick)),
    ]
}

fn patch() -> impl Strategy<Value = Step> {
    kind().prop_flat_map(|kind| {
        let changes = prop::collection::vec(change_of(kind), 1..4);
        (any::<Pick>(), changes, condition())
            .prop_map(move |(pick, changes, condition)| Step::Patch(kind, pick, changes, condition))
    })
}

/// Some resources, then steps of all kinds.
pub fn sequence(steps_max: usize) -> impl Strategy<Value = Vec<Step>> {
    let first = prop::collection::vec(body().prop_map(Step::Create), 0..20);
    (first, prop::collection::vec(step(), 0..steps_max)).prop_map(|(mut first, rest)| {
        first.extend(rest);
        first
    })
}

/// One step.
fn step() -> impl Strategy<Value = Step> {
    let bulk = (prop::collection::vec(bulk_operation(), 1..6), prop::option::weighted(0.3, 1..3usize));
    prop_oneof![
        6 => body().prop_map(Step::Create),
        2 => (any::<Pick>(), body(), condition())
            .prop_map(|(pick, body, condition)| Step::Replace(pick, body, condition)),
        8 => patch(),
        2 => (kind(), any::<Pick>(), condition())
            .prop_map(|(kind, pick, condition)| Step::Delete(kind, pick, condition)),
        2 => (kind(), any::<Pick>(), condition(), projection())
            .prop_map(|(kind, pick, condition, projection)| Step::Get(kind, pick, condition, projection)),
        5 => (query(), page(), any::<bool>()).prop_map(|(query, page, post)| Step::List(query, page, post)),
        2 => (query(), 1..4usize).prop_map(|(query, count)| Step::Open(query, count)),
        1 => (any::<Pick>(), 1..4usize).prop_map(|(pick, count)| Step::Members(pick, count)),
        4 => any::<Pick>().prop_map(Step::Walk),
        1 => bulk.prop_map(|(operations, errors)| Step::Bulk(operations, errors)),
    ]
}
