-- The account comes first in every key. Times are microseconds since 1970, UTC. Keys compare bytewise.
-- Row-level security is a second wall behind the statements, which all name the account: a transaction says
-- whose rows it touches in the setting throng.account, and the role throng_app sees no others.

-- The account of this transaction; -1 = the engine looks for work of all accounts.
create function throng_account() returns bigint language sql stable parallel safe as $$
    select case current_setting('throng.account', true)
        when 'everywhere' then -1
        else nullif(current_setting('throng.account', true), '')::bigint
    end
$$;

-- The database's clock; leases and signs of life go by it alone. Tests shift it.
create function throng_now() returns bigint language sql volatile as $$
    select (extract(epoch from clock_timestamp()) * 1000000)::bigint
        + coalesce(nullif(current_setting('throng.clock_shift', true), '')::bigint, 0)
$$;

-- Which server and which of its timelines this database was last written on; one row.
create table cluster (
    system_identifier text,
    timeline bigint
);
insert into cluster values (null, null);

create table accounts (
    account_id bigint primary key,
    name text collate "C" not null,
    name_key text collate "C" not null unique,
    settings text not null default '{}',
    -- How many users the account has; kept with each insert and delete.
    users bigint not null default 0 check (users >= 0),
    -- Where the last claim of a job stopped, so that targets take turns.
    last_target bigint not null default -1,
    created_at bigint not null
);
-- The operator's own account, which nobody can name.
insert into accounts (account_id, name, name_key, created_at) values (0, '', '', 0);

create table clients (
    account_id bigint not null,
    client_id bigint not null,
    name text collate "C" not null,
    role text not null,
    created_at bigint not null,
    revoked_at bigint,
    primary key (account_id, client_id),
    unique (account_id, name)
);

create table api_keys (
    account_id bigint not null,
    key_id text collate "C" not null,
    client_id bigint not null,
    secret_hash bytea not null check (length(secret_hash) = 32),
    dialect text not null,
    created_at bigint not null,
    revoked_at bigint,
    primary key (account_id, key_id)
);

create table numbers (
    account_id bigint not null,
    series text collate "C" not null,
    next bigint not null check (next between 1 and 9007199254740992),
    primary key (account_id, series)
) with (fillfactor = 50);

create table users (
    account_id bigint not null,
    user_key bigint not null,
    uuid bytea not null check (length(uuid) = 16),
    name_key text collate "C" not null,
    external_id text collate "C",
    version bigint not null,
    created_at bigint not null,
    modified_at bigint not null,
    -- Joined by U+001F; null = the name_key is the only one.
    email_keys text,
    doc text not null,
    primary key (account_id, user_key)
);
create unique index users_uuid on users (account_id, uuid);
create unique index users_name on users (account_id, name_key);
create index users_external_id on users (account_id, external_id) where external_id is not null;

create table user_emails (
    account_id bigint not null,
    email_key text collate "C" not null,
    user_key bigint not null,
    primary key (account_id, email_key, user_key)
);

create table deleted_users (
    account_id bigint not null,
    user_key bigint not null,
    deleted_at bigint not null,
    primary key (account_id, user_key)
);

create table groups (
    account_id bigint not null,
    number bigint not null,
    uuid bytea not null check (length(uuid) = 16),
    version bigint not null,
    created_at bigint not null,
    modified_at bigint not null,
    display_name text not null,
    name_key text collate "C" not null,
    external_id text collate "C",
    members bigint not null check (members >= 0),
    doc text not null,
    primary key (account_id, number)
) with (fillfactor = 70);
create unique index groups_uuid on groups (account_id, uuid);
create unique index groups_name on groups (account_id, name_key);
create index groups_external_id on groups (account_id, external_id, number) where external_id is not null;

create table memberships (
    account_id bigint not null,
    group_number bigint not null,
    -- 0 = user; room for groups.
    member_kind bigint not null,
    member_key bigint not null,
    primary key (account_id, group_number, member_kind, member_key)
);
create index memberships_member on memberships (account_id, member_kind, member_key, group_number);

create table jobs (
    account_id bigint not null,
    number bigint not null,
    uuid bytea not null check (length(uuid) = 16),
    kind text collate "C" not null,
    -- -1 = maintenance, 0 = the account's users, else the group's number.
    target bigint not null,
    queue_seq bigint not null,
    name text collate "C",
    state text collate "C" not null check (state in ('RECEIVING', 'PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL',
        'ABORT_IN_PROGRESS', 'COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED')),
    total bigint not null check (total >= 0),
    created bigint not null check (created >= 0),
    updated bigint not null check (updated >= 0),
    removed bigint not null check (removed >= 0),
    ignored bigint not null check (ignored >= 0),
    failed bigint not null check (failed >= 0),
    skipped bigint not null check (skipped >= 0),
    processed bigint not null check (processed >= 0),
    pending bigint not null check (pending >= 0),
    -- Items by code of their outcome: "10:4,13:2".
    reasons text not null,
    asked_create bigint not null,
    asked_destroy bigint not null,
    planned bigint not null,
    cursor bigint not null,
    attempts bigint not null,
    digest bytea not null check (length(digest) = 32),
    client_id bigint not null,
    received_at bigint not null,
    started_at bigint,
    ended_at bigint,
    -- The last sign of life while it is being received.
    touched_at bigint not null,
    message text,
    lease_token bytea check (lease_token is null or length(lease_token) = 16),
    lease_until bigint,
    primary key (account_id, number),
    constraint jobs_sum check (created + updated + removed + ignored + failed + skipped = processed),
    constraint jobs_total check (processed + pending = total),
    constraint jobs_ended check (state not in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED') or pending = 0)
) with (fillfactor = 50);
create unique index jobs_uuid on jobs (account_id, uuid);
create unique index jobs_name on jobs (account_id, name) where name is not null and state <> 'RECEIVING';
create unique index jobs_working on jobs (account_id, target)
    where state in ('IN_PROGRESS', 'ABORT_IN_PROGRESS');
create index jobs_open on jobs (account_id, target, queue_seq, number)
    where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS');
create index jobs_receiving on jobs (touched_at) where state = 'RECEIVING';
create index jobs_kind on jobs (account_id, kind, received_at, number);

create function jobs_terminal() returns trigger language plpgsql as $$
begin
    raise exception 'a job that has ended never changes';
end
$$;
create trigger jobs_terminal before update on jobs for each row
when (old.state in ('COMPLETED', 'FAILED', 'NO_CHANGE', 'ABORTED') and (
    new.state <> old.state or new.total <> old.total or new.created <> old.created or new.updated <> old.updated
    or new.removed <> old.removed or new.ignored <> old.ignored or new.failed <> old.failed
    or new.skipped <> old.skipped or new.reasons <> old.reasons))
execute function jobs_terminal();

-- A hint to the workers of all nodes; they also poll.
create function jobs_queued() returns trigger language plpgsql as $$
begin
    perform pg_notify('throng_jobs', '');
    return null;
end
$$;
create trigger jobs_queued_new after insert on jobs for each row
when (new.state = 'PENDING') execute function jobs_queued();
create trigger jobs_queued_received after update of state on jobs for each row
when (old.state <> 'PENDING' and new.state = 'PENDING') execute function jobs_queued();
create trigger jobs_queued_given_back after update of lease_token on jobs for each row
when (old.lease_token is not null and new.lease_token is null and new.state = 'IN_PROGRESS')
execute function jobs_queued();

-- Apart from the job, because the job's row is written at every chunk and this never again.
create table job_specs (
    account_id bigint not null,
    job bigint not null,
    spec text not null,
    primary key (account_id, job)
);

-- Rows with blobs. They are stored as they come: most are compressed or random already.
create table job_parts (
    account_id bigint not null,
    job bigint not null,
    produced bigint not null,
    first bigint not null,
    items bigint not null,
    form bigint not null,
    data bytea not null,
    primary key (account_id, job, produced, first)
);

create table job_rows (
    account_id bigint not null,
    job bigint not null,
    run bigint not null,
    page bigint not null,
    items bigint not null,
    data bytea not null,
    primary key (account_id, job, run, page)
);

create table job_results (
    account_id bigint not null,
    job bigint not null,
    page bigint not null,
    items bigint not null,
    effective bigint not null,
    ignored bigint not null,
    failed bigint not null,
    data bytea not null,
    primary key (account_id, job, page)
);

create table job_chunks (
    account_id bigint not null,
    job bigint not null,
    seq bigint not null,
    items bigint not null,
    entries bytea not null,
    primary key (account_id, job, seq)
);

create table idempotency (
    account_id bigint not null,
    client_id bigint not null,
    route text collate "C" not null,
    key text collate "C" not null,
    fingerprint bytea,
    job bigint,
    status bigint not null,
    holder bytea,
    until_at bigint not null,
    primary key (account_id, client_id, route, key)
);
create index idempotency_held on idempotency (until_at) where holder is not null;
create index idempotency_until on idempotency (until_at);

alter table job_parts alter column data set storage external;
alter table job_rows alter column data set storage external;
alter table job_results alter column data set storage external;
alter table job_chunks alter column entries set storage external;

alter table clients enable row level security;
alter table clients force row level security;
create policy own on clients using (account_id = (select throng_account()));
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy own on api_keys using (account_id = (select throng_account()));
alter table users enable row level security;
alter table users force row level security;
create policy own on users using (account_id = (select throng_account()));
alter table user_emails enable row level security;
alter table user_emails force row level security;
create policy own on user_emails using (account_id = (select throng_account()));
alter table deleted_users enable row level security;
alter table deleted_users force row level security;
create policy own on deleted_users using (account_id = (select throng_account()));
alter table groups enable row level security;
alter table groups force row level security;
create policy own on groups using (account_id = (select throng_account()));
alter table memberships enable row level security;
alter table memberships force row level security;
create policy own on memberships using (account_id = (select throng_account()));
alter table jobs enable row level security;
alter table jobs force row level security;
create policy own on jobs using (account_id = (select throng_account()));
alter table job_specs enable row level security;
alter table job_specs force row level security;
create policy own on job_specs using (account_id = (select throng_account()));
alter table job_parts enable row level security;
alter table job_parts force row level security;
create policy own on job_parts using (account_id = (select throng_account()));
alter table job_rows enable row level security;
alter table job_rows force row level security;
create policy own on job_rows using (account_id = (select throng_account()));
alter table job_results enable row level security;
alter table job_results force row level security;
create policy own on job_results using (account_id = (select throng_account()));
alter table job_chunks enable row level security;
alter table job_chunks force row level security;
create policy own on job_chunks using (account_id = (select throng_account()));
alter table idempotency enable row level security;
alter table idempotency force row level security;
create policy own on idempotency using (account_id = (select throng_account()));
-- To find its work the engine reads the jobs of all accounts, and forgets old Idempotency-Keys. Nothing else.
create policy everywhere on jobs for select using ((select throng_account()) = -1);
create policy everywhere on job_chunks for select using ((select throng_account()) = -1);
create policy everywhere_read on idempotency for select using ((select throng_account()) = -1);
create policy everywhere_purge on idempotency for delete using ((select throng_account()) = -1);

grant usage on schema throng to throng_app;
grant select, insert, update, delete on all tables in schema throng to throng_app;
revoke insert, update, delete on migrations from throng_app;
revoke insert, delete on cluster from throng_app;
