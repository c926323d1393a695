-- One row per delivered state of an agent.
{{ stage('year_helpdesk', 'agents', 'agents') }}
