{#
    Rows (…, number of rows) cut into chunks of at most `size`, in their order: what bounds the
    memory of a build. Left out it is the var `chunk_rows`, and a third of it in a run of a few load
    dates, which has as much less memory. A single row that is larger is a chunk of its own. Rows
    that are equal in the column number `together` are never cut apart, those that differ in the
    column number `apart` always are. `most` bounds the number of rows of a chunk, too.
#}
{% macro chunks(rows, together=none, most=none, apart=none, size=none) -%}
    {%- if size is none -%}
        {%- set size = var('chunk_rows') // (3 if env_var('DBT_FEW_DAYS', '') else 1) -%}
    {%- endif -%}
    {%- set cut = namespace(found=[], open=[], size=0) -%}
    {%- for row in rows -%}
        {%- set belongs = together is not none and cut.open and cut.open[-1][together] == row[together] -%}
        {%- if cut.open and not belongs and (
            (apart is not none and cut.open[-1][apart] != row[apart]) or
            cut.size + (row[-1] or 0) > size or (most is not none and cut.open | length >= most)
        ) -%}
            {%- do cut.found.append(cut.open) -%}
            {%- set cut.open = [] -%}
            {%- set cut.size = 0 -%}
        {%- endif -%}
        {%- do cut.open.append(row) -%}
        {%- set cut.size = cut.size + (row[-1] or 0) -%}
    {%- endfor -%}
    {%- if cut.open -%} {%- do cut.found.append(cut.open) -%} {%- endif -%}
    {{ return(cut.found) }}
{%- endmacro %}
