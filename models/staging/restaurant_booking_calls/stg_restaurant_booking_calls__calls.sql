-- One row per delivered call.
{{ stage('restaurant_booking_calls', 'calls', 'calls') }}
