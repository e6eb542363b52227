-- Passwords: what is kept of them, and what accounts ask of them.

create table passwords (
    account_id bigint not null,
    user_key bigint not null,
    -- The last one is the password; those before it must not come again.
    nth bigint not null,
    -- In PHC or modular form. Shown to nobody.
    hash text collate "C" not null,
    changed_at bigint not null,
    primary key (account_id, user_key, nth)
);

-- Of accounts that said something.
create table password_policies (
    account_id bigint not null primary key,
    -- As JSON.
    policy text not null
);

-- Passwords of the rows of imports, sealed with a key that is not in the database, until their rows are settled.
create table job_secrets (
    account_id bigint not null,
    job bigint not null,
    -- That of the rows in job_rows.
    page bigint not null,
    data bytea not null,
    primary key (account_id, job, page)
);
alter table job_secrets alter column data set storage external;

do $$
declare owned text;
begin
    foreach owned in array array['passwords', 'password_policies', 'job_secrets'] loop
        execute format('alter table %I enable row level security', owned);
        execute format('alter table %I force row level security', owned);
        execute format('create policy own on %I using (account_id = (select throng_account()))', owned);
        execute format('grant select, insert, update, delete on %I to throng_app', owned);
    end loop;
end $$;
