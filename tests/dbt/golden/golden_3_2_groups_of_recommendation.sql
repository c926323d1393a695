-- 9 and 10 promote, 0 to 6 detract, and no other scale serves the net promoter score.
select *
from {{ ref('rating_scales') }}
where
    survey_type = 'nps'
    and (
        scale_id <> 'nps_11'
        or score_min <> 0 or score_max <> 10
        or positive_min <> 9 or positive_max <> 10
        or negative_min <> 0 or negative_max <> 6
        or unrated_score is not null
    )
