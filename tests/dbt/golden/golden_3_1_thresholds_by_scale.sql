-- Satisfied is: top 1 of 3; top 2 of 4, 5, 6 and 7; top 3 of 10.
with expected as (
    select
        thresholds.scale_id,
        thresholds.positive_min,
        thresholds.score_max
    from (
        values
        ('csat_3', 3, 3),
        ('csat_4', 3, 4),
        ('csat_5', 4, 5),
        ('csat_6', 5, 6),
        ('csat_7', 6, 7),
        ('csat_10', 8, 10)
    ) as thresholds (scale_id, positive_min, score_max)
)

select expected.*
from expected
left join {{ ref('rating_scales') }} as scales on expected.scale_id = scales.scale_id
where
    scales.positive_min is distinct from expected.positive_min
    or scales.positive_max is distinct from expected.score_max
    or scales.score_max is distinct from expected.score_max
