-- What many writers write at once leaves the account's row, which an update locks as a whole.

-- How many users an account has: the sum over its rows; kept with each insert and delete.
create table user_counts (
    account_id bigint not null,
    shard bigint not null,
    users bigint not null,
    primary key (account_id, shard)
) with (fillfactor = 50);
insert into user_counts (account_id, shard, users) select account_id, 0, users from accounts where users > 0;

-- Where the last claim of a job stopped, so that an account's targets take turns.
create table turns (
    account_id bigint primary key,
    last_target bigint not null
) with (fillfactor = 50);
insert into turns (account_id, last_target) select account_id, last_target from accounts where last_target >= 0;

alter table accounts drop column users;
alter table accounts drop column last_target;

alter table user_counts enable row level security;
alter table user_counts force row level security;
create policy own on user_counts using (account_id = (select throng_account()));
grant select, insert, update, delete on user_counts, turns to throng_app;
