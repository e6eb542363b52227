-- Passwords: what is kept of them, and what accounts ask of them.

create table passwords (
    account_id integer not null,
    user_key integer not null,
    -- In PHC or modular form. Shown to nobody.
    hash text not null,
    changed_at integer not null,
    primary key (account_id, user_key)
) without rowid;

-- Of accounts that said something.
create table password_policies (
    account_id integer not null primary key,
    -- As JSON.
    policy text not null
);
