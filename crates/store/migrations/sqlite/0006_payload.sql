-- The digest of what a job has to do, as it is stored.

alter table job_specs add column payload blob;
