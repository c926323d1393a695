-- One row per delivered payment.
{{ stage('demo_billing', 'payments', 'payments') }}
