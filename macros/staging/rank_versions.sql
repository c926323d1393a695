{#
    The verdict on every delivered row of `relation`: quarantined when it has a reason to be
    rejected, accepted when it is the latest valid version of its key, else superseded.
    Ties of the version go to the later delivery, then to the later row: time alone decides nothing.
#}
{% macro rank_versions(relation, key) -%}
select
    *,
    case
        when _reject_reason is not null then 'quarantined'
        when
            row_number() over (
                partition by {{ key }}, _reject_reason is null
                order by
                    _version desc nulls last,
                    _load_date desc,
                    _source desc,
                    _source_table desc,
                    _source_file desc,
                    _row_number desc
            ) = 1
            then 'accepted'
        else 'superseded'
    end as _disposition
from {{ relation }}
{%- endmacro %}
