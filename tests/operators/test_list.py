"""`list`: the chain, whose it is, and what it takes to read it."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault
from cdk_cleanroomsml.operators import listing
from cdk_cleanroomsml.operators.owners import Owners
from cdk_cleanroomsml.operators.stacks import Stacks

from ..worlds import ANY_POLICY, GONE_AT_ONCE
from .conftest import PARTNER

if TYPE_CHECKING:
    from argparse import Namespace

    from .conftest import World


def listed(world: World) -> dict[str, Any]:
    account = world.account()
    return listing.read(account, Owners(Stacks(account)), world.clock)


@ANY_POLICY
def test_the_chain(world: World) -> None:
    audience_model = world.audience_model()
    world.clock.move(12 * 86400)
    membership = world.membership()
    stack = world.elsewhere.add("Shop")
    model = world.model("sports", audienceModelArn=audience_model, tags=world.marks(stack, "Model"))
    stack.resources["Model"] = ("Custom::CleanRoomsMLConfiguredAudienceModel", model, "CREATE_COMPLETE")
    association = world.association(model, membership)
    world.service.switches.job_seconds = 60
    job = world.job(model)
    found = listed(world)
    (told,) = found["configuredAudienceModels"]
    assert (told["arn"], told["name"], told["status"]) == (model, "sports", "ACTIVE")
    assert told["audienceModel"] == {"arn": audience_model, "name": "readers", "status": "ACTIVE", "ageDays": 12}
    assert told["owner"]["summary"] == "Shop / Model"
    assert told["owner"]["state"] == "alive"
    assert told["partners"] == [PARTNER]
    assert told["policyLetsIn"] == [PARTNER]
    assert told["runningJobs"] == [{"arn": job, "status": "CREATE_PENDING", "startedBy": "111122223333"}]
    (offered,) = found["associations"]
    assert (offered["arn"], offered["collaborationName"], offered["partners"]) == (association, "spring", [PARTNER])
    (trained,) = found["audienceModels"]
    assert (trained["usedBy"], trained["owner"]["state"], trained["ageDays"]) == ([model], "none", 12)
    (dataset,) = found["trainingDatasets"]
    assert dataset["name"] == "readers data"
    assert world.writes() == [
        "CreateTrainingDataset",
        "CreateAudienceModel",
        "CreateCollaboration",
        "CreateMembership",
        "CreateMembership",
        "CreateConfiguredAudienceModel",
        "CreateConfiguredAudienceModelAssociation",
        "StartAudienceGenerationJob",
    ]


def test_jobs_that_ended_are_counted(world: World) -> None:
    model = world.model()
    world.job(model)
    (told,) = listed(world)["configuredAudienceModels"]
    assert (told["runningJobs"], told["endedJobs"]) == ([], 1)


@pytest.mark.parametrize(
    ("status", "has", "state"),
    [
        ("CREATE_COMPLETE", "it", "alive"),
        ("UPDATE_IN_PROGRESS", "it", "alive"),
        ("CREATE_COMPLETE", "another", "gone"),
        ("UPDATE_ROLLBACK_FAILED", "another", "gone"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "another", "changing"),
        ("CREATE_COMPLETE", "nothing", "gone"),
        ("DELETE_COMPLETE", "kept", "gone"),
        ("CREATE_COMPLETE", "kept", "gone"),
        ("CREATE_COMPLETE", "it under another id", "alive"),
    ],
)
def test_the_stack_says_whose_it_is(world: World, status: str, has: str, state: str) -> None:
    stack = world.elsewhere.add("Shop", status=status)
    model = world.model(tags=world.marks(stack, "Model"))
    type_ = "Custom::CleanRoomsMLConfiguredAudienceModel"
    stack.resources.update(
        {
            "it": {"Model": (type_, model, "UPDATE_COMPLETE")},
            "another": {"Model": (type_, f"{model}-2", "UPDATE_COMPLETE")},
            "nothing": {},
            "kept": {"Model": (type_, model, "DELETE_SKIPPED")},
            "it under another id": {"Renamed": (type_, model, "UPDATE_COMPLETE")},
        }[has]
    )
    (told,) = listed(world)["configuredAudienceModels"]
    assert told["owner"]["state"] == state
    assert ("kept" in told["owner"]["evidence"]) == (has == "kept")


def test_of_two_stacks_that_have_it_the_markers_decide(world: World) -> None:
    stacks = [world.elsewhere.add(name) for name in ("First", "Second")]
    for stack, owner in itertools.product(stacks, stacks):
        model = world.model(f"{stack.name} {owner.name}", tags=world.marks(owner, "Model"))
        for each in stacks:
            each.resources["Model"] = ("Custom::CleanRoomsMLConfiguredAudienceModel", model, "CREATE_COMPLETE")
        (told,) = [each for each in listed(world)["configuredAudienceModels"] if each["arn"] == model]
        assert told["owner"]["summary"] == f"{owner.name} / Model"


def test_a_stack_that_is_gone_for_long(world: World) -> None:
    world.model(tags=world.marks("arn:aws:cloudformation:us-east-1:111122223333:stack/Old/1a", "Model"))
    (told,) = listed(world)["configuredAudienceModels"]
    assert told["owner"]["summary"] == "Old / Model (gone)"


@pytest.mark.parametrize("place", ["eu-west-1:111122223333", "us-east-1:444455556666"])
def test_a_stack_that_is_elsewhere_is_not_asked(world: World, place: str) -> None:
    world.model(tags=world.marks(f"arn:aws:cloudformation:{place}:stack/Theirs/1a", "Model"))
    (told,) = listed(world)["configuredAudienceModels"]
    assert told["owner"]["state"] == "elsewhere"
    assert world.elsewhere.calls == ["GetCallerIdentity"]


def test_what_a_retraining_trained(world: World) -> None:
    world.audience_model(tags={"cdk-cleanroomsml:retraining": "Shop/weekly"})
    (told,) = listed(world)["audienceModels"]
    assert told["owner"]["summary"] == "retraining Shop/weekly"


def test_associations_whose_tags_nobody_tells(world: World) -> None:
    world.service.switches.association_tags_refused = True
    stack = world.elsewhere.add("Shop")
    model, membership = world.model(tags=world.marks(stack, "Model")), world.membership()
    association = world.association(model, membership, tags=world.marks(stack, "Offer"))
    (told,) = listed(world)["associations"]
    assert (told["tagsAreTold"], told["owner"]["state"]) == (False, "none")
    stack.resources["Offer"] = ("Custom::CleanRoomsConfiguredAudienceModelAssociation", association, "CREATE_COMPLETE")
    (told,) = listed(world)["associations"]
    assert told["owner"]["summary"] == "Shop / Offer"


def test_what_goes_meanwhile_is_left_out(world: World) -> None:
    world.model("stays")
    world.service.faults.add(Fault("GetConfiguredAudienceModel", error="ResourceNotFoundException"))
    assert listed(world)["configuredAudienceModels"] == []


def test_more_than_a_page_of_models_in_linear_calls(world: World) -> None:
    large, small = (world.elsewhere.add(name) for name in ("Large", "Small"))
    audience_model = world.audience_model()
    for number in range(102):
        stack, logical_id = large if number else small, f"Model{number}"
        model = world.model(
            f"m{number}", audienceModelArn=audience_model, tags=world.marks(stack, logical_id, f"r{number}")
        )
        stack.resources[logical_id] = ("Custom::CleanRoomsMLConfiguredAudienceModel", model, "CREATE_COMPLETE")
    world.operations()
    found = listed(world)
    assert {each["owner"]["state"] for each in found["configuredAudienceModels"]} == {"alive"}
    assert Counter(world.operations()) == {
        "ListConfiguredAudienceModels": 2,
        "GetConfiguredAudienceModel": 102,
        "GetConfiguredAudienceModelPolicy": 102,
        "ListAudienceGenerationJobs": 102,
        "ListTrainingDatasets": 1,
        "GetTrainingDataset": 1,
        "ListAudienceModels": 1,
        "GetAudienceModel": 1,
        "ListMemberships": 1,
    }
    assert Counter(world.elsewhere.calls) == {"GetCallerIdentity": 1, "DescribeStacks": 2, "ListStackResources": 3}


@GONE_AT_ONCE
def test_a_list_that_changes_while_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    audience_model = world.audience_model()
    stay = {world.model(f"m{number}", audienceModelArn=audience_model) for number in range(210)}
    goes = world.model("goes", audienceModelArn=audience_model)
    ask = world.service.handle
    last: list[Any] = []

    def handle(method: str, path: str, *request: Any, **about: Any) -> Any:
        """As of a service that lists the newest first: what is created meanwhile moves all, and begins a page anew."""
        answer = ask(method, path, *request, **about)
        if (method, path) == ("GET", "/configured-audience-model"):
            page = json.loads(answer.body)
            page["configuredAudienceModels"], last[:] = (
                [*last, *page["configuredAudienceModels"]],
                page["configuredAudienceModels"][-3:],
            )
            if "nextToken" not in page:
                world.ml.delete_configured_audience_model(configuredAudienceModelArn=goes)
            return replace(answer, body=json.dumps(page).encode())
        return answer

    monkeypatch.setattr(world.service, "handle", handle)
    arns = [each["arn"] for each in listed(world)["configuredAudienceModels"]]
    assert (len(arns), set(arns)) == (210, stay)
    assert len(last) == 3


@pytest.mark.usefixtures("throttled")
def test_throttled_midway_through_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    audience_model = world.audience_model()
    for number in range(110):
        world.model(f"m{number}", audienceModelArn=audience_model)
    # Every seventh call is refused.
    ask, calls = world.service.handle, itertools.count(1)

    def handle(*request: Any, **about: Any) -> Any:
        if next(calls) % 7 == 0:
            world.service.faults.add(Fault("*", error="ThrottlingException"))
        return ask(*request, **about)

    monkeypatch.setattr(world.service, "handle", handle)
    assert len(listed(world)["configuredAudienceModels"]) == 110


@pytest.mark.usefixtures("throttled")
def test_throttled_calls_are_tried_again(world: World) -> None:
    world.model("one")
    world.model("two")
    world.service.faults.add(Fault("*", error="ThrottlingException", times=5))
    assert [each["name"] for each in listed(world)["configuredAudienceModels"]] == ["one", "two"]


def test_what_is_piped_is_a_line_each(world: World, options: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    world.model("[red]ärger\N{RIGHT-TO-LEFT OVERRIDE}\x9b31m")
    assert listing.run(world.account(), options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "configured audience models in us-east-1: 1"
    assert lines[1].split() == ["name", "id", "status", "audience", "model", "owner"]
    assert lines[2].startswith("[red]ärger\\u202e\\x9b31m  ")


def test_json_has_times_as_the_apis_write_them(
    world: World, options: Namespace, capsys: pytest.CaptureFixture[str]
) -> None:
    world.model("ärger")
    assert listing.run(world.account(as_json=True), options) == 0
    text = capsys.readouterr().out
    (told,) = json.loads(text)["configuredAudienceModels"]
    assert (told["name"], told["created"]) == ("ärger", "2024-05-01T00:00:00Z")
