-- One row per delivered change.
{{ stage('demo_quality', 'changes', 'changes') }}
