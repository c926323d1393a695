-- One row per delivered state of a customer.
{{ stage('demo_crm', 'customers', 'customers') }}
