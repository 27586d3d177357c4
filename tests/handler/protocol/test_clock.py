"""Time."""

from __future__ import annotations

import time

import pytest

from cdk_cleanroomsml.handler.protocol.clock import LONGEST_PAUSE, Clock, Deadline

from ..simulation.virtual_lambda import VirtualClock


def test_the_clock_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "time", lambda: 42.0)
    monkeypatch.setattr(time, "sleep", slept.append)
    Clock().sleep(3)
    assert Clock().now() == 42
    assert slept == [3]


@pytest.mark.scenario(31)
@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, LONGEST_PAUSE), (10**6, LONGEST_PAUSE)]
)
def test_pauses_are_jittered_over_their_whole_range(attempt: int, longest: float) -> None:
    pauses = [Clock().pause(attempt) for _ in range(1_000)]
    assert 1 <= min(pauses) < 1 + (longest - 1) / 4
    assert longest - (longest - 1) / 4 < max(pauses) <= longest


@pytest.mark.scenario(36)
def test_a_deadline() -> None:
    clock = VirtualClock()
    deadline = Deadline(clock, 30)
    assert deadline.allows(30)
    assert not deadline.allows(31)
    clock.sleep(20)
    assert deadline.allows(10)
    assert not deadline.allows(11)
