-- What billing-service keeps. It runs this file at every start, so each statement bears being run again.
CREATE SCHEMA IF NOT EXISTS billing;

CREATE TABLE IF NOT EXISTS billing.plans (
    id            text PRIMARY KEY,
    name          text NOT NULL,
    price_cents   bigint NOT NULL CHECK (price_cents >= 0),   -- a month, in US cents
    monthly_units bigint NOT NULL CHECK (monthly_units > 0)   -- of each kind of usage
);

INSERT INTO billing.plans (id, name, price_cents, monthly_units) VALUES
    ('free', 'Free', 0, 1000),
    ('pro', 'Pro', 2000, 100000),
    ('team', 'Team', 9900, 1000000)
ON CONFLICT (id) DO NOTHING;

CREATE TABLE IF NOT EXISTS billing.subscriptions (
    user_id    uuid PRIMARY KEY,
    plan       text NOT NULL REFERENCES billing.plans (id),
    status     text NOT NULL DEFAULT 'active',
    started_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS billing.usage (
    user_id uuid NOT NULL,
    month   text NOT NULL,  -- 2026-11, UTC
    kind    text NOT NULL,
    units   bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (user_id, month, kind)
);
