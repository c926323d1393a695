-- Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80.
with counted as (
    select
        56 as first_count,
        70 as first_base,
        48 as second_count,
        80 as second_base
),

computed as (
    select
        {{ newcombe_pp('first_count', 'first_base', 'second_count', 'second_base', 'low') }}
            as low_pp,
        {{ newcombe_pp('first_count', 'first_base', 'second_count', 'second_base', 'high') }}
            as high_pp
    from counted
)

select *
from computed
where abs(low_pp - 5.24) > 0.005 or abs(high_pp - 33.39) > 0.005
