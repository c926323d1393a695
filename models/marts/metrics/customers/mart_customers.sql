-- One row per customer who is no test account.
with customers as (
    select
        *,
        {{ reporting_date('signed_up_at') }} as signed_up_date,
        {{ reporting_date('churned_at') }} as delivered_churned_date
    from {{ ref('dim_customers') }}
    where not is_test
),

as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

health as (
    select * from {{ ref('mart_customer_health') }}
),

churn as (
    select * from {{ ref('mart_churn') }}
    where period = 'all' and group_kind = 'plan_tier'
),

contacts_by_channel as (
    select
        customer_id,
        channel,
        sum(contact_count) as contacts_count,
        sum(handled_count) as handled_count,
        sum(abandoned_count) as abandoned_count,
        sum(fcr_no_repeat_base_count) as fcr_no_repeat_base_count,
        sum(fcr_no_repeat_count) as fcr_no_repeat_count,
        min(contact_date) as first_contact_date,
        max(contact_date) as last_contact_date
    from {{ ref('int_customer_days') }}
    where customer_id is not null
    group by customer_id, channel
),

-- Used most; of two that were used as often, the first by name.
channel_ranks as (
    select
        customer_id,
        channel,
        row_number() over (
            partition by customer_id order by contacts_count desc, channel asc
        ) as channel_rank
    from contacts_by_channel
),

contacts as (
    select
        customer_id,
        cast(sum(contacts_count) as bigint) as contacts_count,
        cast(sum(handled_count) as bigint) as handled_count,
        cast(sum(abandoned_count) as bigint) as abandoned_count,
        cast(sum(fcr_no_repeat_base_count) as bigint) as fcr_no_repeat_base_count,
        cast(sum(fcr_no_repeat_count) as bigint) as fcr_no_repeat_count,
        min(first_contact_date) as first_contact_date,
        max(last_contact_date) as last_contact_date
    from contacts_by_channel
    group by customer_id
),

answers as (
    select
        responses.customer_id,
        count(*) as responses_count,
        count(case when responses.survey_type = 'csat' and responses.is_headline then 1 end)
            as csat_responses_count,
        count(
            case
                when
                    responses.survey_type = 'csat'
                    and responses.is_headline
                    and responses.is_positive
                    then 1
            end
        ) as satisfied_count,
        count(case when responses.survey_type = 'ces' and responses.is_headline then 1 end)
            as ces_responses_count,
        count(
            case
                when
                    responses.survey_type = 'ces'
                    and responses.is_headline
                    and responses.is_positive
                    then 1
            end
        ) as easy_count,
        count(
            case
                when
                    responses.is_negative
                    and responses.response_date
                    > {{ add_days('as_of.as_of_date', '-' ~ var('new_customer_days')) }}
                    then 1
            end
        ) as recent_negative_count,
        max(responses.response_date) as last_response_date
    from {{ ref('fct_survey_responses') }} as responses
    cross join as_of
    where responses.is_counted and responses.customer_id is not null
    group by responses.customer_id
),

payments as (
    select
        customer_id,
        count(*) as payments_count,
        count(distinct currency) as currencies_count,
        min(currency) as currency,
        -- Exact in decimals: a sum of doubles depends on the order of its rows.
        cast(sum(cast(amount as decimal(18, 4))) as double) as amount_sum,
        min(paid_date) as first_paid_date,
        max(paid_date) as last_paid_date
    from {{ ref('fct_payments') }}
    where customer_id is not null and amount is not null
    group by customer_id
),

joined as (
    select
        customers.customer_id,
        customers.country_code,
        customers.industry,
        customers.plan_tier,
        customers.segment,
        customers.is_vulnerable,
        customers.is_inferred,
        customers.signed_up_date,
        case
            when customers.delivered_churned_date <= as_of.as_of_date
                then customers.delivered_churned_date
        end as churned_date,
        as_of.as_of_date,
        customers.preferred_channel,
        channel_ranks.channel as most_used_channel,
        coalesce(contacts.contacts_count, 0) as contacts_count,
        coalesce(contacts.handled_count, 0) as handled_count,
        coalesce(contacts.abandoned_count, 0) as abandoned_count,
        coalesce(contacts.fcr_no_repeat_base_count, 0) as fcr_no_repeat_base_count,
        coalesce(contacts.fcr_no_repeat_count, 0) as fcr_no_repeat_count,
        contacts.first_contact_date,
        contacts.last_contact_date,
        coalesce(answers.responses_count, 0) as responses_count,
        coalesce(answers.csat_responses_count, 0) as csat_responses_count,
        coalesce(answers.satisfied_count, 0) as satisfied_count,
        coalesce(answers.ces_responses_count, 0) as ces_responses_count,
        coalesce(answers.easy_count, 0) as easy_count,
        coalesce(answers.recent_negative_count, 0) as recent_negative_count,
        answers.last_response_date,
        health.rag,
        health.score as health_score,
        health.coverage as health_coverage,
        health.top_negative_driver,
        coalesce(payments.payments_count, 0) as payments_count,
        payments.last_paid_date,
        case when payments.currencies_count = 1 then payments.currency end as currency,
        -- Money of two currencies is not added.
        case when payments.currencies_count = 1 then payments.amount_sum end as revenue,
        {{ months_touched(
            'payments.first_paid_date',
            'least(coalesce(customers.delivered_churned_date, as_of.as_of_date), as_of.as_of_date)'
        ) }} as paying_months,
        least(
            cast(churn.customers_count as double) / nullif(churn.churned_count, 0),
            {{ var('clv_horizon_months') }}
        ) as churn_months,
        churn.customers_count as churn_base_count
    from customers
    cross join as_of
    left join contacts on customers.customer_id = contacts.customer_id
    left join channel_ranks
        on
            customers.customer_id = channel_ranks.customer_id
            and channel_ranks.channel_rank = 1
    left join answers on customers.customer_id = answers.customer_id
    left join health on customers.customer_id = health.customer_id
    left join payments on customers.customer_id = payments.customer_id
    left join churn on customers.plan_tier = churn.group_value
),

valued as (
    select
        *,
        churned_date is not null as is_churned,
        revenue / nullif(greatest(paying_months, 1), 0) as monthly_revenue,
        case
            when churned_date is not null then 0
            -- Nobody left so far: the horizon is all that is known.
            when churn_base_count > 0 then coalesce(churn_months, {{ var('clv_horizon_months') }})
        end as expected_months
    from joined
)

select
    customer_id,
    country_code,
    industry,
    plan_tier,
    segment,
    preferred_channel,
    most_used_channel,
    case
        when is_churned then 'churned'
        when signed_up_date > {{ add_days('as_of_date', '-' ~ var('new_customer_days')) }}
            then 'new'
        when rag = 'red' then 'at_risk'
        when
            greatest(
                coalesce(last_contact_date, date '0001-01-01'),
                coalesce(last_response_date, date '0001-01-01'),
                coalesce(last_paid_date, date '0001-01-01')
            ) > {{ add_days('as_of_date', '-' ~ var('dormant_after_days')) }}
            then 'active'
        else 'dormant'
    end as lifecycle_stage,
    contacts_count,
    handled_count,
    abandoned_count,
    fcr_no_repeat_base_count,
    fcr_no_repeat_count,
    {{ share_pct('fcr_no_repeat_count', 'fcr_no_repeat_base_count') }} as fcr_no_repeat_pct,
    responses_count,
    csat_responses_count,
    satisfied_count,
    {{ share_pct('satisfied_count', 'csat_responses_count') }} as csat_pct,
    {{ wilson_pct('satisfied_count', 'csat_responses_count', 'low') }} as csat_low_pct,
    {{ wilson_pct('satisfied_count', 'csat_responses_count', 'high') }} as csat_high_pct,
    ces_responses_count,
    easy_count,
    {{ share_pct('easy_count', 'ces_responses_count') }} as ces_easy_pct,
    recent_negative_count,
    rag,
    health_score,
    health_coverage,
    top_negative_driver,
    payments_count,
    currency,
    revenue,
    monthly_revenue,
    expected_months,
    case when is_churned then 0 * revenue else monthly_revenue * expected_months end
        as clv_projected,
    revenue + case when is_churned then 0 else monthly_revenue * expected_months end as clv,
    case
        when is_churned or recent_negative_count > 0 then null
        when rag = 'yellow' then 'upsell'
        when rag = 'green' then 'advocacy'
    end as opportunity,
    coalesce(
        not is_churned and recent_negative_count = 0 and rag in ('yellow', 'green'), false
    ) as opportunity_flag,
    is_churned,
    responses_count > 0 as is_respondent,
    is_vulnerable,
    is_inferred,
    signed_up_date,
    churned_date,
    first_contact_date,
    last_contact_date,
    last_response_date
from valued
