-- One row per delivered state of a ticket.
{{ stage('demo_helpdesk', 'tickets', 'tickets') }}
