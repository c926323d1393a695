-- One row per delivered state of a feedback case.
{{ stage('demo_survey', 'feedback', 'feedback_cases') }}
