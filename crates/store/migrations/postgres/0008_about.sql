-- By what lists find jobs, how far the clock has come, and where ids of people stand.

-- The target of a job or, of a dry run, that of what it tries; −2 for bulk requests: null where its group does not exist yet.
alter table jobs add column about bigint;
-- The owner is held to the policies as well, and is in no account here.
alter table jobs no force row level security;
alter table job_specs no force row level security;
update jobs set about = case when target >= -1 then target when kind in ('bulk', 'bulk_plan') then -2
    when kind <> 'plan' then 0 else
    (select nullif((s.spec::json -> 'dry_run' ->> 'group')::bigint, 0) from job_specs s
        where s.account_id = jobs.account_id and s.job = jobs.number) end;
alter table jobs force row level security;
alter table job_specs force row level security;
create index jobs_about on jobs (account_id, about, number);

-- The latest time at which purging was right by the clock; one row, under account 0.
create table clock_marks (
    account_id bigint not null,
    seen_at bigint not null,
    primary key (account_id)
);
alter table clock_marks enable row level security;
alter table clock_marks force row level security;
create policy own on clock_marks using (account_id = (select throng_account()));
grant select, insert, update on clock_marks to throng_app;

-- Where the id of somebody stands who is to be forgotten.
create index idempotency_resource on idempotency (account_id, resource) where resource is not null;
create index api_keys_user on api_keys (account_id, user_uuid) where user_uuid is not null;
