-- One row per delivered call.
{{ stage('pwc_call_center', 'calls', 'calls') }}
