-- The audit log: what happened, in rows that are written with what they tell of, then numbered and chained.

-- What is not numbered yet. Written in the transaction that does what a row tells of; no index but the key, so that it
-- costs that transaction little.
create table audit_inbox (
    account_id bigint not null,
    id bytea not null check (length(id) = 16),
    at bigint not null,
    event text collate "C" not null,
    kind text collate "C" not null,
    -- The id of what it is about; may be empty.
    object text collate "C" not null,
    -- The rest of it, as JSON.
    body text not null,
    -- What people are called in it, as JSON, with the salt of the digest of object and names; null where there was nothing to
    -- call.
    names text,
    salt bytea check (length(salt) = 16),
    names_digest bytea not null check (length(names_digest) = 32),
    primary key (account_id, id)
);

-- The rows with their numbers. A row is never changed, but for whom it is about when they are
-- forgotten; the oldest are thrown away.
create table audit (
    account_id bigint not null,
    seq bigint not null check (seq >= 1),
    id bytea not null check (length(id) = 16),
    at bigint not null,
    event text collate "C" not null,
    kind text collate "C" not null,
    object text collate "C" not null,
    body text not null,
    names text,
    salt bytea check (length(salt) = 16),
    names_digest bytea not null check (length(names_digest) = 32),
    -- SHA-256 over that of the row before and this one.
    hash bytea not null check (length(hash) = 32),
    primary key (account_id, seq)
);
-- Searches, which are by time.
create index audit_at on audit (account_id, at, seq);
-- What happened to one thing.
create index audit_object on audit (account_id, object, seq);

-- Where each account's log begins and ends.
create table audit_heads (
    account_id bigint not null primary key,
    -- The last row.
    seq bigint not null check (seq >= 0),
    hash bytea not null check (length(hash) = 32),
    -- The last row that was thrown away.
    kept_seq bigint not null check (kept_seq between 0 and seq),
    kept_hash bytea not null check (length(kept_hash) = 32)
);

alter table audit_inbox enable row level security;
alter table audit_inbox force row level security;
create policy own on audit_inbox using (account_id = (select throng_account()));
create policy everywhere on audit_inbox for select using ((select throng_account()) = -1);
alter table audit enable row level security;
alter table audit force row level security;
create policy own on audit using (account_id = (select throng_account()));
alter table audit_heads enable row level security;
alter table audit_heads force row level security;
create policy own on audit_heads using (account_id = (select throng_account()));
grant select, insert, update, delete on audit_inbox, audit_heads to throng_app;
grant select, insert, delete, update (names, salt, object) on audit to throng_app;
