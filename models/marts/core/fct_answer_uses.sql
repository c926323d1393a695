-- One row per answer of the knowledge base, or question without one, and day of its uses.
with uses as (
    select * from {{ ref('int_answer_uses_versioned') }}
    where _disposition = 'accepted'
)

select
    use_id,
    item_id,
    coalesce(item_kind, 'article') as item_kind,
    title,
    coalesce(product_area, 'unknown') as product_area,
    similar_to_item_id,
    uses as use_count,
    likes as like_count,
    dislikes as dislike_count,
    used_on as use_date,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from uses
