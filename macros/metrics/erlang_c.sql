{#
    The recursive steps of Erlang C for a relation of distinct loads (erlangs, handle_seconds,
    target_seconds, target_share, max_occupancy): one row per load and number of agents, from none
    to the first number that meets the service level and the occupancy (`is_enough`).

    Erlang B by its recursion, in its inverse: 1/B(n) = 1 + n / (A * B(n - 1)). No factorials, so
    nothing overflows. C = n * B / (n - A * (1 - B)); service level = 1 - C * exp(-(n - A) * T / h).
    Stands in a `with recursive`.
#}
{% macro erlang_c_steps(loads) -%}
    select
        erlangs,
        handle_seconds,
        target_seconds,
        target_share,
        max_occupancy,
        0 as agents,
        cast(1 as double) as inverse_blocking,
        cast(null as double) as wait_probability,
        cast(0 as double) as service_level,
        cast(0 as double) as service_level_before,
        false as is_enough
    from {{ loads }}

    union all

    select
        erlangs,
        handle_seconds,
        target_seconds,
        target_share,
        max_occupancy,
        agents,
        inverse_blocking,
        wait_probability,
        service_level,
        service_level_before,
        agents > erlangs
        and service_level >= target_share
        and erlangs <= max_occupancy * agents as is_enough
    from (
        select
            *,
            case
                when wait_probability is null then 0
                else 1 - wait_probability * exp(
                    -(agents - erlangs) * target_seconds / handle_seconds
                )
            end as service_level
        from (
            select
                *,
                -- As many agents as erlangs or fewer: the queue only grows.
                case
                    when agents > erlangs
                        then
                            agents / inverse_blocking
                            / (agents - erlangs * (1 - 1 / inverse_blocking))
                end as wait_probability
            from (
                select
                    erlangs,
                    handle_seconds,
                    target_seconds,
                    target_share,
                    max_occupancy,
                    agents + 1 as agents,
                    1 + inverse_blocking * (agents + 1) / erlangs as inverse_blocking,
                    service_level as service_level_before
                from erlang_steps
                where not is_enough
            ) as blocked
        ) as waiting
    ) as served
{%- endmacro %}

{#
    The first step that is enough, with the fraction of an agent that would be: between the last
    number that is not enough and this one the service level is taken as a straight line.
#}
{% macro erlang_c_required(steps) -%}
    select
        erlangs,
        handle_seconds,
        target_seconds,
        target_share,
        max_occupancy,
        agents as required_agents,
        greatest(
            erlangs / max_occupancy,
            case
                when service_level_before >= target_share then 0
                else
                    greatest(agents - 1, erlangs)
                    + (target_share - service_level_before) / (service_level - service_level_before)
                    * (agents - greatest(agents - 1, erlangs))
            end
        ) as required_agents_fractional,
        wait_probability,
        service_level,
        service_level_before,
        wait_probability * handle_seconds / (agents - erlangs) as speed_of_answer_seconds
    from {{ steps }}
    where is_enough
{%- endmacro %}

{#
    The highest occupancy with which a load ends at the first whole number above so many agents,
    when its target_share is 0: what a given number of agents gives is then in that step.
#}
{% macro erlang_c_occupancy_of(agents) -%}
    erlangs / (floor({{ agents }}) + 0.5)
{%- endmacro %}

{#
    Service level of a given number of agents, a fraction or not, from the step that
    erlang_c_occupancy_of led to; the same straight line. Nobody is answered in time by as many
    agents as erlangs or fewer, where the queue only grows.
#}
{% macro erlang_c_service_level_at(agents, erlangs, service_level_before, service_level) -%}
    case
        when {{ agents }} <= {{ erlangs }} then 0
        else
            {{ service_level_before }}
            + ({{ service_level }} - {{ service_level_before }})
            * ({{ agents }} - greatest(floor({{ agents }}), {{ erlangs }}))
            / (floor({{ agents }}) + 1 - greatest(floor({{ agents }}), {{ erlangs }}))
    end
{%- endmacro %}
