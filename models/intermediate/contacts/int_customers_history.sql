-- One row per customer and time from which its attributes held, the first from the beginning.
{{ config(materialized='compared', touches='customers') }}

with versions as (
    select
        *,
        coalesce(updated_at, cast(_load_date as timestamp)) as changed_at
    from {{ ref('int_customers_versioned') }}
    where _disposition <> 'quarantined'
),

-- Of several versions of one time the one counts that the verdict ranks first.
latest_of_time as (
    select
        *,
        row_number() over (
            partition by customer_id, changed_at
            order by
                _version desc nulls last,
                _load_date desc,
                _source desc,
                _source_table desc,
                _source_file desc,
                _row_number desc
        ) as place
    from versions
),

-- A test account is one for all its time, once somebody said so.
described as (
    select
        latest_of_time.customer_id,
        latest_of_time.country_code,
        latest_of_time.industry,
        latest_of_time.plan_tier,
        latest_of_time.segment,
        latest_of_time.preferred_channel,
        latest_of_time.is_vulnerable,
        coalesce(latest.is_test, false) as is_test,
        latest_of_time.changed_at,
        concat_ws(
            '|',
            coalesce(latest_of_time.country_code, '\0'),
            coalesce(latest_of_time.industry, '\0'),
            coalesce(latest_of_time.plan_tier, '\0'),
            coalesce(latest_of_time.segment, '\0'),
            coalesce(latest_of_time.preferred_channel, '\0'),
            case
                when latest_of_time.is_vulnerable then 'yes'
                when not latest_of_time.is_vulnerable then 'no'
                else '\0'
            end
        ) as _signature
    from latest_of_time
    inner join {{ ref('int_customers_versioned') }} as latest
        on
            latest_of_time.customer_id = latest.customer_id
            and latest._disposition = 'accepted'
    where latest_of_time.place = 1
),

compared as (
    select
        customer_id,
        country_code,
        industry,
        plan_tier,
        segment,
        preferred_channel,
        is_vulnerable,
        is_test,
        changed_at,
        lag(_signature) over (partition by customer_id order by changed_at) as previous_signature,
        _signature,
        min(changed_at) over (partition by customer_id) as first_changed_at
    from described
),

-- A version that changes nothing begins nothing.
changes as (
    select
        customer_id,
        country_code,
        industry,
        plan_tier,
        segment,
        preferred_channel,
        is_vulnerable,
        is_test,
        case
            when changed_at = first_changed_at then timestamp '0001-01-01 00:00:00' else changed_at
        end as valid_from
    from compared
    where changed_at = first_changed_at or previous_signature is distinct from _signature
)

select
    customer_id,
    country_code,
    industry,
    plan_tier,
    segment,
    preferred_channel,
    is_vulnerable,
    is_test,
    valid_from
from changes
