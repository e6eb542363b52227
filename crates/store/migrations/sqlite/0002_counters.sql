-- What many writers write at once leaves the account's row, which the other databases lock as a whole.

-- How many users an account has: the sum over its rows; kept with each insert and delete.
create table user_counts (
    account_id integer not null,
    shard integer not null,
    users integer not null,
    primary key (account_id, shard)
) without rowid;
insert into user_counts (account_id, shard, users) select account_id, 0, users from accounts where users > 0;

-- Where the last claim of a job stopped, so that an account's targets take turns.
create table turns (
    account_id integer primary key,
    last_target integer not null
);
insert into turns (account_id, last_target) select account_id, last_target from accounts where last_target >= 0;

alter table accounts drop column users;
alter table accounts drop column last_target;
