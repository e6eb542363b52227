-- Lists by the time of the last change, and the secrets that cursors are sealed with.

create index users_modified on users (account_id, modified_at);
create index groups_modified on groups (account_id, modified_at, number);

-- Made by the first server that needs them, the same for all.
create table secrets (
    account_id integer not null,
    name text not null,
    secret blob not null check (length(secret) = 32),
    primary key (account_id, name)
);

-- An account may let groups share a name: then no group's unique_name is set. free_group_names is the setting as
-- the statements that write groups read it.
alter table accounts add column free_group_names integer not null default 0;
alter table groups add column unique_name text;
update groups set unique_name = name_key;
create unique index groups_unique_name on groups (account_id, unique_name);
drop index groups_name;
create index groups_name on groups (account_id, name_key, number);

-- The person whom a key belongs to, who may have been deleted since.
alter table api_keys add column user_uuid blob check (user_uuid is null or length(user_uuid) = 16);

-- The provisioning source of a client; null = the default one, whose externalIds are attributes like others. What the
-- others call a resource is kept here. The source comes last in the key, so that a deletion finds the rows of all.
alter table clients add column source text;
create table external_ids (
    account_id integer not null,
    -- 0 = user, 1 = group, 2 = resource.
    kind integer not null,
    resource_key integer not null,
    source text not null,
    external_id text not null,
    primary key (account_id, kind, resource_key, source)
) without rowid;
create index external_ids_of on external_ids (account_id, source, kind, external_id, resource_key);
