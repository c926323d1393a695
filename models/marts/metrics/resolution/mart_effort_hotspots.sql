-- One row per month and product area: the signals of effort, their index and the rank.
{%- set signals = [
    'resolution_hours', 'replies', 'transfers', 'repeats', 'difficult', 'dissatisfied',
] %}

with efforts as (
    select
        *,
        cast(date_trunc('month', contact_date) as date) as month_start_date
    from {{ ref('int_area_effort_days') }}
    where contact_date is not null and product_area <> 'unknown'
),

satisfaction as (
    select
        cast(date_trunc('month', response_date) as date) as month_start_date,
        product_area,
        responses_count,
        satisfied_count,
        dissatisfied_count
    from {{ ref('mart_csat') }}
    where
        is_headline
        and scale_id = '{{ var("hotspot_csat_scale") }}'
        and response_date is not null
        and product_area <> 'unknown'
),

effort_answers as (
    select
        cast(date_trunc('month', response_date) as date) as month_start_date,
        product_area,
        responses_count,
        easy_count,
        difficult_count
    from {{ ref('mart_ces') }}
    where
        is_headline
        and scale_id = '{{ var("hotspot_ces_scale") }}'
        and response_date is not null
        and product_area <> 'unknown'
),

next_issues as (
    select
        month_start_date,
        product_area,
        sum(nia_base_count) as nia_base_count,
        sum(next_issue_avoided_count) as avoided_count
    from {{ ref('mart_next_issue_avoidance') }}
    group by month_start_date, product_area
),

-- Every row counts in its own area, and in the company as a whole ('all') that areas are
-- measured by.
scopes as (
    select false as is_company
    union all
    select true as is_company
),

summed as (
    select
        efforts.month_start_date,
        case when scopes.is_company then 'all' else efforts.product_area end as scope,
        sum(efforts.contact_count) as contact_count,
        sum(efforts.ticket_count) as ticket_count,
        sum(efforts.replied_base_count) as replied_base_count,
        sum(efforts.reply_count) as reply_count,
        sum(efforts.transfer_base_count) as transfer_base_count,
        sum(efforts.transfer_count) as transfer_count,
        sum(efforts.repeat_base_count) as repeat_base_count,
        sum(efforts.repeat_count) as repeat_count,
        sum(efforts.self_servable_base_count) as self_servable_base_count,
        sum(efforts.self_servable_count) as self_servable_count
    from efforts
    cross join scopes
    group by efforts.month_start_date, scope
),

satisfied as (
    select
        satisfaction.month_start_date,
        case when scopes.is_company then 'all' else satisfaction.product_area end as scope,
        sum(satisfaction.responses_count) as responses_count,
        sum(satisfaction.satisfied_count) as satisfied_count,
        sum(satisfaction.dissatisfied_count) as dissatisfied_count
    from satisfaction
    cross join scopes
    group by satisfaction.month_start_date, scope
),

eased as (
    select
        effort_answers.month_start_date,
        case when scopes.is_company then 'all' else effort_answers.product_area end as scope,
        sum(effort_answers.responses_count) as responses_count,
        sum(effort_answers.easy_count) as easy_count,
        sum(effort_answers.difficult_count) as difficult_count
    from effort_answers
    cross join scopes
    group by effort_answers.month_start_date, scope
),

hours as (
    select
        efforts.month_start_date,
        case when scopes.is_company then 'all' else efforts.product_area end as scope,
        efforts.resolution_hours,
        sum(efforts.ticket_count) as hours_count
    from efforts
    cross join scopes
    where efforts.resolution_hours >= 0
    group by efforts.month_start_date, scope, efforts.resolution_hours
),

running as (
    select
        *,
        sum(hours_count) over (
            partition by month_start_date, scope order by resolution_hours
        ) as hours_so_far,
        sum(hours_count) over (partition by month_start_date, scope) as hours_in_all
    from hours
),

medians as (
    select
        month_start_date,
        scope,
        max(hours_in_all) as resolved_tickets_count,
        -- A ticket of less than an hour still took something: the middle of its hour.
        min(resolution_hours) + 0.5 as resolution_hours_p50
    from running
    where 2 * hours_so_far >= hours_in_all
    group by month_start_date, scope
),

measured as (
    select
        summed.*,
        coalesce(satisfied.responses_count, 0) as csat_base_count,
        coalesce(satisfied.satisfied_count, 0) as satisfied_count,
        coalesce(satisfied.dissatisfied_count, 0) as dissatisfied_count,
        coalesce(eased.responses_count, 0) as ces_base_count,
        coalesce(eased.easy_count, 0) as easy_count,
        coalesce(eased.difficult_count, 0) as difficult_count,
        coalesce(medians.resolved_tickets_count, 0) as resolved_tickets_count,
        cast(medians.resolution_hours_p50 as double) as resolution_hours,
        cast(summed.reply_count as double) / nullif(summed.replied_base_count, 0) as replies,
        {{ share_pct('summed.transfer_count', 'summed.transfer_base_count') }} as transfers,
        {{ share_pct('summed.repeat_count', 'summed.repeat_base_count') }} as repeats,
        {{ share_pct('eased.difficult_count', 'eased.responses_count') }} as difficult,
        {{ share_pct('satisfied.dissatisfied_count', 'satisfied.responses_count') }}
            as dissatisfied
    from summed
    left join satisfied
        on
            summed.month_start_date = satisfied.month_start_date
            and summed.scope = satisfied.scope
    left join eased
        on summed.month_start_date = eased.month_start_date and summed.scope = eased.scope
    left join medians
        on summed.month_start_date = medians.month_start_date and summed.scope = medians.scope
),

weights as (
    select
        {%- for signal in signals %}
        coalesce(max(case when signal = '{{ signal }}' then weight end), 0) as {{ signal }}_weight,
        coalesce(max(case when signal = '{{ signal }}' then ratio_limit end), 1)
            as {{ signal }}_limit,
        {%- endfor %}
        count(*) as signals_count
    from {{ ref('effort_weights') }}
    where weights_version = '{{ var("effort_weights_version") }}'
),

-- Each signal as a multiple of the company's; one that is missing is left out of the mean.
compared as (
    select
        areas.*,
        {%- for signal in signals %}
        areas.{{ signal }} / nullif(company.{{ signal }}, 0) as {{ signal }}_ratio,
        {%- endfor %}
        company.contact_count as company_contact_count
    from measured as areas
    inner join measured as company
        on areas.month_start_date = company.month_start_date and company.scope = 'all'
    where areas.scope <> 'all'
),

weighted as (
    select
        compared.*,
        {%- for signal in signals %}
        case
            when compared.{{ signal }}_ratio is not null then weights.{{ signal }}_weight else 0
        end as {{ signal }}_part,
        case
            when compared.{{ signal }}_ratio is null then 0
            else
                least(compared.{{ signal }}_ratio, weights.{{ signal }}_limit)
                * weights.{{ signal }}_weight
        end as {{ signal }}_points,
        {%- endfor %}
        weights.signals_count
    from compared
    cross join weights
),

indexed as (
    select
        *,
        resolution_hours_part + replies_part + transfers_part + repeats_part + difficult_part
        + dissatisfied_part as effort_coverage,
        resolution_hours_points + replies_points + transfers_points + repeats_points
        + difficult_points + dissatisfied_points as weighted_ratio
    from weighted
),

scored as (
    select
        *,
        scope as product_area,
        100 * weighted_ratio / nullif(effort_coverage, 0) as effort_index,
        contact_count * weighted_ratio / nullif(effort_coverage, 0) as effort_load
    from indexed
)

select
    scored.month_start_date,
    scored.product_area,
    coalesce(areas.owner_team, 'unknown') as owner_team,
    cast(scored.contact_count as bigint) as contacts_count,
    cast(scored.ticket_count as bigint) as tickets_count,
    cast(scored.resolved_tickets_count as bigint) as resolved_tickets_count,
    scored.resolution_hours as resolution_hours_p50,
    cast(scored.replied_base_count as bigint) as replied_base_count,
    cast(scored.reply_count as bigint) as replies_count,
    scored.replies as replies_per_ticket_avg,
    cast(scored.transfer_base_count as bigint) as transfer_base_count,
    cast(scored.transfer_count as bigint) as transfers_count,
    scored.transfers as transfers_per_100_contacts,
    cast(scored.repeat_base_count as bigint) as repeat_base_count,
    cast(scored.repeat_count as bigint) as repeats_count,
    scored.repeats as repeats_pct,
    cast(scored.ces_base_count as bigint) as ces_responses_count,
    cast(scored.easy_count as bigint) as easy_count,
    cast(scored.difficult_count as bigint) as difficult_count,
    {{ share_pct('scored.easy_count', 'scored.ces_base_count') }} as ces_easy_pct,
    scored.difficult as ces_difficult_pct,
    cast(scored.csat_base_count as bigint) as csat_responses_count,
    cast(scored.satisfied_count as bigint) as satisfied_count,
    cast(scored.dissatisfied_count as bigint) as dissatisfied_count,
    {{ share_pct('scored.satisfied_count', 'scored.csat_base_count') }} as csat_pct,
    scored.dissatisfied as dissatisfied_pct,
    cast(scored.self_servable_base_count as bigint) as self_servable_base_count,
    cast(scored.self_servable_count as bigint) as self_servable_count,
    {{ share_pct('scored.self_servable_count', 'scored.self_servable_base_count') }}
        as self_servable_pct,
    cast(coalesce(next_issues.nia_base_count, 0) as bigint) as nia_base_count,
    cast(coalesce(next_issues.avoided_count, 0) as bigint) as next_issue_avoided_count,
    {{ share_pct('next_issues.avoided_count', 'next_issues.nia_base_count') }}
        as next_issue_avoidance_pct,
    scored.effort_coverage,
    scored.effort_index,
    scored.effort_load,
    case
        when scored.effort_index is not null
            then
                row_number() over (
                    partition by scored.month_start_date
                    order by scored.effort_load desc nulls last, scored.product_area asc
                )
    end as effort_rank,
    {{ is_reportable('scored.contact_count') }} as is_reportable
from scored
left join next_issues
    on
        scored.month_start_date = next_issues.month_start_date
        and scored.product_area = next_issues.product_area
left join {{ ref('product_areas') }} as areas on scored.product_area = areas.product_area
