-- One row per month of use, source and item: an article, an answer of a bot or a question that
-- has no answer.
with uses as (
    select
        *,
        cast(date_trunc('month', use_date) as date) as month_start_date
    from {{ ref('fct_answer_uses') }}
    where item_id is not null
),

-- An item bears the name of its last day of use in the month.
named as (
    select
        month_start_date,
        source,
        item_id,
        item_kind,
        title,
        product_area,
        similar_to_item_id,
        row_number() over (
            partition by month_start_date, source, item_id order by use_date desc, use_id desc
        ) as place
    from uses
),

counted as (
    select
        month_start_date,
        source,
        item_id,
        cast(sum(use_count) as bigint) as answer_uses_count,
        cast(sum(like_count) as bigint) as answer_likes_count,
        cast(sum(dislike_count) as bigint) as answer_dislikes_count
    from uses
    group by month_start_date, source, item_id
),

voted as (
    select
        counted.*,
        named.item_kind,
        named.title,
        named.product_area,
        named.similar_to_item_id,
        coalesce(counted.answer_likes_count, 0) + coalesce(counted.answer_dislikes_count, 0)
            as answer_votes_count
    from counted
    inner join named
        on
            counted.month_start_date = named.month_start_date
            and counted.source = named.source
            and counted.item_id = named.item_id
    where named.place = 1
),

similar_items as (
    select
        month_start_date,
        source,
        similar_to_item_id as item_id,
        count(*) as similar_items_count,
        cast(sum(answer_uses_count) as bigint) as similar_uses_count
    from voted
    where similar_to_item_id is not null
    group by month_start_date, source, similar_to_item_id
)

select
    voted.month_start_date,
    voted.source,
    voted.item_id,
    voted.item_kind,
    voted.title,
    voted.product_area,
    voted.answer_uses_count,
    row_number() over (
        partition by voted.month_start_date, voted.source, voted.item_kind
        order by voted.answer_uses_count desc nulls last, voted.item_id asc
    ) as answer_rank,
    voted.answer_likes_count,
    voted.answer_dislikes_count,
    voted.answer_votes_count,
    {{ share_pct('voted.answer_likes_count', 'voted.answer_votes_count') }} as answer_like_pct,
    {{ wilson_pct('voted.answer_likes_count', 'voted.answer_votes_count', 'low') }}
        as answer_like_low_pct,
    {{ wilson_pct('voted.answer_likes_count', 'voted.answer_votes_count', 'high') }}
        as answer_like_high_pct,
    voted.similar_to_item_id,
    coalesce(similar_items.similar_items_count, 0) as similar_items_count,
    coalesce(similar_items.similar_uses_count, 0) as similar_uses_count,
    {{ is_reportable('voted.answer_votes_count') }} as is_reportable
from voted
left join similar_items
    on
        voted.month_start_date = similar_items.month_start_date
        and voted.source = similar_items.source
        and voted.item_id = similar_items.item_id
