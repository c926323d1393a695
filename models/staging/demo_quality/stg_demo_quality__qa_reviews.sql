-- One row per delivered item of a review.
{{ stage('demo_quality', 'reviews', 'qa_reviews') }}
