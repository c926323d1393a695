-- One row per delivered state of a chat.
{{ stage('year_chat', 'chats', 'chats') }}
