-- One row per delivered state of an agent.
{{ stage('demo_helpdesk', 'agents', 'agents') }}
