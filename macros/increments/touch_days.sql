{#
    Add to changed_days what the rows in `changed` (old and new ones that differ) change in turn:

    attempts       a contact that came, went or moved changes what the contacts around it know of
                   their repeats (repeat) and of the one before in their product area (area): of many
                   on a day those of the days around it, of few their own
    customers      attributes of customers, from `valid_from` on
    agents         teams of agents, from `valid_from` on
    horizons       how far a source has delivered decides which windows have elapsed, after the contact
                   (mature) and after its solution (reopen)
    as_of          scores and backlogs of the days that as_of passed over
    backlog        the backlog from the first day that it differs on
    ticket_horizons  the backlog of the days that a source now tells of, or no longer
    exclusions     scores of customers since they left, and all of test accounts
    answers        the contacts that answers about resolution (survey) and satisfaction (rated) are about
    health_inputs  the customer's scores from the day of the input until it is too old
#}
{% macro touch_days(touches, changed, batch) -%}
    {%- set into = "insert into " ~ state('changed_days') ~ " select distinct " ~ batch ~ ", " -%}
    {%- set margin = var('fcr_window_days') + 1 -%}
    {%- set seen = adapter.get_relation(this.database, 'intermediate', 'int_members_seen') -%}
    {%- set answers = adapter.get_relation(this.database, 'core', 'fct_survey_responses') -%}
    {%- set contacts = adapter.get_relation(this.database, 'core', 'fct_contacts') -%}
    {%- set horizons = adapter.get_relation(this.database, 'intermediate', 'int_source_horizons') -%}
    {%- set inputs = adapter.get_relation(this.database, 'intermediate', 'int_health_inputs') -%}
    {#- Days to come have no scores: `as_of` touches them when it passes over them. -#}
    {%- set as_of = adapter.get_relation(this.database, 'intermediate', 'int_as_of') -%}
    {%- set has_scores = "input_date + offset_days <= (select max(as_of_date) from " ~ as_of ~ ")" if as_of else "true" -%}
    {%- set existing_days -%}
        select distinct
            case entity when 'tickets' then 'ticket' when 'chats' then 'chat' when 'calls' then 'call' end as kind,
            day
        from {{ state('lake_counts') }}
        where _disposition = 'accepted' and entity in ('tickets', 'chats', 'calls')
    {%- endset -%}

    {%- if touches == 'attempts' -%}
        {%- set key = 'contact_id, contact_type, customer_id, reason, started_at, is_customer_contact, is_fcr_eligible, parent_contact_id, contact_date' -%}
        {#- Also a day that nobody is left on, and those without one, who have nobody around them. -#}
        {%- do do_sql(
            into ~ "contact_type, contact_date, 'repeat' from (select contact_type, contact_date from " ~ changed
            ~ " group by source, serving_agent_id, " ~ key ~ " having count(*) = 1)"
        ) -%}
        {#-
            A row that differs in nothing that others look at is there twice, as it was and as it
            is. Who served is of interest to those who came after alone.
        -#}
        {%- do do_sql(
            "create or replace temp table cx_moved as "
            ~ "select *, count(*) over (partition by contact_date) <= " ~ var('most_late_contacts') ~ " as is_rare from ("
            ~ "select *, count(*) over (partition by " ~ key ~ ") = 2 as is_same_but_served from ("
            ~ "select " ~ key ~ ", serving_agent_id from " ~ changed
            ~ " group by all having count(*) = 1))"
        ) -%}
        {#-
            Who came before knows of a return only once the window is over; who came after knows at
            once that it was not the first. When a window elapses, `horizons` touches its days.
        -#}
        {%- set known_until -%}
            {%- if horizons is none -%} cast(null as date)
            {%- else -%} (select cast(max(seen_until) as date) - {{ var('fcr_window_days') - 1 }} from {{ horizons }})
            {%- endif -%}
        {%- endset -%}
        {%- do do_sql(
            into ~ "existing.kind, existing.day, 'repeat' from (" ~ existing_days ~ ") as existing semi join ("
            ~ "select contact_date + cast(around as integer) as day from "
            ~ "(select distinct contact_date, is_same_but_served from cx_moved where not is_rare and contact_date is not null) "
            ~ "cross join (select unnest(range(-" ~ margin ~ ", " ~ (margin + 1) ~ ")) as around) "
            ~ "where around >= 0 or not is_same_but_served and coalesce(contact_date + cast(around as integer) <= " ~ known_until ~ ", true)"
            ~ ") as touched using (day)"
        ) -%}
        {%- do do_sql(into ~ "contact_type, contact_date, 'repeat' from (" ~ neighbours_of_rare(margin) ~ ")") -%}

        {%- set key = 'contact_id, contact_type, source, customer_id, product_area, started_at, is_customer_contact, is_resolved_contact, contact_date' -%}
        {%- do do_sql(
            "create or replace temp table cx_moved as "
            ~ "select *, count(*) over (partition by contact_date) <= " ~ var('most_late_contacts') ~ " as is_rare from ("
            ~ "select " ~ key ~ " from " ~ changed ~ " group by all having count(*) = 1)"
        ) -%}
        {%- do do_sql(into ~ "contact_type, contact_date, 'area' from cx_moved") -%}
        {%- do do_sql(
            into ~ "existing.kind, existing.day, 'area' from (" ~ existing_days ~ ") as existing semi join ("
            ~ "select distinct contact_date from cx_moved where not is_rare) as moved "
            ~ "on existing.day between moved.contact_date and moved.contact_date + 31"
        ) -%}
        {%- do do_sql(into ~ "contact_type, contact_date, 'area' from (" ~ successors_of_rare(31) ~ ")") -%}
        {%- do do_sql("drop table cx_moved") -%}

    {%- elif touches in ('customers', 'agents') -%}
        {%- set id = touches[:-1] ~ '_id' -%}
        {%- set since -%}
            select {{ id }} as member_id, cast(min(valid_from) as date) - 1 as since from {{ changed }} group by {{ id }}
        {%- endset -%}
        {#-
            A member of a day that others have followed and `seen` has not, as after a killed run,
            may be anybody.
        -#}
        {%- set touched -%}
            {{ days_not_followed('intermediate', 'int_members_seen', seen) }}
            {%- if seen is not none %}
            union
            select seen.kind, seen.seen_date as day
            from {{ seen }} as seen
            join ({{ since }}) as since using (member_id)
            where
                seen.member_kind = {{ quote_text(touches[:-1]) }}
                and (seen.seen_date is null or seen.seen_date >= since.since)
            {%- endif %}
        {%- endset -%}
        {%- do do_sql("create or replace temp table cx_touched as " ~ touched) -%}
        {%- do do_sql(into ~ "kind, day, 'attributes' from cx_touched where kind <> 'response'") -%}
        {%- do do_sql(into ~ "kind, day, 'attributes' from cx_touched where kind = 'response'") -%}
        {%- if answers is not none -%}
            {#- Answers about the contacts just touched; their own customer may be nobody's. -#}
            {%- do do_sql(
                into ~ "'response', response_date, 'attributes' from " ~ answers ~ " as answers semi join cx_touched as touched "
                ~ "on split_part(answers.contact_id, ':', 1) = touched.kind "
                ~ "and answers.contact_date is not distinct from touched.day where answers.contact_id is not null"
            ) -%}
        {%- endif -%}
        {%- do do_sql("drop table cx_touched") -%}

    {%- elif touches == 'horizons' -%}
        {%- set moved -%}
            select
                source,
                case when count(*) = 2 then min(seen_until) end as low,
                case when count(*) = 2 then max(seen_until) end as high
            from {{ changed }} group by source
        {%- endset -%}
        {%- do do_sql(
            into ~ "case entity when 'tickets' then 'ticket' when 'chats' then 'chat' when 'calls' then 'call' end, day, 'mature' "
            ~ "from " ~ state('lake_counts') ~ " as counts join (" ~ moved ~ ") as moved on counts._source = moved.source "
            ~ "where _disposition = 'accepted' and entity in ('tickets', 'chats', 'calls') and (moved.low is null or day between "
            ~ reporting_date(add_days('moved.low', -1 * var('fcr_window_days'))) ~ " and "
            ~ reporting_date(add_days('moved.high', -1 * var('fcr_window_days'))) ~ ")"
        ) -%}
        {%- if contacts is not none -%}
            {%- do do_sql(
                into ~ "'ticket', contact_date, 'reopen' from " ~ contacts ~ " as contacts join (" ~ moved
                ~ ") as moved on contacts.source = moved.source where contact_type = 'ticket' and first_resolved_at between "
                ~ add_days('moved.low', -1 * var('fcr_window_days')) ~ " and "
                ~ add_days('moved.high', -1 * var('fcr_window_days'))
            ) -%}
        {%- endif -%}

    {%- elif touches == 'as_of' -%}
        {%- do do_sql(
            into ~ "unnest(['health', 'backlog']), passed.day, 'as_of' from (select "
            ~ "cast(unnest(generate_series(min(as_of_date), max(as_of_date), interval '1' day)) as date) as day from "
            ~ changed ~ ") as passed"
        ) -%}

    {%- elif touches == 'backlog' -%}
        {%- do do_sql(
            into ~ "'backlog', cast(unnest(generate_series("
            ~ "(select min(change_date) from " ~ changed ~ "), as_of_date, interval '1' day)) as date), 'rows' from " ~ as_of
        ) -%}

    {%- elif touches == 'ticket_horizons' -%}
        {%- do do_sql(
            into ~ "'backlog', cast(unnest(generate_series(low, high, interval '1' day)) as date), 'rows' from ("
            ~ "select min(seen_until_date) as low, max(seen_until_date) as high from " ~ changed ~ " group by source)"
        ) -%}

    {%- elif touches == 'exclusions' -%}
        {%- if inputs is not none -%}
            {%- do do_sql(
                into ~ "'health', cast(inputs.input_date + offset_days as date), 'exclusions' from " ~ inputs
                ~ " as inputs cross join (select unnest([0, " ~ (var('health_lookback_days') + 1) ~ "]) as offset_days) join ("
                ~ "select customer_id, min(case when is_test then date '0001-01-01' else left_date end) as since from "
                ~ changed ~ " group by customer_id) as changed on inputs.customer_id = changed.customer_id "
                ~ "and inputs.input_date + offset_days >= changed.since where inputs." ~ has_scores
            ) -%}
        {%- endif -%}

    {%- elif touches == 'answers' -%}
        {%- do do_sql(
            into ~ "split_part(contact_id, ':', 1), contact_date, case survey_type when 'fcr' then 'survey' else 'rated' end from "
            ~ changed ~ " where survey_type in ('fcr', 'csat') and contact_id is not null"
        ) -%}

    {%- elif touches == 'health_inputs' -%}
        {%- set reach = var('health_lookback_days') + 1 -%}
        {%- do do_sql(
            into ~ "'health', cast(inputs.input_date + offset_days as date), 'inputs' from ("
            ~ "select customer_id, input_date from " ~ this ~ " union select customer_id, input_date from " ~ changed
            ~ ") as inputs cross join (select unnest([0, " ~ reach ~ "]) as offset_days) "
            ~ "join (select distinct customer_id, input_date as since from " ~ changed ~ ") as changed "
            ~ "on inputs.customer_id = changed.customer_id and inputs.input_date + offset_days between changed.since and changed.since + " ~ reach
            ~ " where inputs." ~ has_scores
        ) -%}

    {%- else -%}
        {{ exceptions.raise_compiler_error("Expected a known value of `touches`, found " ~ touches) }}
    {%- endif -%}
{%- endmacro %}


{#
    The days of records that a table has not followed so far, though others that hold attributes of
    members have: all of them where nobody knows.
#}
{% macro days_not_followed(schema, name, existing) -%}
    {%- set known = rows_of(
        "select batch from " ~ state('day_state') ~ " as known where table_schema = " ~ quote_text(schema)
        ~ " and table_name = " ~ quote_text(name) ~ " and signature = " ~ quote_text(project_signature())
        ~ " and not exists (select 1 from " ~ state('changed_days') ~ " as later where later.kind = '*' and later.batch > known.batch)"
    ) -%}
    {%- if existing is none or not known or not project_signature() -%}
        select distinct {{ kind_of_entity() }} as kind, day
        from {{ state('lake_counts') }}
        where _disposition = 'accepted' and {{ kind_of_entity() }} is not null
    {%- else -%}
        select distinct kind, day
        from {{ state('changed_days') }}
        where
            batch > {{ known[0][0] }}
            and batch <= (
                select max(batch) from {{ state('day_state') }}
                where table_schema = 'core' or table_name = 'int_contact_attempts'
            )
            and cause in ('rows', 'attributes', 'linked')
            and kind not in ('*', 'health', 'backlog')
    {%- endif -%}
{%- endmacro %}


{#
    Those of this table who know of one of the few that moved on a day (cx_moved): on the same reason
    the last one before, and those after up to the next handled one; on any reason those up to the
    next that served; and whom it follows up. A late ticket touches the days of these, not the two
    weeks around it.
#}
{% macro neighbours_of_rare(margin) -%}
    {%- set around = around_rare(margin, margin) -%}
    select contact_type, contact_date
    from (
        select
            *,
            min(case when is_same_reason and is_fcr_eligible and is_after then started_at end) over moved as next_handled_at,
            min(case when is_fcr_eligible and serving_agent_id is not null and is_after then started_at end) over moved as next_served_at,
            max(case when is_same_reason and is_customer_contact and is_before then started_at end) over moved as previous_at
        from (
            select
                around.*,
                moved.contact_id as moved_id,
                moved.started_at as moved_at,
                moved.is_same_but_served,
                around.reason = moved.reason as is_same_reason,
                around.contact_id <> moved.contact_id and around.started_at >= moved.started_at as is_after,
                around.contact_id <> moved.contact_id and around.started_at <= moved.started_at as is_before
            from {{ around }} as around
            join cx_moved as moved
                on around.customer_id = moved.customer_id
                and around.contact_date between moved.contact_date - {{ margin }} and moved.contact_date + {{ margin }}
            where moved.is_rare
        )
        window moved as (partition by moved_id, moved_at, is_same_but_served)
    )
    where
        is_after and (started_at <= coalesce(next_served_at, started_at) or is_same_reason and started_at <= coalesce(next_handled_at, started_at))
        or is_same_reason and started_at = previous_at and not is_same_but_served
    union
    select around.contact_type, around.contact_date
    from {{ around }} as around
    join cx_moved as moved
        on around.contact_id = moved.parent_contact_id
        and around.contact_date between moved.contact_date - {{ margin }} and moved.contact_date + {{ margin }}
    where moved.is_rare
{%- endmacro %}


{#
    The next two of this table about the same area after one of the few that moved on a day: who
    comes next asks for the one before, and for the one before that.
#}
{% macro successors_of_rare(margin) -%}
    select contact_type, contact_date
    from (
        select
            around.contact_type,
            around.contact_date,
            row_number() over (
                partition by moved.contact_id, moved.customer_id, moved.product_area, moved.started_at
                order by around.started_at, around.contact_id
            ) as place
        from {{ around_rare(0, margin) }} as around
        join (
            select distinct contact_id, customer_id, product_area, started_at, contact_date
            from cx_moved
            where is_rare and product_area <> 'unknown'
        ) as moved
            on around.customer_id = moved.customer_id
            and around.product_area = moved.product_area
            and around.contact_date between moved.contact_date and moved.contact_date + {{ margin }}
            and (around.started_at, around.contact_id) > (moved.started_at, moved.contact_id)
        where around.is_customer_contact
    )
    where place <= 2
{%- endmacro %}


{# The rows of this table from `back` days before to `ahead` days after the days of the few that moved. #}
{% macro around_rare(back, ahead) -%}
    {%- set days = [] -%}
    {%- for row in rows_of(
        "select distinct cast(contact_date + cast(around as integer) as varchar) from cx_moved "
        ~ "cross join (select unnest(range(-" ~ back ~ ", " ~ (ahead + 1) ~ ")) as around) "
        ~ "where is_rare and contact_date is not null"
    ) -%}
        {%- do days.append("date '" ~ row[0] ~ "'") -%}
    {%- endfor -%}
    (select * from {{ this }} where contact_date in ({{ days | join(', ') or 'null' }}))
{%- endmacro %}
