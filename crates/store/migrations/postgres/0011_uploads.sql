-- Uploads: files that arrive in parts, until they become jobs.

create table uploads (
    account_id bigint not null,
    uuid bytea not null check (length(uuid) = 16),
    created_at bigint not null,
    -- When it is thrown away; 0 = nobody sees it any more.
    expires_at bigint not null,
    file_name text collate "C",
    content_type text collate "C",
    -- What the whole file is to be, where that was said.
    size bigint check (size >= 0),
    sha256 bytea check (length(sha256) = 32),
    -- Of all its parts.
    bytes bigint not null check (bytes >= 0),
    primary key (account_id, uuid)
);
-- What has been kept long enough, of all accounts.
create index uploads_expires on uploads (expires_at);

create table upload_parts (
    account_id bigint not null,
    upload bytea not null,
    number bigint not null check (number >= 1),
    size bigint not null check (size >= 1),
    sha256 bytea not null check (length(sha256) = 32),
    -- Which of the blocks are its own: a part that is sent again has others.
    attempt bigint not null,
    primary key (account_id, upload, number)
);

-- The bytes of parts. Those of a part that is not there belong to a request that is running, or that broke off.
create table upload_blocks (
    account_id bigint not null,
    upload bytea not null,
    attempt bigint not null,
    block bigint not null,
    data bytea not null,
    primary key (account_id, upload, attempt, block)
);

alter table upload_blocks alter column data set storage external;
alter table uploads enable row level security;
alter table uploads force row level security;
create policy own on uploads using (account_id = (select throng_account()));
create policy everywhere on uploads for select using ((select throng_account()) = -1);
alter table upload_parts enable row level security;
alter table upload_parts force row level security;
create policy own on upload_parts using (account_id = (select throng_account()));
alter table upload_blocks enable row level security;
alter table upload_blocks force row level security;
create policy own on upload_blocks using (account_id = (select throng_account()));
grant select, insert, update, delete on uploads, upload_parts, upload_blocks to throng_app;
