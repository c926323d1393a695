-- One row per delivered state of a line of the cost ledger.
{{ stage('demo_finance', 'ledger', 'cost_ledger') }}
