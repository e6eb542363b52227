-- Lists by the time of the last change, and the secrets that cursors are sealed with.

create index users_modified on users (account_id, modified_at, user_key);
create index groups_modified on groups (account_id, modified_at, number);

-- Made by the first server that needs them, the same for all.
create table secrets (
    account_id bigint not null,
    name text collate "C" not null,
    secret bytea not null check (length(secret) = 32),
    primary key (account_id, name)
);

alter table secrets enable row level security;
alter table secrets force row level security;
create policy own on secrets using (account_id = (select throng_account()));
grant select, insert on secrets to throng_app;
