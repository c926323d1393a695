-- One row per delivered ticket that was rated.
{{ stage('kaggle_suraj520_tickets', 'tickets', 'survey_responses') }}
