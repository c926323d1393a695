-- One row per delivered state of a call.
{{ stage('demo_phone', 'calls', 'calls') }}
