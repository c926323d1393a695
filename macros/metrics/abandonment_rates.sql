{# The rates of a queue, from its counts: the daily mart and its summary use the same formulas. #}
{% macro abandonment_rates() -%}
    {{ share_pct('net_abandoned_count', 'net_offered_count') }} as abandon_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'low') }} as abandon_low_pct,
    {{ wilson_pct('net_abandoned_count', 'net_offered_count', 'high') }} as abandon_high_pct,
    {{ share_pct('abandoned_count', 'offered_count') }} as abandon_raw_pct,
    {{ share_pct('ivr_abandoned_count', 'ivr_entered_count') }} as ivr_abandon_pct,
    {{ wilson_pct('ivr_abandoned_count', 'ivr_entered_count', 'low') }} as ivr_abandon_low_pct,
    {{ wilson_pct('ivr_abandoned_count', 'ivr_entered_count', 'high') }} as ivr_abandon_high_pct,
    {{ share_pct('answered_within_target_count', 'service_level_base_count') }}
        as service_level_pct,
    {{ wilson_pct('answered_within_target_count', 'service_level_base_count', 'low') }}
        as service_level_low_pct,
    {{ wilson_pct('answered_within_target_count', 'service_level_base_count', 'high') }}
        as service_level_high_pct,
    {{ share_pct(
        '(answered_within_target_count + abandoned_within_target_count)',
        'service_level_offered_count'
    ) }} as service_level_icmi_1_pct,
    {{ share_pct('answered_within_target_count', 'answered_wait_count') }}
        as service_level_icmi_2_pct,
    {{ share_pct('answered_within_target_count', 'service_level_offered_count') }}
        as service_level_icmi_3_pct,
    {{ share_pct(
        'answered_within_target_count',
        '(answered_wait_count + abandoned_after_target_count)'
    ) }} as service_level_icmi_4_pct,
    {{ share_pct(
        '(answered_within_target_count + service_level_offered_count - service_level_base_count)',
        'service_level_offered_count'
    ) }} as service_level_icmi_5_pct,
    {{ share_pct('answered_within_300s_count', 'service_level_base_count') }}
        as answered_within_300s_pct,
    answered_wait_seconds_sum / nullif(answered_wait_count, 0) as speed_of_answer_seconds_avg
{%- endmacro %}
