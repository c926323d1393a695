"""Shopping carts: how far people come on the way to the till, who buys, and who comes back."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.demo.dice import Dice, Weighted
from orchestration.demo.vocabulary import COUNTRY_WEIGHTS, DAY, HOUR, LOCAL_HOURS
from orchestration.demo.world import Customer, World, activity_weights

FIRST_CART_ID = 4_000_001
CARTS_PER_DAY = 45
STEPS = ("cart", "address", "delivery", "payment", "confirmation")
STEP_WEIGHTS = Weighted({"cart": 42, "address": 9, "delivery": 8, "payment": 9, "confirmation": 32})
DEVICES = Weighted({"desktop": 44, "mobile": 48, "tablet": 8})


@dataclass(frozen=True, slots=True)
class CartState:
    """A cart from this moment on."""

    at: int
    step: str
    purchased_at: int | None


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart; `states` has a second entry when its customer came back to it."""

    number: int
    created_at: int
    customer: Customer | None
    country: str
    device: str
    states: tuple[CartState, ...]

    @property
    def last(self) -> CartState:
        return self.states[-1]

    @property
    def is_test(self) -> bool:
        return self.customer is not None and self.customer.is_test


def draw_carts(world: World, seed: int) -> tuple[Cart, ...]:
    """All carts that were opened within the calendar, in the order of time."""
    dice = Dice(seed, "carts")
    calendar = world.calendar
    weights = activity_weights(world.customers)
    drawn = []
    for day in range(calendar.days):
        for _ in range(dice.poisson(CARTS_PER_DAY)):
            customer = world.customers[int(dice.weighted(weights))] if dice.chance(0.6) else None
            hour = int(dice.weighted(LOCAL_HOURS))
            created = calendar.begin + day * DAY + hour * HOUR + dice.integer(0, HOUR - 1)
            country = customer.country if customer else dice.weighted(COUNTRY_WEIGHTS)
            drawn.append(
                (created, customer, country, dice.weighted(DEVICES), _states(created, dice))
            )
    drawn.sort(key=lambda item: item[0])
    return tuple(
        Cart(
            FIRST_CART_ID + place,
            created,
            customer,
            country,
            device,
            tuple(state for state in states if state.at < calendar.end) or states[:1],
        )
        for place, (created, customer, country, device, states) in enumerate(drawn)
    )


def _states(created: int, dice: Dice) -> tuple[CartState, ...]:
    """One visit, and for a few carts that were left a second one, hours or days later."""
    step = dice.weighted(STEP_WEIGHTS)
    at = created + dice.integer(20, 1_500)
    first = CartState(at, step, at if step == STEPS[-1] else None)
    if first.purchased_at is not None or not dice.chance(0.07):
        return (first,)
    back = at + dice.integer(2 * HOUR, 70 * HOUR)
    return (first, CartState(back, STEPS[-1], back))
