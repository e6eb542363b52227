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

-- An account may let groups share a name: then no group's unique_name is set. free_group_names is the setting as
-- the statements that write groups read it.
alter table accounts add column free_group_names bigint not null default 0;
alter table groups add column unique_name text collate "C";
-- The owner is held to the policies as well, and is in no account here.
alter table groups no force row level security;
update groups set unique_name = name_key;
alter table groups force row level security;
create unique index groups_unique_name on groups (account_id, unique_name);
drop index groups_name;
create index groups_name on groups (account_id, name_key, number);

-- The person whom a key belongs to, who may have been deleted since.
alter table api_keys add column user_uuid bytea check (user_uuid is null or length(user_uuid) = 16);

-- The provisioning source of a client; null = the default one, whose externalIds are attributes like others. What the
-- others call a resource is kept here. The source comes last in the key, so that a deletion finds the rows of all.
alter table clients add column source text collate "C";
create table external_ids (
    account_id bigint not null,
    -- 0 = user, 1 = group, 2 = resource.
    kind bigint not null,
    resource_key bigint not null,
    source text collate "C" not null,
    external_id text collate "C" not null,
    primary key (account_id, kind, resource_key, source)
);
create index external_ids_of on external_ids (account_id, source, kind, external_id, resource_key);

alter table external_ids enable row level security;
alter table external_ids force row level security;
create policy own on external_ids using (account_id = (select throng_account()));
grant select, insert, update, delete on external_ids to throng_app;
