"""The experiments: each answers one row of docs/limitations.md, or one switch of the local service.

To write one, put a function into a file of this folder, one file a theme:

    @experiment(row="What is `childResourceTagOnCreatePolicy` when nobody says?",
                switch="child_resource_tag_on_create_policy")
    def default_tag_policy(run: Run) -> Verdict:
        model = run.configured_audience_model()
        shown = run.ml.get_configured_audience_model(configuredAudienceModelArn=model.id)
        policy = shown.get("childResourceTagOnCreatePolicy")
        return told(f"Get shows {policy}", position=policy)

* Make things by `run.belongings.make`, or by what uses it (`run.configured_audience_model`, `run.new_role`), under
  names of `run.name`, and with the tags `run.belongings.tags`: then they are destroyed, whatever happens.
* What may be refused is called by `run.refusal`. An error that an experiment doesn't expect ends it, and only it: its
  verdict is "not to be told", because of that error.
* Wait by `run.pause` or `run.seconds_until`, never otherwise. What is new may not be found yet: Get it by `run.shown`.
* What several experiments look at is found by `run.once`.
* `yes` and `no` answer the question of the row; `told` answers one that asks for something else. `unknown` says why
  nothing is to be told; then there is no position.
* The position is the value that the switch has to have for the local service to behave as was seen.
* All calls of the experiment are its evidence; nothing need be done for that.

`tests/tools/live/` runs each in each position of its switch, against the engine, and each row has to have one.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from cdk_cleanroomsml.local.service import Switches

from ..permissions import missing_action
from ..run import Inputs, Refusal, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..account import Answer

__all__ = [
    "UNSEEN", "Experiment", "Inputs", "Refusal", "Run", "Unseen", "Verdict", "all_experiments", "experiment", "no",
    "seen", "told", "unknown", "yes",
]  # fmt: skip


class Unseen:
    """No position of a switch was seen; None is one."""

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN = Unseen()


@dataclass(frozen=True)
class Verdict:
    """What an experiment has found.

    Attributes:
        answer: to the question of its row; `told` where the row asks for more than yes or no.
        because: what was seen, or why nothing was, in a sentence without a full stop.
        position: the value of the switch that was seen.
        evidence: what was answered, oldest first; whoever runs the experiment adds it.
    """

    answer: Literal["yes", "no", "told", "not to be told"]
    because: str
    position: object = UNSEEN
    evidence: tuple[Answer, ...] = field(default=())


def yes(because: str, *, position: object = UNSEEN) -> Verdict:
    """The row's question is answered by yes."""
    return Verdict("yes", because, position)


def no(because: str, *, position: object = UNSEEN) -> Verdict:
    """The row's question is answered by no."""
    return Verdict("no", because, position)


def told(because: str, *, position: object = UNSEEN) -> Verdict:
    """The row's question is answered by what was seen."""
    return Verdict("told", because, position)


def unknown(because: str) -> Verdict:
    """The row's question isn't answered."""
    return Verdict("not to be told", because)


def seen(switch: str, value: object, *, when: bool = True) -> object:
    """A position, if the switch has it: what AWS answers may be none of those that were thought of.

    Args:
        switch: the name of a switch.
        value: what was seen.
        when: whether it was.
    """
    try:
        setattr(Switches(), switch, value)
    except ValueError:
        return UNSEEN
    return value if when else UNSEEN


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        row: the first cell of the row in docs/limitations.md that it answers, word for word.
        ask: makes it.
        switch: the name of a switch (local/service/switches.py) that the answer sets, or None.
        needs: which of `Inputs` it can't be made without.
    """

    row: str
    ask: Callable[[Run], Verdict]
    switch: str | None = None
    needs: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its function's name, which is unique."""
        return str(self.ask.__name__)

    def run(self, run: Run) -> Verdict:
        """Makes the experiment; what it didn't expect becomes the reason why nothing is to be told."""
        if missing := sorted(each.upper() for each in self.needs if not getattr(run.inputs, each)):
            return unknown(f"not asked: give {' '.join(f'{each}=…' for each in missing)}")
        since = len(run.account.record)
        run.recalled.clear()
        try:
            verdict = self.ask(run)
        except (BotoCoreError, ClientError) as error:
            action = missing_action(error, run.inputs)
            lacks = f"whoever runs this lacks {action}: " if action else ""
            verdict = unknown(f"{lacks}{run.account.masks.mask(str(error))}")
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            words = run.account.masks.mask(f"{type(error).__name__}: {error}")
            verdict = unknown(f"an answer isn't as documented: {words}")
        return verdict if verdict.evidence else replace(verdict, evidence=(*run.recalled, *run.evidence(since)))


def experiment(
    *, row: str, switch: str | None = None, needs: frozenset[str] | set[str] = frozenset()
) -> Callable[[Callable[[Run], Verdict]], Experiment]:
    """Makes an experiment of a function."""
    return lambda ask: Experiment(row, ask, switch, frozenset(needs))


def all_experiments() -> list[Experiment]:
    """Those of all files of this folder, file by file, in the order in which they stand there."""
    modules = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return [thing for module in modules for thing in vars(module).values() if isinstance(thing, Experiment)]
