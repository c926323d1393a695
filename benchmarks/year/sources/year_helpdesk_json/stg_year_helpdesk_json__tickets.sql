-- One row per delivered state of a ticket.
{{ stage('year_helpdesk_json', 'tickets', 'tickets') }}
