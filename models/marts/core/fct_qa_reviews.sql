-- One row per item of a quality review.
with items as (
    select * from {{ ref('int_qa_reviews_versioned') }}
    where _disposition = 'accepted'
)

select
    review_item_id,
    review_id,
    contact_type || ':' || contact_ref_id as contact_id,
    agent_id,
    item_key,
    item_score,
    item_max,
    100 * item_score / nullif(item_max, 0) as item_score_pct,
    coalesce(is_wow, false) as is_wow,
    {{ reporting_date('reviewed_at') }} as review_date,
    reviewed_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from items
