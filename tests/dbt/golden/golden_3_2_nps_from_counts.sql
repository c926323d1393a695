-- p .5, d 1/6 -> 33.33 points; p .60, d .15, n 400 -> 45.0 points.
with scores as (
    select
        {{ share_pct('(60 - 20)', '120') }} as nps,
        33.33 as golden
    union all
    select
        {{ share_pct('(240 - 60)', '400') }} as nps,
        45.0 as golden
)

select * from scores
where round(nps, 2) <> golden
