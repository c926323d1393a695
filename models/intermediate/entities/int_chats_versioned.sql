-- One row per delivered chat row, with its verdict.
{{ version_entity('chats', 'chat_id') }}
