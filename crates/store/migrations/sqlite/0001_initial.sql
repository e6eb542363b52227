-- The account comes first in every key. Times are microseconds since 1970, UTC.

create table accounts (
    account_id integer primary key,
    name text not null,
    name_key text not null unique,
    settings text not null default '{}',
    -- How many users the account has; kept with each insert and delete.
    users integer not null default 0 check (users >= 0),
    -- Where the last claim of a job stopped, so that targets take turns.
    last_target integer not null default -1,
    created_at integer not null
);
-- The operator's own account, which nobody can name.
insert into accounts (account_id, name, name_key, created_at) values (0, '', '', 0);

create table clients (
    account_id integer not null,
    client_id integer not null,
    name text not null,
    role text not null,
    created_at integer not null,
    revoked_at integer,
    primary key (account_id, client_id),
    unique (account_id, name)
);

create table api_keys (
    account_id integer not null,
    key_id text not null,
    client_id integer not null,
    secret_hash blob not null check (length(secret_hash) = 32),
    dialect text not null,
    created_at integer not null,
    revoked_at integer,
    primary key (account_id, key_id)
);

create table numbers (
    account_id integer not null,
    series text not null,
    next integer not null check (next between 1 and 9007199254740992),
    primary key (account_id, series)
) without rowid;

create table users (
    user_key integer primary key,
    account_id integer not null,
    uuid blob not null check (length(uuid) = 16),
    name_key text not null,
    external_id text,
    version integer not null,
    created_at integer not null,
    modified_at integer not null,
    -- Joined by U+001F; null = the name_key is the only one.
    email_keys text,
    doc text not null
);
create unique index users_uuid on users (account_id, uuid);
create unique index users_name on users (account_id, name_key);
create index users_external_id on users (account_id, external_id) where external_id is not null;
-- The row's key is the index's last column: users of an account in order of creation.
create index users_account on users (account_id);

create table user_emails (
    account_id integer not null,
    email_key text not null,
    user_key integer not null,
    primary key (account_id, email_key, user_key)
) without rowid;

create table deleted_users (
    account_id integer not null,
    user_key integer not null,
    deleted_at integer not null,
    primary key (account_id, user_key)
) without rowid;

create table groups (
    account_id integer not null,
    number integer not null,
    uuid blob not null check (length(uuid) = 16),
    version integer not null,
    created_at integer not null,
    modified_at integer not null,
    display_name text not null,
    name_key text not null,
    external_id text,
    members integer not null check (members >= 0),
    doc text not null,
    primary key (account_id, number)
);
create unique index groups_uuid on groups (account_id, uuid);
create unique index groups_name on groups (account_id, name_key);
create index groups_external_id on groups (account_id, external_id, number) where external_id is not null;

create table memberships (
    account_id integer not null,
    group_number integer not null,
    -- 0 = user; room for groups.
    member_kind integer not null,
    member_key integer not null,
    primary key (account_id, group_number, member_kind, member_key)
) without rowid;
create index memberships_member on memberships (account_id, member_kind, member_key, group_number);

create table jobs (
    account_id integer not null,
    number integer not null,
    uuid blob not null check (length(uuid) = 16),
    kind text not null,
    -- -1 = maintenance, 0 = the account's users, else the group's number.
    target integer not null,
    queue_seq integer not null,
    name text,
    state text not null check (state in ('RECEIVING', 'PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL',
        'ABORT_IN_PROGRESS', 'COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED')),
    total integer not null check (total >= 0),
    created integer not null check (created >= 0),
    updated integer not null check (updated >= 0),
    removed integer not null check (removed >= 0),
    ignored integer not null check (ignored >= 0),
    failed integer not null check (failed >= 0),
    skipped integer not null check (skipped >= 0),
    processed integer not null check (processed >= 0),
    pending integer not null check (pending >= 0),
    -- Items by code of their outcome: "10:4,13:2".
    reasons text not null,
    asked_create integer not null,
    asked_destroy integer not null,
    planned integer not null,
    cursor integer not null,
    attempts integer not null,
    digest blob not null check (length(digest) = 32),
    client_id integer not null,
    received_at integer not null,
    started_at integer,
    ended_at integer,
    -- The last sign of life while it is being received.
    touched_at integer not null,
    message text,
    lease_token blob check (lease_token is null or length(lease_token) = 16),
    lease_until integer,
    primary key (account_id, number),
    constraint jobs_sum check (created + updated + removed + ignored + failed + skipped = processed),
    constraint jobs_total check (processed + pending = total),
    constraint jobs_ended check (state not in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED') or pending = 0)
);
create unique index jobs_uuid on jobs (account_id, uuid);
create unique index jobs_name on jobs (account_id, name) where name is not null and state <> 'RECEIVING';
create unique index jobs_working on jobs (account_id, target)
    where state in ('IN_PROGRESS', 'ABORT_IN_PROGRESS');
create index jobs_open on jobs (account_id, target, queue_seq, number)
    where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS');
create index jobs_receiving on jobs (touched_at) where state = 'RECEIVING';
create index jobs_kind on jobs (account_id, kind, received_at, number);

create trigger jobs_terminal before update on jobs
when old.state in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED') and (
    new.state <> old.state or new.total <> old.total or new.created <> old.created or new.updated <> old.updated
    or new.removed <> old.removed or new.ignored <> old.ignored or new.failed <> old.failed
    or new.skipped <> old.skipped or new.reasons <> old.reasons)
begin
    select raise(abort, 'a job that has ended never changes');
end;

-- Apart from the job, because the job's row is written at every chunk and this never again.
create table job_specs (
    account_id integer not null,
    job integer not null,
    spec text not null,
    primary key (account_id, job)
);

-- Rows with blobs: the numbers before the blob, in tables with a rowid, so that skipping a row reads no
-- overflow pages.
create table job_parts (
    account_id integer not null,
    job integer not null,
    produced integer not null,
    first integer not null,
    items integer not null,
    form integer not null,
    data blob not null,
    primary key (account_id, job, produced, first)
);

create table job_rows (
    account_id integer not null,
    job integer not null,
    run integer not null,
    page integer not null,
    items integer not null,
    data blob not null,
    primary key (account_id, job, run, page)
);

create table job_results (
    account_id integer not null,
    job integer not null,
    page integer not null,
    items integer not null,
    effective integer not null,
    ignored integer not null,
    failed integer not null,
    data blob not null,
    primary key (account_id, job, page)
);

create table job_chunks (
    account_id integer not null,
    job integer not null,
    seq integer not null,
    items integer not null,
    entries blob not null,
    primary key (account_id, job, seq)
);

create table idempotency (
    account_id integer not null,
    client_id integer not null,
    route text not null,
    key text not null,
    fingerprint blob,
    job integer,
    status integer not null,
    holder blob,
    until_at integer not null,
    primary key (account_id, client_id, route, key)
) without rowid;
create index idempotency_held on idempotency (until_at) where holder is not null;
create index idempotency_until on idempotency (until_at);
