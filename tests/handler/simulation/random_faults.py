"""What goes wrong in a random history: faults, crashes, lags, lost answers, events that come twice."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from cdk_cleanroomsml.local.service import Fault

from ...by_night import NIGHT
from .virtual_lambda import Interruption, crash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.stateful import RuleBasedStateMachine

    from .simulator import Simulator

BY_DAY = 15
"""Histories of a machine: as many as its seed takes to find every bug that is planted in the handler."""

REFUSALS = st.sampled_from(
    [
        ("ThrottlingException", ""),
        ("ConflictException", "busy"),
        ("AccessDeniedException", "not authorized"),
        ("AccessDeniedException", "explicit deny"),
        ("ValidationException", "cannot assume the role"),
        ("ValidationException", "no"),
        ("ServiceQuotaExceededException", "full"),
    ]
)

LATE = st.sampled_from([10.0, 70.0, 1_200.0])
"""How many seconds after the end of an operation its events come again."""

CANCELLED = st.sampled_from([None, None, None, 10.0, 100.0])
"""After how many seconds a deployment is cancelled, if it is."""

SEND_FAULTS = st.sampled_from([500, 503, 404, 307, ConnectionResetError(), TimeoutError(), 200])


@dataclass
class SendFaults:
    """What happens to the next answers."""

    outcomes: list[int | Exception]


@dataclass
class Lag:
    """How far the service is behind itself."""

    lists: int
    deletes: int
    roles: int


@dataclass
class Crash:
    """The function dies at a call of an operation, and perhaps at the first call of each later delivery, too."""

    operation: str
    skip: int
    after_effect: bool
    for_good: bool


@dataclass
class Twice:
    """The event that is being worked on comes once more, in the midst of it, when it is no longer fresh."""

    operation: str
    skip: int
    after_effect: bool


def random_faults(operations: Sequence[str]) -> st.SearchStrategy[list[Any]]:
    """Up to two of them, at any of these operations; one that is named more often is hit more often."""
    where = st.sampled_from([*operations, "*"])
    common: dict[str, Any] = {"operation": where, "times": st.sampled_from([1, 2, 5, None])}
    faults = st.one_of(
        # A clear refusal has no effect; what is unclear may have had one.
        REFUSALS.flatmap(
            lambda refusal: st.builds(Fault, **common, error=st.just(refusal[0]), message=st.just(refusal[1]))
        ),
        st.builds(
            Fault, **common, kind=st.sampled_from(["error", "connection_lost", "hang"]), after_effect=st.booleans()
        ),
    )
    places: dict[str, Any] = {
        "operation": where,
        "skip": st.sampled_from([0, 0, 0, 1, 2]),
        "after_effect": st.booleans(),
    }
    crashes = st.builds(Crash, **places, for_good=st.booleans())
    kinds: list[st.SearchStrategy[Any]] = [
        crashes,
        crashes,
        faults,
        faults,
        st.builds(Twice, **places),
        st.builds(Lag, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
        st.builds(SendFaults, st.lists(SEND_FAULTS, max_size=12)),
    ]
    return st.lists(st.sampled_from(kinds).flatmap(lambda kind: kind), max_size=2)


class FaultInjector:
    """Lets things go wrong in a world, until it is told to stop.

    Attributes:
        duplicates: whether there were deliveries at the same time: they may leave a duplicate, which goes
            with its resource.
    """

    def __init__(self, world: Simulator) -> None:
        self.world = world
        self.duplicates = False

    def inject(self, faults: list[Any]) -> None:
        for fault in faults:
            match fault:
                case Fault():
                    self.world.faults.add(replace(fault))
                case SendFaults(outcomes):
                    self.world.cloudformation.send_faults += outcomes
                case Lag(lists, deletes, roles):
                    self.world.faults.list_lag = lists
                    self.world.faults.delete_lag = deletes
                    self.world.faults.role_propagation.calls = roles
                case Crash(operation, skip, after_effect, for_good):
                    then = self._crash_for_good if for_good else crash
                    self.world.wire.interruptions.append(Interruption(operation, then, skip, after_effect))
                case Twice(operation, skip, after_effect):
                    self.duplicates = True
                    again = Interruption(operation, self._deliver_again, skip, after_effect)
                    self.world.wire.interruptions.append(again)

    def deliver_late(self, after: float) -> None:
        """The last events come once more, when CloudFormation no longer waits for them."""
        self.world.clock.sleep(after)
        for pending in list(self.world.cloudformation.pending.values())[-5:]:
            self.world.function.deliver(pending.event)

    def stop(self) -> None:
        self.world.faults.queue.clear()
        self.world.wire.interruptions.clear()
        self.world.cloudformation.send_faults.clear()

    def _crash_for_good(self) -> None:
        self.world.crash("*", times=2, after_effect=False)
        crash()

    def _deliver_again(self) -> None:
        pending = list(self.world.cloudformation.pending.values())[-1]
        self.world.clock.sleep(21)
        self.world.function.deliver(pending.event)


SETTINGS = settings(
    stateful_step_count=10,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def run_histories(machine: type[RuleBasedStateMachine], seed: int) -> None:
    """By day a few, the same each time, so that a change is told from chance; each night many, and other ones."""
    if NIGHT:
        _run(machine, settings(SETTINGS, max_examples=1_000))
    else:
        _run(_seeded(machine, seed), settings(SETTINGS, max_examples=BY_DAY, database=None))


def find_bug(machine: type[RuleBasedStateMachine], seed: int) -> None:
    """The histories of the day, and if need be many more: one of them must fail."""
    with pytest.raises(AssertionError):
        _search(machine, seed)


def _search(machine: type[RuleBasedStateMachine], seed: int) -> None:
    for number in (BY_DAY, 3_000):
        how = settings(SETTINGS, max_examples=number, phases=[Phase.generate], database=None)
        _run(_seeded(machine, seed), how)


def _seeded(machine: type[RuleBasedStateMachine], number: int) -> type[RuleBasedStateMachine]:
    return seed(number)(type(machine.__name__, (machine,), {}))


def _run(machine: type[RuleBasedStateMachine], how: settings) -> None:
    # Hypothesis seeds this generator: with ids from it, a history that is run again is the same to the letter.
    with mock.patch("uuid.uuid4", _repeatable_id):
        run_state_machine_as_test(machine, settings=how)


def _repeatable_id() -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
