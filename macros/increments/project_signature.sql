{#
    What the project was when a table was built: models, macros, seeds, vars (orchestration sets it).
    Without one every build is a full one, because nobody can say whether the SQL has changed.
#}
{% macro project_signature() -%} {{ return(env_var('DBT_PROJECT_SIGNATURE', '')) }} {%- endmacro %}

{#
    What is known of the table of this model: whether it has to be built from nothing (is_new), the
    batch of changed_days that it has followed, the newest there is, and whether its home was moved.
#}
{% macro table_state(relation, existing) -%}
    {%- set signature, followed, root, newest, dropped = rows_of(
        "select any_value(signature), coalesce(any_value(batch), 0), any_value(root), "
        ~ "(select coalesce(max(batch), 0) from " ~ state('changed_days') ~ "), "
        ~ "(select coalesce(max(batch), 0) from " ~ state('changed_days') ~ " where kind = '*') "
        ~ "from " ~ state('day_state') ~ " where table_schema = " ~ quote_text(relation.schema)
        ~ " and table_name = " ~ quote_text(relation.identifier)
    )[0] -%}
    {{ return({
        'is_new': existing is none or not signature or signature != project_signature()
            or should_full_refresh(),
        'followed': followed, 'newest': newest, 'is_dropped': dropped > followed,
        'is_moved': root != days_root()
    }) }}
{%- endmacro %}

{# Note that the table of this model follows changed_days up to `batch` (an SQL expression). #}
{% macro set_day_state(relation, batch) -%}
    {%- do do_all([
        "delete from " ~ state('day_state') ~ " where table_schema = " ~ quote_text(relation.schema)
        ~ " and table_name = " ~ quote_text(relation.identifier),
        "insert into " ~ state('day_state') ~ " select " ~ quote_text(relation.schema) ~ ", "
        ~ quote_text(relation.identifier) ~ ", " ~ quote_text(project_signature()) ~ ", " ~ batch
        ~ ", " ~ quote_text(days_root())
    ]) -%}
{%- endmacro %}

{# The number of the batch that is being written to changed_days. #}
{% macro next_batch() -%}
    {{ return("(select coalesce(max(batch), 0) + 1 from " ~ state('changed_days') ~ ")") }}
{%- endmacro %}
