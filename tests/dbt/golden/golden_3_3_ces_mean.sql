-- 80/210/140/110/160/180/120 answers of 1 to 7 -> mean 4.08 and 46 % easy (5 to 7).
with answers as (
    select
        counts.score,
        counts.answers_count
    from (
        values (1, 80), (2, 210), (3, 140), (4, 110), (5, 160), (6, 180), (7, 120)
    ) as counts (score, answers_count)
),

scales as (
    select * from {{ ref('rating_scales') }}
    where scale_id = 'ces_2'
),

scored as (
    select
        1.0 * sum(answers.score * answers.answers_count) / sum(answers.answers_count) as mean_score,
        {{ share_pct(
            'sum(case when scales.scale_id is not null then answers.answers_count end)',
            'sum(answers.answers_count)'
        ) }} as easy_pct
    from answers
    left join scales on answers.score between scales.positive_min and scales.positive_max
)

select * from scored
where round(mean_score, 2) <> 4.08 or round(easy_pct, 2) <> 46.0
