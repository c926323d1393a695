-- One row per delivered call that was rated.
{{ stage('pwc_call_center', 'calls', 'survey_responses') }}
