{#
    The business clock. `dim_business_calendar` says for every calendar how many open seconds had
    passed before each of its pieces; the open seconds between two instants are the difference of
    two readings of that clock. One equality join per reading, however long the interval is.

    on_calendar(pieces, calendar_id, instant)  the join condition that finds the one piece
    open_seconds_at(pieces, instant)           the reading
#}
{% macro on_calendar(pieces, calendar_id, instant) -%}
    {{ pieces }}.calendar_id = {{ calendar_id }}
            and {{ pieces }}.clock_date = cast({{ instant }} as date)
            and {{ pieces }}.from_at <= {{ instant }}
            and {{ pieces }}.to_at > {{ instant }}
{%- endmacro %}

{% macro open_seconds_at(pieces, instant) -%}
    ({{ pieces }}.open_seconds_before + least(
            {{ seconds_between(pieces ~ '.from_at', instant) }}, {{ pieces }}.open_seconds
        ))
{%- endmacro %}

{# A sum of seconds over rows: in decimals, because a sum of doubles depends on their order. #}
{% macro seconds_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(18, 6))) as double)
{%- endmacro %}
