-- What keys may do and until when; tokens made from them, and what signs these.

-- Names of scopes with spaces between; null: all that the client's role allows.
alter table api_keys add column scopes text;
alter table api_keys add column expires_at integer;
-- To the hour.
alter table api_keys add column last_used_at integer;

-- Of account 0. A key signs for a time and is shown until what it signed has run out.
create table signing_keys (
    account_id integer not null,
    kid text not null,
    -- Sealed with a key that is not in the database.
    sealed blob not null,
    public_key blob not null,
    created_at integer not null,
    primary key (account_id, kid)
);

-- Tokens that were taken back before they ran out.
create table revoked_tokens (
    account_id integer not null,
    token_id text not null,
    expires_at integer not null,
    primary key (account_id, token_id)
);
create index revoked_tokens_by_end on revoked_tokens (account_id, expires_at);
