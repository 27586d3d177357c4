"""The chain: all sides do the same work, and what is measured of it is reported."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from benchmarks import __main__ as command
from benchmarks import assembly
from benchmarks.cases import (
    ASSOCIATION,
    AUDIENCE_MODEL,
    AWS_CUSTOM_RESOURCE,
    CHAIN,
    CUSTOM_RESOURCES,
    LIBRARY,
    POLICY,
    RETRAINING,
    Link,
    Plan,
    quick_plan,
)
from benchmarks.chain.measure import measure
from benchmarks.chain.work import RESOURCE_TYPES
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.targets import CHAIN_MESSAGES, Target, targets

from .raw_results import raw_results
from .resources import flat, of_type, spelled_out, without_ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .resources import Resource

OTHERS = [side for side in Link(POLICY, 1).sides if side != LIBRARY]
CREATES = {
    AUDIENCE_MODEL: ("cleanroomsml", "CreateAudienceModel"),
    POLICY: ("cleanroomsml", "PutConfiguredAudienceModelPolicy"),
    ASSOCIATION: ("cleanrooms", "CreateConfiguredAudienceModelAssociation"),
}
UPDATES = CREATES | {ASSOCIATION: ("cleanrooms", "UpdateConfiguredAudienceModelAssociation")}
Run = Any
"""Takes a side, what of the chain and options; returns the resources."""


@pytest.fixture
def run(synthesised: Callable[..., Path]) -> Run:
    def run(side: str, link: Link, *options: str) -> dict[str, Resource]:
        (template,) = assembly.templates(synthesised(f"benchmarks.chain.{side}", *link.arguments, *options))
        return assembly.resources(template)

    return run


def requests(resources: dict[str, Resource], kind: str) -> list[Any]:
    """What each custom resource hands to the operation that creates it, with the policy's document as an object."""
    found = []
    for resource in of_type(resources, RESOURCE_TYPES[kind]):
        properties = without_ids(resource["Properties"], resources)
        if "Create" in properties:
            properties = parameters(properties["Create"])
        found.append(flat({name: each for name, each in properties.items() if not name.startswith("Service")}))
    return found


def parameters(call: Any) -> Any:
    """Of an AwsCustomResource's call, which is plain text when it refers to nothing."""
    found = json.loads(call)["parameters"] if isinstance(call, str) else spelled_out(call)
    document = "configuredAudienceModelPolicy"
    return found | {document: json.loads(found[document])} if document in found else found


def shape(service: str, operation: str) -> Any:
    return botocore.session.Session().get_service_model(service).operation_model(operation).input_shape


def target(raw: dict[str, Any], figure: str, kind: str) -> Target:
    (found,) = (each for each in targets(Results(raw)) if each.figure.startswith(figure) and each.work == kind)
    return found


@pytest.mark.parametrize("kind", CUSTOM_RESOURCES)
def test_the_same_requests_as_this_library(run: Run, kind: str) -> None:
    link = Link(kind, 3)
    ours = requests(run(LIBRARY, link), kind)
    assert len(ours) == 3
    members = shape(*CREATES[kind])
    assert all(set(members.required_members) <= set(each) <= set(members.members) for each in ours)
    assert [requests(run(side, link), kind) for side in OTHERS] == [ours] * len(OTHERS)


@pytest.mark.parametrize("kind", CUSTOM_RESOURCES)
@pytest.mark.parametrize("side", Link(POLICY, 1).sides)
def test_an_update_changes_all_of_a_kind_and_nothing_else(run: Run, side: str, kind: str) -> None:
    before, after = run(side, Link(kind, 3)), run(side, Link(kind, 3), "--changed")
    changed = [before[name]["Type"] for name in before if before[name] != after[name]]
    assert changed == [RESOURCE_TYPES[kind]] * 3
    assert before.keys() == after.keys()


@pytest.mark.parametrize("kind", [POLICY, ASSOCIATION])
def test_an_aws_custom_resource_updates_where_the_api_does(run: Run, kind: str) -> None:
    (resource,) = of_type(run(AWS_CUSTOM_RESOURCE, Link(kind, 1)), RESOURCE_TYPES[kind])
    update = json.dumps(resource["Properties"]["Update"])
    service, operation = UPDATES[kind]
    assert operation in update
    members = shape(service, operation)
    assert set(members.required_members) <= set(parameters(resource["Properties"]["Update"])) <= set(members.members)


def test_each_policy_is_of_a_model_of_its_own(run: Run) -> None:
    found = requests(run(LIBRARY, Link(POLICY, 3)), POLICY)
    assert len({each["configuredAudienceModelArn"] for each in found}) == 3


def test_retrainings_stand_alone(run: Run) -> None:
    types = [each["Type"] for each in run(LIBRARY, Link(RETRAINING, 2)).values()]
    assert types.count("AWS::StepFunctions::StateMachine") == 2
    assert not any(type_.startswith("Custom::") for type_ in types)


@pytest.mark.nightly("an assembly is deployed and its calls are counted in test_measure.py")
def test_what_is_measured_of_the_chain() -> None:
    found = measure(Plan(runs=1, chain=[Link(RETRAINING, 1)], chain_deployed=[Link(ASSOCIATION, 1)]))
    where = {"side": LIBRARY, "kind": RETRAINING, "constructs": 1}
    ((count,), (synth,)) = found["counts"], found["synth"]
    assert count.items() >= where.items()
    assert synth.items() >= (where | {"round": 0}).items()
    assert count["messages"] > 10
    assert synth["seconds"] > 0
    calls = {row["phase"]: row["calls"] for row in found["deployments"]}
    # Under a name of one's own, a look follows what is created.
    creation = ("CreateConfiguredAudienceModelAssociation", "GetConfiguredAudienceModelAssociation")
    assert calls["deploy"] == dict.fromkeys((*creation, "ListTagsForResource"), 1)
    assert calls["deploy again"] == {}
    assert calls["update all"]["UpdateConfiguredAudienceModelAssociation"] == 1
    assert calls["destroy"]["DeleteConfiguredAudienceModelAssociation"] == 1


def test_the_plans() -> None:
    for plan in (Plan(), quick_plan()):
        for kind in CHAIN:
            # A line needs two points.
            assert len({link.constructs for link in plan.chain if link.kind == kind}) >= 2
        assert {link.kind for link in plan.chain_deployed} == set(CUSTOM_RESOURCES)
        # As many as a membership can have.
        assert all(link.constructs <= 5 for link in plan.chain_deployed)


def test_the_targets_of_these_figures_are_reached() -> None:
    raw = raw_results()
    found = [each for each in targets(Results(raw)) if each.work in CUSTOM_RESOURCES]
    assert len(found) == 4 * 3 + 2 + 3 + 2
    assert all(each.reached for each in found)
    assert target(raw, "messages a construct", POLICY).wanted == f"≤ {CHAIN_MESSAGES[POLICY]}"
    assert target(raw, "time a construct", ASSOCIATION).found == "0.40 (0.40-0.40)"
    assert target(raw, "template bytes at N = 50", ASSOCIATION).found == "0.35"
    assert target(raw, "the function's permissions", POLICY).found == "900 bytes"


def test_a_message_a_byte_and_a_call_too_many() -> None:
    raw = raw_results()
    for row in raw["chain"]["counts"]:
        if row["side"] == LIBRARY:
            row["messages"] += 4 * row["constructs"]
            row["permission_bytes"] += row["constructs"]
    for row in raw["chain"]["deployments"]:
        if row["phase"] == "deploy again":
            row["calls"]["GetAudienceModel"] = 5
    missed = [(each.figure, each.found) for each in targets(Results(raw)) if each.work == AUDIENCE_MODEL]
    assert ("messages a construct", "7.0") in missed
    assert ("the function's permissions", "901 to 950 bytes") in missed
    for figure in ("messages a construct", "the function's permissions", "service calls, deploy again"):
        assert target(raw, figure, AUDIENCE_MODEL).reached is False
    assert target(raw, "messages a construct", POLICY).reached


def test_the_report_names_the_constructs_and_the_calls() -> None:
    text = report(raw_results())
    for words in (*CHAIN.values(), "2026-02-28", "1 GetConfiguredAudienceModelPolicy, 1 PutConfiguredAudienceModelPol"):
        assert words in text


def test_the_chain_alone_is_measured_into_the_results_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = raw_results()
    measured = before.pop("chain") | {"runs": 7}
    command.save(before, tmp_path / "raw.json.gz")
    plans = []

    def measure_chain(plan: Plan) -> dict[str, Any]:
        plans.append(plan)
        return {name: measured[name] for name in ("counts", "synth", "deployments")}

    monkeypatch.setattr(command, "measure_chain", measure_chain)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "chain", "--runs", "7", "--results", str(tmp_path)])
    command.main()
    assert plans == [replace(Plan(), runs=7, deploy_runs=7)]
    after = command.read(tmp_path / "raw.json.gz")
    assert after == before | {"chain": measured | {"date": after["chain"]["date"]}}
    assert "Over 7 rounds" in (tmp_path / "README.md").read_text()
