"""Time: a clock that tests can replace, and the deadline that everybody asks."""

from __future__ import annotations

import random
import time

LONGEST_PAUSE = 20.0


class Clock:
    """The time, and how to wait."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def pause(self, attempt: int) -> float:
        """Seconds to wait after an attempt: full jitter between 1 and 2, 4, … 20."""
        ceiling = min(LONGEST_PAUSE, 2.0 ** min(attempt, 10))
        return random.uniform(1, ceiling)  # noqa: S311 - jitter, not a secret


class Deadline:
    """When the work must be done, so that an answer can still be sent."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now() + seconds

    def left(self) -> float:
        """Seconds that are left."""
        return self._end - self._clock.now()

    def allows(self, seconds: float) -> bool:
        """Whether something that may take so long can still be started."""
        return seconds <= self.left()
