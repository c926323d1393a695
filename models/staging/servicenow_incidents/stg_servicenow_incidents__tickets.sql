-- One row per delivered change of an incident.
{{ stage('servicenow_incidents', 'incidents', 'tickets') }}
