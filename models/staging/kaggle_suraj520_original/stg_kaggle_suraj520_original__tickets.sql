-- One row per delivered ticket.
{{ stage('kaggle_suraj520_original', 'tickets', 'tickets') }}
