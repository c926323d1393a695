-- One row per delivered state of an answer.
{{ stage('demo_survey', 'responses', 'survey_responses') }}
