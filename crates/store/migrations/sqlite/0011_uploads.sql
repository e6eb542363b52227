-- Uploads: files that arrive in parts, until they become jobs.

create table uploads (
    account_id integer not null,
    uuid blob not null check (length(uuid) = 16),
    created_at integer not null,
    -- When it is thrown away; 0 = nobody sees it any more.
    expires_at integer not null,
    file_name text,
    content_type text,
    -- What the whole file is to be, where that was said.
    size integer check (size >= 0),
    sha256 blob check (length(sha256) = 32),
    -- Of all its parts.
    bytes integer not null check (bytes >= 0),
    primary key (account_id, uuid)
);
-- What has been kept long enough, of all accounts.
create index uploads_expires on uploads (expires_at);

create table upload_parts (
    account_id integer not null,
    upload blob not null,
    number integer not null check (number >= 1),
    size integer not null check (size >= 1),
    sha256 blob not null check (length(sha256) = 32),
    -- Which of the blocks are its own: a part that is sent again has others.
    attempt integer not null,
    primary key (account_id, upload, number)
);

-- The bytes of parts. Those of a part that is not there belong to a request that is running, or that broke off.
create table upload_blocks (
    account_id integer not null,
    upload blob not null,
    attempt integer not null,
    block integer not null,
    data blob not null,
    primary key (account_id, upload, attempt, block)
);
