-- Resources of types that the configuration defines.

create table resources (
    account_id bigint not null,
    resource_key bigint not null,
    -- The name of the resource type.
    kind text collate "C" not null,
    uuid bytea not null check (length(uuid) = 16),
    version bigint not null,
    created_at bigint not null,
    modified_at bigint not null,
    external_id text collate "C",
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
    account_id bigint not null,
    kind text collate "C" not null,
    attribute text collate "C" not null,
    value_key text collate "C" not null,
    resource_key bigint not null,
    primary key (account_id, kind, attribute, value_key)
);
create index resource_values_of on resource_values (account_id, resource_key);

-- By which rule the values of a kind are stored: which attributes are unique, and how they are compared. For the whole
-- installation, so under account 0.
create table value_rules (
    account_id bigint not null,
    kind text collate "C" not null,
    rule text not null,
    primary key (account_id, kind)
);

alter table resources enable row level security;
alter table resources force row level security;
create policy own on resources using (account_id = (select throng_account()));
alter table resource_values enable row level security;
alter table resource_values force row level security;
create policy own on resource_values using (account_id = (select throng_account()));
alter table value_rules enable row level security;
alter table value_rules force row level security;
create policy own on value_rules using (account_id = (select throng_account()));
grant select, insert, update, delete on resources, resource_values, value_rules to throng_app;
