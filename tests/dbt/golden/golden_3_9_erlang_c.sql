-- 100 calls in 30 min of 180 s, T 20 s: A = 10; 80 % needs N = 14 (SL .88835, occupancy .714,
-- C .1741, ASA 7.84 s), N = 13 gives .7956; occupancy of at most .70 needs 15. C(10, 8) is .40918
-- with SL .6536 at an AHT of 240 s; a published .337 is wrong.
with recursive loads as (
    select
        cast(10 as double) as erlangs,
        cast(180 as double) as handle_seconds,
        cast(20 as double) as target_seconds,
        cast(0.80 as double) as target_share,
        cast(1 as double) as max_occupancy
    union all
    select
        10 as erlangs,
        180 as handle_seconds,
        20 as target_seconds,
        0.80 as target_share,
        0.70 as max_occupancy
    union all
    select
        8 as erlangs,
        240 as handle_seconds,
        20 as target_seconds,
        0.65 as target_share,
        1 as max_occupancy
),

erlang_steps as (
    {{ erlang_c_steps('loads') }}
),

required as (
    {{ erlang_c_required('erlang_steps') }}
),

golden as (
    select
        cast(10 as double) as erlangs,
        cast(1 as double) as max_occupancy,
        14 as agents,
        cast(0.88835 as double) as service_level,
        cast(0.1741 as double) as wait_probability,
        cast(7.84 as double) as speed_of_answer_seconds
    union all
    select
        10 as erlangs,
        0.70 as max_occupancy,
        15 as agents,
        0.94145 as service_level,
        0.1020 as wait_probability,
        3.67 as speed_of_answer_seconds
    union all
    select
        8 as erlangs,
        1 as max_occupancy,
        10 as agents,
        0.6536 as service_level,
        0.4092 as wait_probability,
        49.10 as speed_of_answer_seconds
)

select
    golden.*,
    required.required_agents,
    required.service_level as found_service_level
from golden
left join required
    on
        golden.erlangs = required.erlangs
        and golden.max_occupancy = required.max_occupancy
where
    required.required_agents is distinct from golden.agents
    or abs(required.service_level - golden.service_level) > 0.00005
    or abs(required.wait_probability - golden.wait_probability) > 0.00006
    or abs(required.speed_of_answer_seconds - golden.speed_of_answer_seconds) > 0.006
    -- The fraction lies between the last number that is not enough and the first that is.
    or required.required_agents_fractional <= required.required_agents - 1
    or required.required_agents_fractional > required.required_agents

union all

select
    golden.*,
    erlang_steps.agents as required_agents,
    erlang_steps.service_level as found_service_level
from golden
inner join erlang_steps on golden.erlangs = erlang_steps.erlangs
where
    erlang_steps.agents = 13
    and golden.max_occupancy = 1
    and abs(erlang_steps.service_level - 0.7956) > 0.00005
