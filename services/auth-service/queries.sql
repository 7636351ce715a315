-- name: insert_user :one
INSERT INTO auth.users (email, password_hash) VALUES (@email, @password_hash) RETURNING id, email;

-- name: find_user_by_email :one
SELECT * FROM auth.users WHERE email = @email;
