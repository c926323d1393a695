-- One row per delivered state of a company.
{{ stage('year_crm', 'customers', 'customers') }}
