-- Easy is 5-7 of 7, 4-5 of 5 when one agrees that it was easy, and 1-2 of 5 in version 1.0, where
-- low is good.
with expected as (
    select
        easy.scale_id,
        easy.positive_min,
        easy.positive_max,
        easy.direction
    from (
        values
        ('ces_2', 5, 7, 'higher_is_better'),
        ('ces_agree_5', 4, 5, 'higher_is_better'),
        ('ces_1', 1, 2, 'lower_is_better')
    ) as easy (scale_id, positive_min, positive_max, direction)
)

select expected.*
from expected
left join {{ ref('rating_scales') }} as scales on expected.scale_id = scales.scale_id
where
    scales.positive_min is distinct from expected.positive_min
    or scales.positive_max is distinct from expected.positive_max
    or scales.direction is distinct from expected.direction
