-- One row per invitation to a survey, sent or held back.
{{ config(
    materialized='by_day', day='sent_date', reads=['invitation'], follows={'invitation': [0, 91]}
) }}

with accepted as (
    select
        *,
        suppressed_reason is null and not coalesce(is_bounced, false) as is_delivered
    from {{ ref('int_survey_invitations_versioned') }}
    where _disposition = 'accepted'
),

chosen as (
    select * from accepted
    where {{ in_run_days(none, '_day', kind='invitation') }}
),

-- A changed day is followed by the 91 days after it, so what is read before a day is up to date.
priors as (
    select
        chosen.invitation_id,
        count(*) as prior_invites_90d_count,
        count(
            case when earlier.sent_at > {{ add_days('chosen.sent_at', -7) }} then 1 end
        ) as prior_invites_7d_count
    from chosen
    inner join accepted as earlier
        on
            chosen.customer_id = earlier.customer_id
            and chosen.invitation_id <> earlier.invitation_id
            and {{ add_days('chosen.sent_at', -90) }} < earlier.sent_at
            and (
                chosen.sent_at > earlier.sent_at
                -- Of two at the same time one was the second.
                or (
                    chosen.sent_at = earlier.sent_at
                    and chosen.invitation_id > earlier.invitation_id
                )
            )
    where earlier.is_delivered
    group by chosen.invitation_id
),

customers as (
    select
        *,
        coalesce(
            lead(valid_from) over (partition by customer_id order by valid_from),
            timestamp '9999-12-31 00:00:00'
        ) as valid_to
    from {{ ref('int_customers_history') }}
),

joined as (
    select
        chosen.*,
        coalesce(customers.country_code, 'unknown') as country_code,
        coalesce(customers.segment, 'unknown') as segment,
        coalesce(customers.is_test, false) as is_test,
        case
            when chosen.customer_id is not null then coalesce(priors.prior_invites_7d_count, 0)
        end as prior_invites_7d_count,
        case
            when chosen.customer_id is not null then coalesce(priors.prior_invites_90d_count, 0)
        end as prior_invites_90d_count
    from chosen
    left join priors on chosen.invitation_id = priors.invitation_id
    left join customers
        on
            chosen.customer_id = customers.customer_id
            and coalesce(chosen.sent_at, timestamp '9999-01-01 00:00:00') >= customers.valid_from
            and coalesce(chosen.sent_at, timestamp '9999-01-01 00:00:00') < customers.valid_to
)

select
    invitation_id,
    survey_type,
    case
        when coalesce(is_relational, false) then 'relational'
        else 'transactional'
    end as survey_scope,
    customer_id,
    contact_type || ':' || contact_ref_id as contact_id,
    coalesce(collection_channel, 'unknown') as collection_channel,
    coalesce(touchpoint, 'unknown') as touchpoint,
    country_code,
    segment,
    suppressed_reason,
    questions_count,
    prior_invites_7d_count,
    prior_invites_90d_count,
    case when is_delivered then {{ seconds_between('sent_at', 'responded_at') }} end
        as response_seconds,
    is_delivered,
    coalesce(is_bounced, false) as is_bounced,
    case when is_delivered then responded_at is not null end as is_responded,
    case when is_delivered and responded_at is not null then is_completed end as is_completed,
    -- With this invitation the customer has more than he may get.
    case
        when is_delivered
            then
                prior_invites_7d_count >= {{ var('survey_most_invites_7d') }}
                or prior_invites_90d_count >= {{ var('survey_most_invites_90d') }}
    end as is_over_surveyed,
    is_test,
    _day as sent_date,
    sent_at,
    delivered_at,
    opened_at,
    responded_at,
    _source as source,
    _source_file,
    _row_number,
    _load_date,
    _run_id
from joined
