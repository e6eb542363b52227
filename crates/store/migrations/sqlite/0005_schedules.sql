-- When jobs may begin, what holds them back, and when their items were thrown away.

alter table jobs add column not_before integer;
alter table jobs add column after_job integer;
-- -1 low, 0 normal, 1 high.
alter table jobs add column priority integer not null default 0;
-- Since when a job waits for approval, and who approved it.
alter table jobs add column held_at integer;
alter table jobs add column approved_by integer;
-- So many removals were objected to, and are approved if it is.
alter table jobs add column held_removals integer;
alter table jobs add column purged_at integer;

create index jobs_urgency on jobs (account_id, priority, target, queue_seq, number)
    where state in ('PENDING', 'IN_PROGRESS', 'AWAITING_APPROVAL', 'ABORT_IN_PROGRESS');
create index jobs_held on jobs (held_at) where state = 'AWAITING_APPROVAL';
-- What a guard looks back at, and what has been kept long enough.
create index jobs_ended on jobs (account_id, ended_at) where purged_at is null and ended_at is not null;
-- What has ended since a watcher looked, by the store's clock: from its end on, touched_at says when that was.
create index jobs_told on jobs (account_id, touched_at, number) where purged_at is null and ended_at is not null;
create index jobs_purged on jobs (purged_at) where purged_at is not null;

-- What a request made that made no job.
alter table idempotency add column resource blob;
