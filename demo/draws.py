"""Random numbers that come out the same on every machine.

numpy keeps the raw stream of a bit generator stable but neither its distributions nor
the last digit of ``exp`` and ``log``. So everything here starts from uniform numbers and
goes through small tables, and callers round the results to whole seconds, days or cents.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

_POINTS = 4001
_SHARES = (np.arange(_POINTS) + 0.5) / _POINTS
_NORMAL = np.array([NormalDist().inv_cdf(share) for share in _SHARES])
_EXPONENTIAL = np.array([-math.log(1 - share) for share in _SHARES])


@cache
def _lognormal_table(sigma: float) -> np.ndarray:
    return np.array([math.exp(sigma * z) for z in _NORMAL])


class Draws:
    """A stream of random numbers for one part of the company.

    Every part has its own stream, so that a change in one leaves the others alone.
    All methods take the number of draws last and return an array of that length;
    parameters may be numbers or arrays of that length.
    """

    def __init__(self, seed: int, part: str) -> None:
        entropy = np.random.SeedSequence([seed, *part.encode()])
        self._generator = np.random.Generator(np.random.PCG64(entropy))

    def uniform(self, n: int) -> np.ndarray:
        """Numbers from 0 up to but not including 1."""
        return self._generator.random(n)

    def whole(self, low, high, n: int) -> np.ndarray:
        """Whole numbers from ``low`` up to but not including ``high``."""
        span = np.asarray(high) - np.asarray(low)
        return (low + np.floor(self.uniform(n) * span)).astype(np.int64)

    def chance(self, share, n: int) -> np.ndarray:
        """True with the given probability."""
        return self.uniform(n) < share

    def pick(self, weights, n: int) -> np.ndarray:
        """Positions in ``weights``, each as often as its weight says."""
        reach = np.cumsum(np.asarray(weights, dtype=float))
        places = np.searchsorted(reach, self.uniform(n) * reach[-1], side="right")
        return np.minimum(places, len(reach) - 1)

    def lognormal(self, median, sigma: float, n: int) -> np.ndarray:
        """Lognormal numbers; ``sigma`` is the spread of their logarithm."""
        return median * np.interp(self.uniform(n), _SHARES, _lognormal_table(sigma))

    def exponential(self, mean, n: int) -> np.ndarray:
        """Waiting times, none longer than about nine times the mean."""
        return mean * np.interp(self.uniform(n), _SHARES, _EXPONENTIAL)

    def count(self, mean, n: int) -> np.ndarray:
        """Whole numbers from 0 on that average ``mean`` and vary widely."""
        spread = self.lognormal(0.9, 0.46, n)
        return np.floor(mean * spread + self.uniform(n)).astype(np.int64)
