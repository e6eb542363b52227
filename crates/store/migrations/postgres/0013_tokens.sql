-- What keys may do and until when; tokens made from them, and what signs these.

-- Names of scopes with spaces between; null: all that the client's role allows.
alter table api_keys add column scopes text collate "C";
alter table api_keys add column expires_at bigint;
-- To the hour.
alter table api_keys add column last_used_at bigint;

-- Of account 0. A key signs for a time and is shown until what it signed has run out.
create table signing_keys (
    account_id bigint not null,
    kid text collate "C" not null,
    -- Sealed with a key that is not in the database.
    sealed bytea not null,
    public_key bytea not null,
    created_at bigint not null,
    primary key (account_id, kid)
);

-- Tokens that were taken back before they ran out.
create table revoked_tokens (
    account_id bigint not null,
    token_id text collate "C" not null,
    expires_at bigint not null,
    primary key (account_id, token_id)
);
create index revoked_tokens_by_end on revoked_tokens (account_id, expires_at);

do $$
declare owned text;
begin
    foreach owned in array array['signing_keys', 'revoked_tokens'] loop
        execute format('alter table %I enable row level security', owned);
        execute format('alter table %I force row level security', owned);
        execute format('create policy own on %I using (account_id = (select throng_account()))', owned);
        execute format('grant select, insert, update, delete on %I to throng_app', owned);
    end loop;
end $$;
