-- People who may log in, applications that ask them, and what they are let do.

-- The person who is this client; null: a service or an application.
alter table clients add column user_uuid bytea;
-- Where people may be sent back to, with spaces between; null: nobody is logged in.
alter table clients add column redirect_uris text collate "C";
-- Whether it cannot keep a secret.
alter table clients add column is_public bigint not null default 0;
create unique index clients_by_user on clients (account_id, user_uuid);

-- The key that took this one's place.
alter table api_keys add column replaced_by text collate "C";

create table grants (
    account_id bigint not null,
    grant_id text collate "C" not null,
    -- The application.
    client_id bigint not null,
    -- The person, as a client.
    member_id bigint not null,
    -- Names of scopes with spaces between.
    scopes text collate "C" not null,
    -- Where the code was sent to, and what its verifier is known by.
    redirect_uri text collate "C" not null,
    challenge text collate "C" not null,
    -- Which of its secrets is good: 0 is the code, others are refresh tokens.
    generation bigint not null,
    created_at bigint not null,
    ends_at bigint not null,
    primary key (account_id, grant_id)
);
create index grants_by_member on grants (account_id, member_id, created_at);
create index grants_by_end on grants (account_id, ends_at);

alter table grants enable row level security;
alter table grants force row level security;
create policy own on grants using (account_id = (select throng_account()));
grant select, insert, update, delete on grants to throng_app;
