"""What an execution environment keeps from one invocation to the next. It saves calls; nothing is answered from it."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

LONGEST_INTERVAL = 90.0
"""Seconds between two calls while the service refuses their rate, at most."""

_FIRST_INTERVAL = 4.0

LIST_SECONDS = 60.0
"""How old a List may be to be looked at again."""


class Pace:
    """How fast the calls of an execution environment follow each other, as in the adaptive mode of botocore.

    Each refusal of the rate doubles the time between them, each success halves it. Environments share nothing: it is
    the doubling that lets a hundred of them arrive at the rate of the service together.
    """

    def __init__(self) -> None:
        self._interval = 0.0
        self._refused_at = 0.0

    def slower(self, now: float) -> None:
        """After a refusal."""
        self._interval = min(LONGEST_INTERVAL, max(_FIRST_INTERVAL, 2 * self._interval))
        self._refused_at = now

    def faster(self) -> None:
        """After a success."""
        self._interval = self._interval / 2 if self._interval > 1 else 0.0

    def pause(self, now: float) -> float:
        """Seconds to wait until the next call, at random: not all at the same time."""
        if now > self._refused_at + 2 * LONGEST_INTERVAL:
            self._interval = 0.0
        return random.uniform(self._interval / 4, self._interval)  # noqa: S311 - jitter, not a secret


@dataclass
class Memory:
    """What an execution environment remembers.

    Attributes:
        paces: of its calls, by service.
        lists: what Lists have shown, and when they were asked: the last one of each question.
        tags: those of resources that were read, by ARN: what a resource was created for doesn't change.
    """

    paces: defaultdict[str, Pace] = field(default_factory=lambda: defaultdict(Pace))
    lists: dict[str, tuple[float, list[Any]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
