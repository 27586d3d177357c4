"""The function, given its events a second time, and cut off in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deliveries import MARKER_PREFIX, Delivered, Deliveries, Event
from .seen import until

if TYPE_CHECKING:
    from ..findings import Findings
    from ..run import Run

AGAIN_SECONDS = 21
"""How long after the first delivery the next one comes. Lambda's own comes after a minute; the function takes a request
of less than 20 seconds for one that nobody has seen."""

SHORT, LONG = 1, 900
"""Seconds that the function may take: too few for some requests, and as it is deployed."""


def redeliver(run: Run, findings: Findings, deliveries: Deliveries) -> None:
    """Delivers again what was answered long ago, twice what is new, and once more what was cut off."""
    before, models = deliveries.members(), _models(run)
    properties, id_ = deliveries.properties(), deliveries.logical_id
    request_id = before["tags"].get(f"{MARKER_PREFIX}request-id")
    create = deliveries.event("Create", id_, properties, request_id=request_id)
    update = deliveries.event("Update", id_, properties, physical_id=deliveries.model)
    twice = deliveries.event("Create", "Twice", _properties_of_new(run, deliveries, "twice"))
    cut_off = deliveries.event("Create", "CutOff", _properties_of_new(run, deliveries, "cutoff"))
    first = {"twice": deliveries.send(twice)}
    deliveries.configure(Timeout=SHORT)
    first["cutoff"] = deliveries.send(cut_off)
    deliveries.configure(Timeout=LONG)
    run.pause(AGAIN_SECONDS)
    for what, event in (("its Create, delivered again", create), ("an Update that changes nothing", update)):
        delivered = deliveries.send(event)
        kept = deliveries.members() == before and models.items() <= _models(run).items()
        findings.check(
            f"{what}, leaves a model as it is", passed=kept and _is_answer(delivered), because=_words(delivered)
        )
    _again(run, findings, deliveries, "a Create, delivered twice,", twice, first["twice"])
    _again(run, findings, deliveries, f"a Create, given {SHORT} s and delivered again,", cut_off, first["cutoff"])


def _properties_of_new(run: Run, deliveries: Deliveries, word: str) -> dict[str, object]:
    return deliveries.properties(name=run.belongings.name(word), tags=run.belongings.tags)


def _again(run: Run, findings: Findings, deliveries: Deliveries, what: str, event: Event, first: Delivered) -> None:
    """A Create that is delivered twice makes one model at most.

    Its Delete takes that away, or CloudFormation doesn't wait for one: the stack has no such resource, so the function
    may find that out in time.
    """
    body = event.body
    properties, id_ = body["ResourceProperties"], body["LogicalResourceId"]
    second = deliveries.send(event)
    made = _named(run, properties["name"])
    told = f"first: {_words(first)}; then: {_words(second)}; models: {len(made)}"
    findings.check(f"{what} makes one model at most", passed=len(made) <= 1 and _is_answer(second), because=told)
    last = deliveries.send(deliveries.event("Delete", id_, properties, physical_id=second.physical_id))
    settled = "no longer waits" in last.reason or until(run, lambda: not _named(run, properties["name"]))
    findings.check(f"{what} is deleted again", passed=settled and _is_answer(last), because=_words(last))


def _models(run: Run) -> dict[str, str]:
    """The run's models: their names by ARN."""
    pages = run.ml.get_paginator("list_configured_audience_models").paginate()
    return {
        each["configuredAudienceModelArn"]: each["name"]
        for page in pages
        for each in page["configuredAudienceModels"]
        if each["name"].startswith(run.belongings.prefix)
    }


def _named(run: Run, name: str) -> list[str]:
    return [arn for arn, its in _models(run).items() if its == name]


def _is_answer(delivered: Delivered) -> bool:
    return delivered.status in ("SUCCESS", "FAILED")


def _words(delivered: Delivered) -> str:
    """How a delivery ended."""
    return ": ".join(filter(None, (delivered.status or "no answer", delivered.reason, delivered.error)))
