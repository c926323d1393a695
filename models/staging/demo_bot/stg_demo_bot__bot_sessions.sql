-- One row per delivered state of a conversation with the bot.
{{ stage('demo_bot', 'conversations', 'bot_sessions') }}
