{# Whole numbers that the rows of mart_response_times add up by. #}
{% macro response_times_counts() -%}
    {{ return([
        'contacts_count', 'bot_only_count', 'merged_count', 'open_count', 'replied_count',
        'unreplied_count', 'replied_within_1h_count', 'replied_within_24h_count',
        'replied_business_count', 'acknowledged_count', 'acknowledged_within_1h_count',
        'acknowledged_within_4h_count', 'first_resolved_count', 'resolved_count',
        'resolved_again_count', 'resolved_business_count', 'waits_count', 'replies_counted_count',
        'replies_sum', 'zero_touch_count', 'one_touch_count', 'two_touch_count',
        'multi_touch_count', 'ticket_updates_counted_count', 'ticket_updates_sum',
        'handoffs_counted_count', 'handoffs_sum', 'handed_off_count', 'transfers_counted_count',
        'transfers_sum', 'transferred_count', 'reassignments_counted_count', 'reassignments_sum',
        'reassigned_count', 'reopens_counted_count', 'reopens_sum', 'reopened_count',
        'reopened_still_open_count', 'holds_counted_count', 'held_count',
    ]) }}
{%- endmacro %}

{# Seconds that they add up by. #}
{% macro response_times_amounts() -%}
    {{ return([
        'first_response_seconds_sum', 'first_response_business_seconds_sum', 'ack_seconds_sum',
        'first_resolution_seconds_sum', 'full_resolution_seconds_sum', 'resolution_gap_seconds_sum',
        'first_resolution_business_seconds_sum', 'full_resolution_business_seconds_sum',
        'requester_wait_seconds_sum', 'requester_wait_business_seconds_sum',
        'agent_work_seconds_sum', 'agent_work_business_seconds_sum', 'agent_wait_seconds_sum',
        'agent_wait_business_seconds_sum', 'on_hold_seconds_sum', 'on_hold_business_seconds_sum',
        'hold_seconds_sum',
    ]) }}
{%- endmacro %}

{# The columns of mart_response_times and its summary after the attributes: components, then rates. #}
{% macro response_times_columns() -%}
    {%- for name in response_times_counts() + response_times_amounts() %}
    {{ name }},
    {%- endfor %}
    {%- for rate, part, whole in (
        ('first_response_seconds_avg', 'first_response_seconds_sum', 'replied_count'),
        ('first_response_business_seconds_avg', 'first_response_business_seconds_sum', 'replied_business_count'),
        ('ack_seconds_avg', 'ack_seconds_sum', 'acknowledged_count'),
        ('first_resolution_seconds_avg', 'first_resolution_seconds_sum', 'first_resolved_count'),
        ('full_resolution_seconds_avg', 'full_resolution_seconds_sum', 'resolved_count'),
        ('full_resolution_business_seconds_avg', 'full_resolution_business_seconds_sum', 'resolved_business_count'),
        ('resolution_gap_seconds_avg', 'resolution_gap_seconds_sum', 'resolved_count'),
        ('requester_wait_seconds_avg', 'requester_wait_seconds_sum', 'waits_count'),
        ('requester_wait_business_seconds_avg', 'requester_wait_business_seconds_sum', 'waits_count'),
        ('agent_work_seconds_avg', 'agent_work_seconds_sum', 'waits_count'),
        ('agent_work_business_seconds_avg', 'agent_work_business_seconds_sum', 'waits_count'),
        ('agent_wait_seconds_avg', 'agent_wait_seconds_sum', 'waits_count'),
        ('on_hold_seconds_avg', 'on_hold_seconds_sum', 'waits_count'),
        ('replies_per_ticket_avg', 'replies_sum', 'replies_counted_count'),
        ('ticket_updates_avg', 'ticket_updates_sum', 'ticket_updates_counted_count'),
        ('handoffs_per_contact_avg', 'handoffs_sum', 'handoffs_counted_count'),
    ) %}
    cast({{ part }} as double) / nullif({{ whole }}, 0) as {{ rate }},
    {%- endfor %}
    {%- for rate, part, whole in (
        ('replied_within_1h', 'replied_within_1h_count', 'replied_count'),
        ('replied_within_24h', 'replied_within_24h_count', 'replied_count'),
        ('acknowledged_within_1h', 'acknowledged_within_1h_count', 'acknowledged_count'),
        ('acknowledged_within_4h', 'acknowledged_within_4h_count', 'acknowledged_count'),
        ('reopened', 'reopened_count', 'reopens_counted_count'),
        ('transfers', 'transferred_count', 'transfers_counted_count'),
        ('held', 'held_count', 'holds_counted_count'),
    ) %}
    {{ share_pct(part, whole) }} as {{ rate }}_pct,
    {{ wilson_pct(part, whole, 'low') }} as {{ rate }}_low_pct,
    {{ wilson_pct(part, whole, 'high') }} as {{ rate }}_high_pct,
    {%- endfor %}
    {{ is_reportable('replied_count') }} as is_reportable
{%- endmacro %}
