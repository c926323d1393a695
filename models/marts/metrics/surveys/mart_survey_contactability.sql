-- One row per customer who was invited in the 90 days up to the day the warehouse speaks from.
with as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

-- Days count whole here: a list for the next days needs no hours.
invitations as (
    select
        invitations.customer_id,
        invitations.sent_date,
        invitations.is_responded,
        {{ days_between('invitations.sent_date', 'as_of.as_of_date') }} as days_ago,
        row_number() over (
            partition by invitations.customer_id
            order by invitations.sent_at desc, invitations.invitation_id desc
        ) as recency
    from {{ ref('fct_survey_invitations') }} as invitations
    cross join as_of
    where
        invitations.is_delivered
        and not invitations.is_test
        and invitations.customer_id is not null
        and invitations.sent_date <= as_of.as_of_date
        and invitations.sent_date > {{ add_days('as_of.as_of_date', -90) }}
),

counted as (
    select
        customer_id,
        count(case when days_ago < 7 then 1 end) as invites_7d_count,
        count(*) as invites_90d_count,
        count(case when is_responded then 1 end) as responses_90d_count,
        max(sent_date) as last_invited_date,
        -- One more is too many while so many lie in the window, the newest first.
        max(
            case
                when recency = {{ var('survey_most_invites_7d') }}
                    then cast({{ add_days('sent_date', 7) }} as date)
            end
        ) as until_7d_date,
        max(
            case
                when recency = {{ var('survey_most_invites_90d') }}
                    then cast({{ add_days('sent_date', 90) }} as date)
            end
        ) as until_90d_date
    from invitations
    group by customer_id
),

dated as (
    select
        counted.*,
        as_of.as_of_date,
        greatest(
            coalesce(counted.until_7d_date, counted.until_90d_date),
            coalesce(counted.until_90d_date, counted.until_7d_date)
        ) as until_date
    from counted
    cross join as_of
)

select
    customer_id,
    invites_7d_count,
    invites_90d_count,
    responses_90d_count,
    {{ share_pct('responses_90d_count', 'invites_90d_count') }} as response_rate_90d_pct,
    invites_7d_count > {{ var('survey_most_invites_7d') }}
    or invites_90d_count > {{ var('survey_most_invites_90d') }} as is_over_surveyed,
    coalesce(until_date > as_of_date, false) as is_do_not_survey,
    case when until_date > as_of_date then until_date end as do_not_survey_until_date,
    last_invited_date,
    as_of_date
from dated
