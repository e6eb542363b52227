-- Profiles: what people are given who are made by one.

create table profiles (
    account_id integer not null,
    -- Shown as letters.
    number integer not null,
    version integer not null,
    created_at integer not null,
    modified_at integer not null,
    name text not null,
    name_key text not null,
    -- The rest of it, as JSON.
    gives text not null,
    primary key (account_id, number)
);
-- Conflicts of names, look-ups by name, and lists, which are in the order of names.
create unique index profiles_name on profiles (account_id, name_key);
