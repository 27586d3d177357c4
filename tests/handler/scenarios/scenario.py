"""What a case is: a scenario that needs nothing but a stack and a service with faults; data and steps, no engine.

A case is given a driver. The simulator is one; whoever writes another one, for the embedded engine, gives it the
methods of `Driver`. What goes deeper into one engine stands in that engine's own tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from ..simulation.resource_types import ASSOCIATION, AUDIENCE, CONFIGURED, CONFIGURED_MODELS, SUBJECTS, Subject

if TYPE_CHECKING:
    from collections.abc import Callable

IMPATIENT = {"ServiceTimeout": 60}
"""For failures that last: CloudFormation waits only so many seconds, so that an engine in real time needn't."""


class Result(Protocol):
    """How a stack operation ended: `COMPLETE`, `ROLLBACK_COMPLETE`, `ROLLBACK_FAILED`, `DELETE_…`."""

    status: str

    @property
    def reason(self) -> str: ...


class Driver(Protocol):
    """What a case can do and see. A logical id is `Model` unless the case says otherwise."""

    @property
    def faults(self) -> Any: ...
    @property
    def switches(self) -> Any: ...
    def deploy(
        self, _template: dict[str, dict[str, Any]] | None = None, *, fails: bool = False, **resources: Any
    ) -> Result: ...
    def destroy(self) -> Result: ...
    def crash(self, operation: str, *, times: int = 1, after_effect: bool = True, skip: int = 0) -> None: ...
    def fail(self, operation: str, error: str, message: str = ..., *, times: int | None = 1, **more: Any) -> None: ...
    def retain(self, logical_id: str = "Model") -> None: ...
    def models(self, type_: str = CONFIGURED) -> list[dict[str, Any]]: ...
    def model(self, logical_id: str = "Model") -> dict[str, Any]: ...
    def tags(self, logical_id: str = "Model") -> dict[str, str]: ...
    def physical_id(self, logical_id: str = "Model") -> str: ...
    def attributes(self, logical_id: str = "Model") -> dict[str, str]: ...
    def change(self, logical_id: str = "Model", **members: Any) -> None: ...
    def vanish(self, logical_id: str = "Model") -> None: ...
    def seed_audience_model(self, arn: str, status: str = "ACTIVE") -> None: ...
    def forget_calls(self) -> None: ...
    def operations(self) -> list[str]: ...
    def writes(self) -> list[str]: ...
    def inputs(self, operation: str) -> list[dict[str, Any]]: ...
    def check(self) -> None: ...


@dataclass(frozen=True)
class Case:
    """A scenario.

    Attributes:
        rows: the rows of the table of scenarios that it stands for.
        subject: the resource type that it is about.
        steps: what happens, with the assertions.
        readings: the markers of what holds under one reading of an unknown only.
    """

    name: str
    rows: tuple[int, ...]
    subject: Subject
    steps: Callable[[Driver], None]
    readings: tuple[pytest.MarkDecorator, ...] = ()

    @property
    def marks(self) -> tuple[pytest.MarkDecorator, ...]:
        """The markers of a test that goes through it."""
        return (pytest.mark.scenario(*self.rows, type=self.subject.called), *self.readings)


CASES: list[Case] = []


def scenario(
    *rows: int, subject: Subject = CONFIGURED_MODELS, only: tuple[pytest.MarkDecorator, ...] = ()
) -> Callable[[Callable[[Driver], None]], Callable[[Driver], None]]:
    """A case of one resource type."""

    def register(steps: Callable[[Driver], None]) -> Callable[[Driver], None]:
        CASES.append(Case(steps.__name__, rows, subject, steps, only))
        return steps

    return register


def common_scenario(
    *rows: int, subjects: tuple[Subject, ...] = SUBJECTS, only: tuple[pytest.MarkDecorator, ...] = ()
) -> Callable[[Callable[[Driver, Subject], None]], Callable[[Driver, Subject], None]]:
    """A case that is the same for several resource types."""

    def register(steps: Callable[[Driver, Subject], None]) -> Callable[[Driver, Subject], None]:
        for subject in subjects:
            name = f"{steps.__name__}-{subject.called}"
            CASES.append(Case(name, rows, subject, _about(steps, subject), only))
        return steps

    return register


def _about(steps: Callable[[Driver, Subject], None], subject: Subject) -> Callable[[Driver], None]:
    return lambda driver: steps(driver, subject)


def nothing_left(driver: Driver) -> None:
    """The second half of most cases: the template holds, deploying again writes nothing, destroying leaves nothing."""
    driver.check()
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert [driver.models(type_) for type_ in (CONFIGURED, AUDIENCE, ASSOCIATION)] == [[], [], []]
