-- People who may log in, applications that ask them, and what they are let do.

-- The person who is this client; null: a service or an application.
alter table clients add column user_uuid blob;
-- Where people may be sent back to, with spaces between; null: nobody is logged in.
alter table clients add column redirect_uris text;
-- Whether it cannot keep a secret.
alter table clients add column is_public integer not null default 0;
create unique index clients_by_user on clients (account_id, user_uuid);

-- The key that took this one's place.
alter table api_keys add column replaced_by text;

create table grants (
    account_id integer not null,
    grant_id text not null,
    -- The application.
    client_id integer not null,
    -- The person, as a client.
    member_id integer not null,
    -- Names of scopes with spaces between.
    scopes text not null,
    -- Where the code was sent to, and what its verifier is known by.
    redirect_uri text not null,
    challenge text not null,
    -- Which of its secrets is good: 0 is the code, others are refresh tokens.
    generation integer not null,
    created_at integer not null,
    ends_at integer not null,
    primary key (account_id, grant_id)
);
create index grants_by_member on grants (account_id, member_id, created_at);
create index grants_by_end on grants (account_id, ends_at);
