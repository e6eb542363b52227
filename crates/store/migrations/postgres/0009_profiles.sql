-- Profiles: what people are given who are made by one.

create table profiles (
    account_id bigint not null,
    -- Shown as letters.
    number bigint not null,
    version bigint not null,
    created_at bigint not null,
    modified_at bigint not null,
    name text collate "C" not null,
    name_key text collate "C" not null,
    -- The rest of it, as JSON.
    gives text not null,
    primary key (account_id, number)
);
-- Conflicts of names, look-ups by name, and lists, which are in the order of names.
create unique index profiles_name on profiles (account_id, name_key);

alter table profiles enable row level security;
alter table profiles force row level security;
create policy own on profiles using (account_id = (select throng_account()));
grant select, insert, update, delete on profiles to throng_app;
