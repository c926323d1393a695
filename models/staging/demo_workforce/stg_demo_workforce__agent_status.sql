-- One row per delivered state of a status of an agent.
{{ stage('demo_workforce', 'agent_status', 'agent_status') }}
