-- One row per delivered state of a call.
{{ stage('year_phone', 'calls', 'calls') }}
