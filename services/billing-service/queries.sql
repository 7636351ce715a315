-- name: list_plans :many
SELECT * FROM billing.plans ORDER BY price_cents;

-- name: find_plan :one
SELECT * FROM billing.plans WHERE id = @id;

-- name: find_subscription :one
SELECT plan, status, started_at FROM billing.subscriptions WHERE user_id = @user_id;

-- Only a change of plan returns a row.
-- name: change_subscription :one
INSERT INTO billing.subscriptions AS s (user_id, plan) VALUES (@user_id, @plan)
ON CONFLICT (user_id) DO UPDATE SET plan = excluded.plan, status = 'active', started_at = now()
WHERE s.plan <> excluded.plan
RETURNING plan, status, started_at;

-- Who has no subscription is on the free plan.
-- name: find_monthly_units :one
SELECT monthly_units FROM billing.plans
WHERE id = coalesce((SELECT plan FROM billing.subscriptions WHERE user_id = @user_id), 'free');

-- One statement, so that simultaneous reports can't pass the quota together. Returns no row when it would be passed.
-- name: add_usage :one
INSERT INTO billing.usage AS u (user_id, month, kind, units)
VALUES (@user_id, to_char(now(), 'YYYY-MM'), @kind, @units)
ON CONFLICT (user_id, month, kind) DO UPDATE SET units = u.units + excluded.units
WHERE u.units + excluded.units <= @quota::bigint
RETURNING units;

-- name: list_usage :many
SELECT kind, units FROM billing.usage
WHERE user_id = @user_id AND month = to_char(now(), 'YYYY-MM')
ORDER BY kind;
