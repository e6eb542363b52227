-- Passwords: what is kept of them, and what accounts ask of them.

create table passwords (
    account_id integer not null,
    user_key integer not null,
    -- The last one is the password; those before it must not come again.
    nth integer not null,
    -- In PHC or modular form. Shown to nobody.
    hash text not null,
    changed_at integer not null,
    primary key (account_id, user_key, nth)
) without rowid;

-- Of accounts that said something.
create table password_policies (
    account_id integer not null primary key,
    -- As JSON.
    policy text not null
);

-- Passwords of the rows of imports, sealed with a key that is not in the database, until their rows are settled.
create table job_secrets (
    account_id integer not null,
    job integer not null,
    -- That of the rows in job_rows.
    page integer not null,
    data blob not null,
    primary key (account_id, job, page)
);
