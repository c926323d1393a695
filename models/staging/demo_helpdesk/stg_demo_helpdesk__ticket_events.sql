-- One row per entry of the log of a ticket.
{{ stage('demo_helpdesk', 'ticket_events', 'ticket_events') }}
