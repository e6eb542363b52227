-- People whom a job deleted, as they were, so that it can be undone: blocks beside the job's items.

create table job_images (
    account_id bigint not null,
    job bigint not null,
    -- The index of the first item of the job that has its image in this block, and how many items it spans.
    first bigint not null,
    items bigint not null,
    taken_at bigint not null,
    data bytea not null,
    primary key (account_id, job, first)
);
-- What has been kept long enough.
create index job_images_taken on job_images (account_id, taken_at, job, first);

alter table job_images alter column data set storage external;
alter table job_images enable row level security;
alter table job_images force row level security;
create policy own on job_images using (account_id = (select throng_account()));
grant select, insert, update, delete on job_images to throng_app;
