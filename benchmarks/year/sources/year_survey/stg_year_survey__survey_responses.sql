-- One row per delivered state of an answer.
{{ stage('year_survey', 'responses', 'survey_responses') }}
