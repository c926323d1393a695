-- One row per delivered state of a ticket.
{{ stage('year_helpdesk', 'tickets', 'tickets') }}
