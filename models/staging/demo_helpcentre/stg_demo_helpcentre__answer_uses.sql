-- One row per delivered count of uses of an answer on a day.
{{ stage('demo_helpcentre', 'answers', 'answer_uses') }}
