-- People whom a job deleted, as they were, so that it can be undone: blocks beside the job's items.

create table job_images (
    account_id integer not null,
    job integer not null,
    -- The index of the first item of the job that has its image in this block, and how many items it spans.
    first integer not null,
    items integer not null,
    taken_at integer not null,
    data blob not null,
    primary key (account_id, job, first)
);
-- What has been kept long enough.
create index job_images_taken on job_images (account_id, taken_at, job, first);
