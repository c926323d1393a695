{#
    What the project was when a table was built: models, macros, seeds, vars (orchestration sets it).
    Without one every build is a full one, because nobody can say whether the SQL has changed.
#}
{% macro project_signature() -%} {{ return(env_var('DBT_PROJECT_SIGNATURE', '')) }} {%- endmacro %}

{# Whether the table of this model has to be built from nothing. #}
{% macro needs_rebuild(relation, existing) -%}
    {%- set known = rows_of(
        "select signature from " ~ state('day_state')
        ~ " where table_schema = " ~ quote_text(relation.schema)
        ~ " and table_name = " ~ quote_text(relation.identifier)
    ) -%}
    {{ return(
        existing is none or not known or not known[0][0]
        or known[0][0] != project_signature() or should_full_refresh()
    ) }}
{%- endmacro %}

{# Note that the table of this model follows changed_days up to `batch` (an SQL expression). #}
{% macro set_day_state(relation, batch) -%}
    {%- do do_all([
        "delete from " ~ state('day_state') ~ " where table_schema = " ~ quote_text(relation.schema)
        ~ " and table_name = " ~ quote_text(relation.identifier),
        "insert into " ~ state('day_state') ~ " select " ~ quote_text(relation.schema) ~ ", "
        ~ quote_text(relation.identifier) ~ ", " ~ quote_text(project_signature()) ~ ", " ~ batch
    ]) -%}
{%- endmacro %}

{# The number of the batch that is being written to changed_days. #}
{% macro next_batch() -%}
    {{ return("(select coalesce(max(batch), 0) + 1 from " ~ state('changed_days') ~ ")") }}
{%- endmacro %}
