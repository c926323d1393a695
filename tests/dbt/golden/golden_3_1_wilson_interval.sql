-- 74/107 -> 59.87-77.12 %; 9/10 -> 59.58-98.21 %; 10/10 -> 72.25-100 %.
-- Nothing asked: no interval.
with bounds as (
    select
        '74/107' as example,
        {{ wilson_pct('74', '107', 'low') }} as low,
        {{ wilson_pct('74', '107', 'high') }} as high,
        59.87 as golden_low,
        77.12 as golden_high
    union all
    select
        '9/10' as example,
        {{ wilson_pct('9', '10', 'low') }} as low,
        {{ wilson_pct('9', '10', 'high') }} as high,
        59.58 as golden_low,
        98.21 as golden_high
    union all
    select
        '10/10' as example,
        {{ wilson_pct('10', '10', 'low') }} as low,
        {{ wilson_pct('10', '10', 'high') }} as high,
        72.25 as golden_low,
        100.0 as golden_high
)

select * from bounds
where
    round(low, 2) <> golden_low
    or round(high, 2) <> golden_high
    or {{ wilson_pct('0', '0', 'low') }} is not null
