-- 100 calls in 30 min of 180 s, T 20 s: A = 10; 80 % needs N = 14 (SL .88835, occupancy .714,
-- C .1741, ASA 7.84 s), N = 13 gives .7956; occupancy of at most .70 needs 15. C(10, 8) is .40918
-- with SL .6536 at an AHT of 240 s; a published .337 is wrong. 20 on the schedule are 14 at work.
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

-- Of the first load: as many at work as 20 and 18.57 scheduled, half an agent less, no more than
-- erlangs.
given as (
    select
        cast(14 as double) as agents,
        cast(0.88835 as double) as service_level
    union all
    select
        13 as agents,
        0.7956 as service_level
    union all
    select
        13.5 as agents,
        (0.88835 + 0.7956) / 2 as service_level
    union all
    select
        10 as agents,
        0 as service_level
),

loads_of_given as (
    select
        loads.erlangs,
        loads.handle_seconds,
        loads.target_seconds,
        cast(0 as double) as target_share,
        {{ erlang_c_occupancy_of('given.agents') }} as max_occupancy
    from loads
    cross join given
    where loads.erlangs = 10 and loads.max_occupancy = 1 and given.agents > loads.erlangs
),

all_loads as (
    select * from loads
    union
    select * from loads_of_given
),

erlang_steps as (
    {{ erlang_c_steps('all_loads') }}
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
        cast(7.84 as double) as speed_of_answer_seconds,
        cast(0.714 as double) as occupancy
    union all
    select
        10 as erlangs,
        0.70 as max_occupancy,
        15 as agents,
        0.94145 as service_level,
        0.1020 as wait_probability,
        3.67 as speed_of_answer_seconds,
        0.667 as occupancy
    union all
    select
        8 as erlangs,
        1 as max_occupancy,
        10 as agents,
        0.6536 as service_level,
        0.4092 as wait_probability,
        49.10 as speed_of_answer_seconds,
        0.8 as occupancy
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
    or abs(golden.erlangs / required.required_agents - golden.occupancy) > 0.0005
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

union all

select
    given.agents as erlangs,
    null as max_occupancy,
    null as agents,
    given.service_level,
    null as wait_probability,
    null as speed_of_answer_seconds,
    null as occupancy,
    null as required_agents,
    required.service_level as found_service_level
from given
left join required
    on
        required.erlangs = 10
        and required.target_share = 0
        and required.required_agents = floor(given.agents) + 1
where
    coalesce(
        abs(
            {{ erlang_c_service_level_at(
                'given.agents', '10', 'required.service_level_before', 'required.service_level'
            ) }}
            - given.service_level
        ) > 0.00005,
        true
    )
