-- One row per delivered ticket that was rated.
{{ stage('kaggle_suraj520_original', 'tickets', 'survey_responses') }}
