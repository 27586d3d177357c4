"""Which of the possible services the tests run in: the switches of the unknowns, otherwise than usual.

`SWITCHES=surprised pytest …`, or `--switches surprised`:

* `usual`: every switch in its default position.
* `surprised`: every switch in the last of its positions.
* `pairwise-1` to `pairwise-<ROWS>`: rows in which each position of a switch meets each position of every other one.
* a JSON object, such as `{"update_resets": true}`: those, and else the defaults.

What is right under one reading only says so: `@pytest.mark.reading("why", update_resets=False)` holds these switches
in these positions, whatever the world; without any, all are as usual. The summary lists them.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Switches, positions, surprised
from cdk_cleanroomsml.local.service.switches import VARIABLE, from_environment

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

COUNTED = pytest.mark.reading(
    "counts the calls, or the seconds, that it takes when nothing has to be tried again",
    role_seconds=0,
    readable_after_seconds=0,
    listed_after_seconds=0,
    deleted_after_seconds=0,
    deleting_seconds=0,
)
USUAL = pytest.mark.reading("it is about pauses, calls and words themselves: each has its own service")
SETTLED = pytest.mark.reading(
    "what a command looks at has been there for long", role_seconds=0, readable_after_seconds=0, listed_after_seconds=0
)
CHANGES_TAGS = pytest.mark.reading("the tags of an association are changed, or read", association_tags_refused=False)
GONE_AT_ONCE = pytest.mark.reading(
    "what was deleted just before is not shown any more", deleted_after_seconds=0, deleting_seconds=0
)
ANY_POLICY = pytest.mark.reading(
    "a policy is put as it is, and compared by its words",
    policy_needs_collaboration=False,
    policy_principals="any",
    policies_are_rewritten=False,
)
IN_ITS_WORDS = pytest.mark.reading(
    "the words of a policy are compared, not what they mean", policies_are_rewritten=False
)
HOLDS_NOTHING = pytest.mark.reading("what ran on a model holds it no longer", finished_jobs_hold_models=False)
BY_HAND = pytest.mark.reading("somebody changes one member by hand, and no other", update_resets=False)
REPEATS = pytest.mark.reading("two have one name", configured_audience_model_names="repeat")
EMPTIES = pytest.mark.reading("a description is emptied: refused, the deployment fails", empty_description="kept")

Row = dict[str, Any]
Setting = tuple[str, object]


def pairwise(options: dict[str, tuple[object, ...]]) -> list[Row]:
    """Rows in which every two settings of different switches meet: the greedy way, the same rows each time."""
    missing = {
        frozenset({(one, a), (other, b)})
        for one, other in combinations(options, 2)
        for a in options[one]
        for b in options[other]
    }
    order = sorted(options, key=lambda name: -len(options[name]))
    rows: list[Row] = []
    while missing:
        row: Row = dict(min(missing, key=lambda pair: sorted(map(repr, pair))))
        for name in order:
            if name not in row:
                row[name] = max(options[name], key=lambda value: len(_met((name, value), row) & missing))
        missing -= {frozenset(pair) for pair in combinations(row.items(), 2)}
        rows.append(row)
    return rows


def _met(setting: Setting, row: Row) -> set[frozenset[Setting]]:
    return {frozenset({setting, other}) for other in row.items()}


@cache
def rows() -> list[Row]:
    """The pairwise rows of the unknowns."""
    return pairwise(positions())


def world(name: str) -> Switches:
    """The switches of a world.

    Raises:
        UsageError: there is no such world.
    """
    kind, _, number = name.partition("-")
    if kind == "pairwise" and number.isdigit() and 1 <= int(number) <= len(rows()):
        return Switches(**rows()[int(number) - 1])
    if name in ("usual", "surprised"):
        return Switches() if name == "usual" else surprised()
    try:
        return Switches(**json.loads(name))
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(
            f"--switches: usual, surprised, pairwise-1 to -{len(rows())}, or JSON: {error}"
        ) from error


def enter(engine: Engine) -> None:
    """Turns the switches of an engine as the test that runs has them; it may have been started by another one."""
    engine.set_switches(**asdict(from_environment()))


class Worlds:
    """A plugin of pytest: the world of each test."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._switches = world(name)
        self._pinned: Counter[str] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture is."""
        os.environ[VARIABLE] = json.dumps(asdict(self._of(item)))

    def _of(self, item: pytest.Item) -> Switches:
        switches = self._switches
        for mark in reversed([*item.iter_markers("reading")]):
            switches = replace(switches, **mark.kwargs) if mark.kwargs else Switches()
        return switches

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Checks the markers.

        Raises:
            UsageError: one has no reason, or names what is no switch or no position of one.
        """
        for item in items:
            for mark in item.iter_markers("reading"):
                if len(mark.args) != 1 or not isinstance(mark.args[0], str):
                    raise pytest.UsageError(f"{item.nodeid}: a reading takes a reason, got {mark.args}")
                self._pinned[f"{mark.args[0]}: {', '.join(map(_told, mark.kwargs.items())) or 'all as usual'}"] += 1
            self._of(item)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Which world it was, and what is right under one reading only."""
        if self._name == "usual":
            return
        terminalreporter.section(f"switches: {self._name}")
        for reason, count in sorted(self._pinned.items()):
            terminalreporter.line(f"{count} held: {reason}")


def _told(pair: tuple[str, object]) -> str:
    return f"{pair[0]}={pair[1]!r}"
