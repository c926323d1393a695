{{ config(meta={'dagster': {'ref': {'name': 'dim_business_calendar'}}}) }}
-- Two shifts of a schedule at one time count their open seconds twice: more than there is time.
with pieces as (
    select
        calendar_id,
        from_at,
        open_seconds_before,
        lead(from_at) over (partition by calendar_id order by from_at) as next_from_at,
        lead(open_seconds_before) over (partition by calendar_id order by from_at)
            as next_open_seconds_before
    from {{ ref('dim_business_calendar') }}
)

select * from pieces
where
    next_open_seconds_before - open_seconds_before
    > {{ seconds_between('from_at', 'next_from_at') }}
