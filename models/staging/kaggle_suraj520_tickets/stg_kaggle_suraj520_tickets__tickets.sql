-- One row per delivered ticket.
{{ stage('kaggle_suraj520_tickets', 'tickets', 'tickets') }}
