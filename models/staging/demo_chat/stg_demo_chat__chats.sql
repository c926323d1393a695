-- One row per delivered state of a chat.
{{ stage('demo_chat', 'chats', 'chats') }}
