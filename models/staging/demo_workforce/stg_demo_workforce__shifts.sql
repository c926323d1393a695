-- One row per delivered state of a shift.
{{ stage('demo_workforce', 'shifts', 'shifts') }}
