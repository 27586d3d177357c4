"""Deploys, changes, replaces, adopts and destroys by the CDK CLI; what only a live Region can tell is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..kinds import Found
from ..kinds.around import keys_of_stack
from . import command, probes
from .deliveries import Deliveries
from .probes import ROWS
from .redelivery import redeliver
from .seen import is_gone, shown
from .stages import ADOPTED, CHANGED, FIRST, REPLACED, differences
from .starts import measure_starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from ..findings import Findings
    from ..run import Run

__all__ = ["ROWS", "deploy"]


def deploy(run: Run, findings: Findings, say: Callable[[str], object]) -> None:
    """Takes an application through its life, and its function through second deliveries.

    Args:
        run: where.
        findings: what is found is added here.
        say: shows a line.

    Raises:
        LiveError: the CDK CLI fails, or is missing.
    """
    library = run.belongings.name("library")
    say("deploying two stacks with the CDK CLI")
    _first(run, findings, library)
    adopted = run.configured_audience_model(run.belongings.name("adopted"), description="was there before").id
    say("changing each member of the model, and adopting another")
    findings.measure("update: each member in place, and an adoption", command.deploy(run, CHANGED, adopt=adopted), "s")
    deliveries = Deliveries(run, library)
    changed = deliveries.model
    _check_members(findings, "each member is changed in place", CHANGED, deliveries.members())
    _check_adopted(run, findings, adopted, "a model is adopted", owned=True)
    say("delivering the function's events again")
    redeliver(run, findings, deliveries)
    say("measuring the function's starts")
    measure_starts(findings, deliveries)
    say("replacing the model")
    findings.measure("update: a replacement", command.deploy(run, REPLACED), "s")
    replaced = Deliveries(run, library)
    _check_members(findings, "a replacement is made", REPLACED, replaced.members())
    findings.check(
        "it has another ARN, and the old one is gone", passed=is_gone(run, changed), because="Get doesn't find it"
    )
    _check_adopted(run, findings, adopted, "an adopted model that leaves the template is released", owned=False)
    say("destroying both stacks")
    findings.measure("destroy", command.destroy(run, REPLACED), "s")
    findings.check("destroyed: the model is gone", passed=is_gone(run, replaced.model), because="Get doesn't find it")
    probes.answer(run, findings)


def _first(run: Run, findings: Findings, library: str) -> None:
    """Both stacks are written down before they are made."""

    def create() -> str:
        findings.measure("first deployment", command.deploy(run, FIRST), "s")
        return library

    def create_both() -> str:
        run.belongings.make("stack", library, create)
        return probe

    probe = run.belongings.name("probe")
    run.belongings.make("stack", probe, create_both)
    for key in keys_of_stack(run.account, Found(library, library)):
        run.belongings.take_up("key", key)
    findings.measure("first deployment, the library's stack alone", _seconds_of(run, library), "s")
    _check_members(findings, "a model is made", FIRST, Deliveries(run, library).members())


def _seconds_of(run: Run, stack: str) -> float:
    """From the first to the last of a stack's events, as CloudFormation has them."""
    pages = run.account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    times = [event["Timestamp"] for page in pages for event in page["StackEvents"]]
    took: timedelta = max(times) - min(times)
    return took.total_seconds()


def _check_members(findings: Findings, what: str, stage: str, members: dict[str, Any]) -> None:
    found = differences(stage, members)
    findings.check(what, passed=not found, because="; ".join(found) or "Get shows what the template says")


def _check_adopted(run: Run, findings: Findings, arn: str, what: str, *, owned: bool) -> None:
    """A model of this library's has its markers; it has the template's description since it was adopted."""
    model = shown(run, arn)
    if model is None:
        findings.check(what, passed=False, because="it is gone")
        return
    marked = any(key.startswith("cdk-cleanroomsml:") for key in model["tags"])
    because = f"its description is {model.get('description')!r}, and it has {'' if marked else 'no '}markers"
    findings.check(what, passed=marked == owned and model.get("description") == ADOPTED, because=because)
