"""Seeded random draws: the only place of the demo that touches a random generator.

Every part of the demo throws its own dice (seed + name), so that a change in one part leaves
the draws of the others as they were. Draws are buffered because single draws from numpy cost
more than the rest of the simulation.
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BLOCK = 65_536


class Weighted:
    """Values with relative weights, prepared for fast draws."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.values = list(weights)
        total = math.fsum(weights.values())
        running = 0.0
        self.bounds: list[float] = []
        for weight in weights.values():
            running += weight / total
            self.bounds.append(running)
        self.bounds[-1] = 1.0


class Dice:
    """A named stream of random draws; equal seed and name give equal draws."""

    def __init__(self, seed: int, name: str) -> None:
        self._generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
        self._uniforms = self._blocks_of_uniforms()
        self._normals = self._blocks_of_normals()

    def _blocks_of_uniforms(self) -> Iterator[float]:
        while True:
            yield from self._generator.random(BLOCK).tolist()

    def _blocks_of_normals(self) -> Iterator[float]:
        while True:
            yield from self._generator.standard_normal(BLOCK).tolist()

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return next(self._uniforms)

    def normal(self) -> float:
        """A standard normal number."""
        return next(self._normals)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return next(self._uniforms) < probability

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(next(self._uniforms) * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """One of the values, all equally likely."""
        return values[int(next(self._uniforms) * len(values))]

    def weighted(self, weights: Weighted) -> str:
        """One of the values by its weight."""
        return weights.values[bisect_right(weights.bounds, next(self._uniforms))]

    def exponential(self, mean: float) -> float:
        """An exponential number with this mean."""
        return -mean * math.log(1.0 - next(self._uniforms))

    def lognormal(self, mean: float, spread: float) -> float:
        """A log-normal number with this mean; spread is the deviation of its logarithm."""
        return mean * math.exp(spread * next(self._normals) - spread * spread / 2)

    def poisson(self, mean: float) -> int:
        """A Poisson count with this mean."""
        return int(self._generator.poisson(mean))

    def shuffle(self, values: list[T]) -> None:
        """Put the list into a random order, in place."""
        for last in range(len(values) - 1, 0, -1):
            other = int(next(self._uniforms) * (last + 1))
            values[last], values[other] = values[other], values[last]
