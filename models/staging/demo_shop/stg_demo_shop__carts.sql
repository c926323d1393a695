-- One row per delivered state of a cart.
{{ stage('demo_shop', 'carts', 'carts') }}
