-- What auth-service keeps. It runs this file at every start, so each statement bears being run again.
CREATE SCHEMA IF NOT EXISTS auth;

CREATE TABLE IF NOT EXISTS auth.users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email         text NOT NULL UNIQUE,  -- lower case
    password_hash text NOT NULL,         -- argon2id, in its own text form
    created_at    timestamptz NOT NULL DEFAULT now()
);
