-- One row per delivered item of a review, with its verdict.
{{ config(materialized='versioned', entity='qa_reviews', key='review_item_id') }}

with staged as (
    {{- union_entity('qa_reviews') }}
)

select
    *,
    cast(null as date) as _day
from staged
