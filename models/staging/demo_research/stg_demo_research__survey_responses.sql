-- One row per answer that the agency collected.
{{ stage('demo_research', 'questionnaires', 'survey_responses') }}
