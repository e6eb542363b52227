-- The audit log: what happened, in rows that are written with what they tell of, then numbered and chained.

-- What is not numbered yet. Written in the transaction that does what a row tells of; no index but the key, so that it
-- costs that transaction little.
create table audit_inbox (
    account_id integer not null,
    id blob not null check (length(id) = 16),
    at integer not null,
    event text not null,
    kind text not null,
    -- The id of what it is about; may be empty.
    object text not null,
    -- The rest of it, as JSON.
    body text not null,
    -- What people are called in it, as JSON, with the salt of the digest of object and names; null where there was nothing to
    -- call.
    names text,
    salt blob check (length(salt) = 16),
    names_digest blob not null check (length(names_digest) = 32),
    primary key (account_id, id)
) without rowid;

-- The rows with their numbers. A row is never changed, but for whom it is about when they are
-- forgotten; the oldest are thrown away.
create table audit (
    account_id integer not null,
    seq integer not null check (seq >= 1),
    id blob not null check (length(id) = 16),
    at integer not null,
    event text not null,
    kind text not null,
    object text not null,
    body text not null,
    names text,
    salt blob check (length(salt) = 16),
    names_digest blob not null check (length(names_digest) = 32),
    -- SHA-256 over that of the row before and this one.
    hash blob not null check (length(hash) = 32),
    primary key (account_id, seq)
) without rowid;
-- Searches, which are by time.
create index audit_at on audit (account_id, at, seq);
-- What happened to one thing.
create index audit_object on audit (account_id, object, seq);

create trigger audit_stays before update on audit
when new.names is not null or new.salt is not null or new.object <> ''
    or (new.account_id, new.seq, new.id, new.at, new.event, new.kind, new.body, new.names_digest, new.hash)
    is not (old.account_id, old.seq, old.id, old.at, old.event, old.kind, old.body, old.names_digest, old.hash)
begin
    select raise(abort, 'a row of the audit log stays as it is');
end;

-- Where each account's log begins and ends.
create table audit_heads (
    account_id integer not null primary key,
    -- The last row.
    seq integer not null check (seq >= 0),
    hash blob not null check (length(hash) = 32),
    -- The last row that was thrown away.
    kept_seq integer not null check (kept_seq between 0 and seq),
    kept_hash blob not null check (length(kept_hash) = 32)
);
