-- One row per delivered state of a visit to the help centre.
{{ stage('demo_helpcentre', 'visits', 'help_sessions') }}
