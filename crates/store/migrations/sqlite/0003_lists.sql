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
