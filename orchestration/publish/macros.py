"""SQL functions inside the published file, for tools that roll up components themselves.

Rates and intervals cannot be averaged: a tool sums numerators and denominators over what it
shows, then asks these for the interval (z = 1.96, 95 %). Text only.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.publish.sql import Fragment, identifier, statement
from orchestration.publish.tables import TARGET


@dataclass(frozen=True)
class Macro:
    """A scalar macro of the schema marts."""

    name: str
    create: Fragment
    description: str


_CENTRE = statement("successes / n::double + 1.9208 / n")
_SPREAD = statement("1.96 * sqrt((successes * (n - successes)::double / n + 0.9604) / n / n)")


def _wilson(name: Fragment, bound: Fragment) -> Fragment:
    return statement(
        """
        create or replace macro {name}(successes, n) as
            case
                when n > 0 and successes between 0 and n then 100.0 * {bound}
            end
        """,
        name=name,
        bound=bound,
    )


WILSON_LOW = Macro(
    "wilson_low_pct",
    _wilson(
        identifier(TARGET, "marts", "wilson_low_pct"),
        statement(
            "greatest(0.0, ({centre} - {spread}) / (1 + 3.8416 / n))",
            centre=_CENTRE,
            spread=_SPREAD,
        ),
    ),
    "Lower end of the Wilson 95 % interval of successes out of n, in per cent; NULL when n = 0.",
)
WILSON_HIGH = Macro(
    "wilson_high_pct",
    _wilson(
        identifier(TARGET, "marts", "wilson_high_pct"),
        statement(
            "least(1.0, ({centre} + {spread}) / (1 + 3.8416 / n))",
            centre=_CENTRE,
            spread=_SPREAD,
        ),
    ),
    "Upper end of the Wilson 95 % interval of successes out of n, in per cent; NULL when n = 0.",
)
NPS_MOE = Macro(
    "nps_moe",
    statement(
        """
        create or replace macro {name}(promoters, detractors, n) as
            case
                when n > 0 and promoters >= 0 and detractors >= 0 and promoters + detractors <= n
                    then 196.0 * sqrt(greatest(0.0,
                        promoters / n::double + detractors / n::double
                        - power((promoters - detractors) / n::double, 2)
                    ) / n)
            end
        """,
        name=identifier(TARGET, "marts", "nps_moe"),
    ),
    "Half width of the 95 % interval of a net promoter score in points, from numbers of promoters,"
    " detractors and answers; NULL when n = 0.",
)
MACROS = (WILSON_LOW, WILSON_HIGH, NPS_MOE)
