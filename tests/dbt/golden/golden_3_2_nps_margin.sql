-- p .5, d 1/6, n 100 -> 33.33 +- 14.61; p .60, d .15, n 400 -> 45.0 +- 7.25.
with margins as (
    select
        {{ nps_margin('50', '(100 / 6.0)', '100') }} as margin,
        14.61 as golden
    union all
    select
        {{ nps_margin('240', '60', '400') }} as margin,
        7.25 as golden
)

select * from margins
where round(margin, 2) <> golden
