-- One row per rated call or chat with a known handle time, of the days that drivers are judged on.
{{ config(schema='intermediate', contract={'enforced': false}) }}

with as_of as (
    select max(calendar_date) as as_of_date from {{ ref('dim_date') }}
),

answers as (
    select * from {{ ref('fct_survey_responses') }}
    where survey_type = 'csat' and is_counted and is_headline and contact_id is not null
),

contacts as (
    select contacts.*
    from {{ ref('fct_contacts') }} as contacts
    cross join as_of
    where
        contacts.contact_date <= as_of.as_of_date
        and contacts.contact_date
        > {{ add_days('as_of.as_of_date', '-' ~ var('driver_window_days')) }}
        and contacts.handle_seconds is not null
)

select
    answers.response_id,
    answers.scale_id,
    contacts.contact_type,
    contacts.industry,
    answers.score_pct,
    answers.is_positive,
    contacts.handle_seconds,
    case
        when contacts.is_fcr_no_repeat then 'at_once'
        when not contacts.is_fcr_no_repeat then 'not_at_once'
        else 'not_known'
    end as fcr_flag
from answers
inner join contacts on answers.contact_id = contacts.contact_id
