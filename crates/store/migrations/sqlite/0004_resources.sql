-- Resources of types that the configuration defines.

create table resources (
    account_id integer not null,
    resource_key integer not null,
    -- The name of the resource type.
    kind text not null,
    uuid blob not null check (length(uuid) = 16),
    version integer not null,
    created_at integer not null,
    modified_at integer not null,
    external_id text,
    doc text not null,
    primary key (account_id, resource_key)
);
create unique index resources_uuid on resources (account_id, uuid);
create index resources_kind on resources (account_id, kind, resource_key);
create index resources_modified on resources (account_id, kind, modified_at, resource_key);
create index resources_external_id on resources (account_id, kind, external_id, resource_key)
    where external_id is not null;

-- Values that only one resource of a kind may have, by their canonical key.
create table resource_values (
    account_id integer not null,
    kind text not null,
    attribute text not null,
    value_key text not null,
    resource_key integer not null,
    primary key (account_id, kind, attribute, value_key)
) without rowid;
create index resource_values_of on resource_values (account_id, resource_key);

-- By which rule the values of a kind are stored: which attributes are unique, and how they are compared. For the whole
-- installation, so under account 0.
create table value_rules (
    account_id integer not null,
    kind text not null,
    rule text not null,
    primary key (account_id, kind)
) without rowid;
