-- One row per delivered state of an invitation.
{{ stage('demo_survey', 'invitations', 'survey_invitations') }}
