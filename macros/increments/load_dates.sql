{#
    Whether a load date of an entity lies between the first and the last that a `by_day` model stages
    just now: the ledger of all history is then looked at there alone. Outside of such a model that
    is every date.
#}
{% macro in_run_load_dates(entity, column) -%}
    {%- set chosen = "cast(getvariable('cx_load_dates_" ~ entity ~ "') as date[])" -%}
    {{ column }} between coalesce({{ chosen }}[1], date '0001-01-01')
        and coalesce({{ chosen }}[2], date '9999-12-31')
{%- endmacro %}

{# Set the load dates that `in_run_load_dates` is true of: `partitions` holds (source, table, load date). #}
{% macro choose_load_dates(entities, partitions) -%}
    {%- set settings = [] -%}
    {%- for entity in entities -%}
        {%- set dates = [] -%}
        {%- for source, table, load_date in partitions if (source, table) in entity_tables(entity) -%}
            {%- do dates.append(load_date) -%}
        {%- endfor -%}
        {#- None are between the last and the first. -#}
        {%- set first, last = (dates | min, dates | max) if dates else ('9999-12-31', '0001-01-01') -%}
        {%- do settings.append(
            "set variable cx_load_dates_" ~ entity ~ " = [date '" ~ first ~ "', date '" ~ last ~ "']"
        ) -%}
    {%- endfor -%}
    {%- do do_all(settings) -%}
{%- endmacro %}

{# `in_run_load_dates` is true of every date again. #}
{% macro forget_load_dates(entities) -%}
    {%- set settings = [] -%}
    {%- for entity in entities -%} {%- do settings.append("reset variable cx_load_dates_" ~ entity) -%} {%- endfor -%}
    {%- do do_all(settings) -%}
{%- endmacro %}
