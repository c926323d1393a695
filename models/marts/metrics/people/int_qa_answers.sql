-- One row per reviewed and rated contact, rating scale and item of the review.
{{ config(schema='intermediate', contract={'enforced': false}) }}

with answers as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'csat' and is_counted and is_headline and contact_id is not null
),

items as (
    select * from {{ ref('fct_qa_reviews') }}
    where item_score_pct is not null and contact_id is not null and item_key is not null
),

-- A contact that was reviewed twice counts with its latest review.
latest as (
    select
        contact_id,
        review_id,
        row_number() over (
            partition by contact_id order by max(reviewed_at) desc, review_id asc
        ) as place
    from items
    group by contact_id, review_id
)

select
    answers.scale_id,
    answers.contact_id,
    items.item_key,
    answers.score_pct,
    items.item_score_pct
from answers
inner join latest
    on
        answers.contact_id = latest.contact_id
        and latest.place = 1
inner join items
    on
        latest.contact_id = items.contact_id
        and latest.review_id = items.review_id
