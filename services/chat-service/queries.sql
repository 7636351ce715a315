-- name: insert_conversation :one
INSERT INTO chat.conversations (user_id, title) VALUES (@user_id, @title) RETURNING *;

-- name: list_conversations :many
SELECT * FROM chat.conversations WHERE user_id = @user_id ORDER BY created_at DESC LIMIT @most;

-- name: find_conversation :one
SELECT * FROM chat.conversations WHERE id = @id AND user_id = @user_id;

-- name: insert_message :one
INSERT INTO chat.messages (conversation_id, role, content) VALUES (@conversation_id, @role, @content)
RETURNING id, role, content, created_at;

-- name: delete_message :exec
DELETE FROM chat.messages WHERE id = @id;

-- name: list_messages :many
SELECT id, role, content, created_at FROM chat.messages
WHERE conversation_id = @conversation_id ORDER BY position LIMIT @most;

-- The newest first, as the assistant's memory of the conversation.
-- name: recent_messages :many
SELECT role, content FROM chat.messages
WHERE conversation_id = @conversation_id ORDER BY position DESC LIMIT @most;
