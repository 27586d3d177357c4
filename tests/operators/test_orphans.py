"""`orphans`: what is one, what isn't, and what `--delete` does."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdk_cleanroomsml.local.service import Fault
from cdk_cleanroomsml.operators import listing, orphans
from cdk_cleanroomsml.operators.screen import Screen

from ..worlds import ANY_POLICY, CHANGES_TAGS, GONE_AT_ONCE, HOLDS_NOTHING
from .conftest import PARTNER

if TYPE_CHECKING:
    from .conftest import World

TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"
GONE = "arn:aws:cloudformation:us-east-1:111122223333:stack/Old/00000000-0000-4000-8000-000000000001"
FORGOTTEN = "arn:aws:cloudformation:us-east-1:111122223333:stack/Older/1a"
MAYBE = "it may have been kept on purpose: cloudformation forgets a stack 90 days after its deletion"


@pytest.fixture(autouse=True)
def old(world: World) -> None:
    """A stack that was deleted."""
    assert world.elsewhere.add("Old", status="DELETE_COMPLETE").id == GONE


def run(
    world: World, capsys: pytest.CaptureFixture[str], *answers: bool, delete: bool = False, yes: bool = False
) -> tuple[int, Any]:
    world.answers = list(answers)
    code = orphans.run(world.account(as_json=True), Namespace(delete=delete, yes=yes))
    return code, json.loads(capsys.readouterr().out)


def models(world: World) -> list[str]:
    return [each["name"] for each in world.ml.list_configured_audience_models()["configuredAudienceModels"]]


def test_only_what_carries_markers_of_a_stack_that_has_it_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stack, changing = world.elsewhere.add("Shop"), world.elsewhere.add("Busy", status="UPDATE_IN_PROGRESS")
    trained = world.audience_model(tags={"cdk-cleanroomsml:retraining": "Shop/weekly"})
    world.model("by hand", audienceModelArn=trained)
    used = world.model("used", audienceModelArn=trained, tags=world.marks(stack, "Model", "r1"))
    stack.resources["Model"] = (TYPE, used, "CREATE_COMPLETE")
    world.model("twin", audienceModelArn=trained, tags=world.marks(stack, "Model", "r1"))
    world.model("left", audienceModelArn=trained, tags=world.marks(stack, "Gone"))
    world.model("replaced just now", audienceModelArn=trained, tags=world.marks(changing, "Model"))
    theirs = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Theirs/1a"
    world.model("copied", audienceModelArn=trained, tags=world.marks(theirs, "Model"))
    world.audience_model("kept", tags=world.marks(GONE, "Audience"))
    code, told = run(world, capsys)
    assert code == 2
    assert {each["name"]: each["owner"]["evidence"] for each in told["orphans"]} == {
        "twin": f"the stack's Model is {used}, not {told['orphans'][0]['arn']}; both were created by one request: this"
        " is a second delivery's",
        "left": "the stack has no Gone any more",
        "kept": "its stack was deleted",
    }
    assert [each["name"] for each in told["undecided"]] == ["replaced just now"]


@pytest.mark.parametrize("marked", [GONE, FORGOTTEN, "the other's"])
def test_what_a_stack_has_is_no_orphan_whatever_its_markers_say(
    world: World, capsys: pytest.CaptureFixture[str], marked: str
) -> None:
    stack, other = world.elsewhere.add("Shop"), world.elsewhere.add("Other")
    for name in ("one", "two"):
        arn = world.model(name, tags=world.marks(stack, name))
        stack.resources[name] = (TYPE, arn, "CREATE_COMPLETE")
    world.ml.tag_resource(resourceArn=arn, tags=world.marks(other.id if marked == "the other's" else marked, "Model"))
    assert run(world, capsys) == (0, {"orphans": [], "undecided": [], "untold": []})


def test_what_a_creation_left_that_was_never_answered(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stack = world.elsewhere.add("Shop", status="ROLLBACK_FAILED")
    stack.resources["Model"] = (TYPE, "cdk-cleanroomsml:unclear-create/1/2", "DELETE_FAILED")
    world.model("left", tags=world.marks(stack, "Model"))
    _, told = run(world, capsys)
    assert "never came to be" in told["orphans"][0]["owner"]["evidence"]


@CHANGES_TAGS
@ANY_POLICY
def test_what_uses_an_orphan_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.service.switches.job_seconds = 60
    audience_model = world.audience_model(tags=world.marks(GONE, "Audience"))
    model = world.model("left", audienceModelArn=audience_model, tags=world.marks(GONE, "Model"))
    world.association(model, world.membership(), "offer", tags=world.marks(GONE, "Offer"))
    job = world.job(model)
    _, told = run(world, capsys)
    assert {each["what"]: each["objections"] for each in told["orphans"]} == {
        "association": [f"collaboration 'spring' offers its model to {PARTNER}"],
        "configured audience model": [
            f"1 job running on it: {job} (CREATE_PENDING)",
            "association 'offer' with collaboration 'spring', which deleting it removes",
            f"its resource policy lets in {PARTNER}",
        ],
        "audience model": [
            f"configured audience model 'left', {model}",
            "its training took hours to days, and nothing brings it back",
        ],
    }


def test_nothing_is_written_unless_asked(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.model("left", tags=world.marks(GONE, "Model"))
    world.operations()
    run(world, capsys)
    assert world.writes() == []


@GONE_AT_ONCE
def test_each_is_asked_for(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        world.model(name, tags=world.marks(GONE, name))
    code, told = run(world, capsys, True, False, delete=True)
    assert [each["result"] for each in told["orphans"]] == ["deleted", "left alone"]
    assert (code, models(world)) == (2, ["second"])
    assert "delete configured audience model 'first', arn:" in world.questions[0]
    assert "its stack was deleted" in world.questions[0]
    code, _ = run(world, capsys, True, delete=True)
    assert (code, models(world)) == (0, [])


@GONE_AT_ONCE
@HOLDS_NOTHING
def test_use_is_said_before_it_is_asked(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    model = world.model("left", tags=world.marks(GONE, "Model"))
    world.job(model)
    _, told = run(world, capsys, yes=True, delete=True)
    assert told["orphans"][0]["result"].startswith("left alone: 1 job that ended")
    assert (world.questions, models(world)) == ([], ["left"])
    run(world, capsys, True, delete=True)
    assert "MIND: 1 job that ended, whose segments can still be exported" in world.questions[0]
    assert models(world) == []


@GONE_AT_ONCE
@CHANGES_TAGS
def test_the_whole_chain_goes_in_order(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    audience_model = world.audience_model(tags=world.marks(GONE, "Audience"))
    model = world.model("left", audienceModelArn=audience_model, tags=world.marks(GONE, "Model"))
    world.association(model, world.membership(), "offer", tags=world.marks(GONE, "Offer"))
    world.operations()
    code, told = run(world, capsys, True, True, True, delete=True)
    assert [each["result"] for each in told["orphans"]] == ["deleted", "deleted", "being deleted"]
    assert code == 0
    assert world.writes() == [
        "DeleteConfiguredAudienceModelAssociation",
        "DeleteConfiguredAudienceModel",
        "DeleteAudienceModel",
    ]


def test_what_the_service_refuses_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    audience_model = world.audience_model(tags=world.marks(GONE, "Audience"))
    world.model("in use", audienceModelArn=audience_model)
    code, told = run(world, capsys, True, delete=True)
    assert told["orphans"][0]["result"].startswith("refused by the service: ")
    assert code == 2


@pytest.mark.parametrize("change", ["adopted", "gone", "tagged"])
@GONE_AT_ONCE
def test_it_is_looked_at_again_before_it_goes(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    stack = world.elsewhere.add("Shop")
    model = world.model("left", tags=world.marks(stack, "Model"))

    def meanwhile(question: str) -> bool:
        assert question
        if change == "adopted":
            stack.resources["Model"] = (TYPE, model, "UPDATE_COMPLETE")
        elif change == "gone":
            world.ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        else:
            world.ml.tag_resource(resourceArn=model, tags={"cdk-cleanroomsml:logical-id": "Other"})
        return True

    monkeypatch.setattr(Screen, "ask", lambda _, question: meanwhile(question))
    code, told = run(world, capsys, delete=True)
    assert told["orphans"][0]["result"] == "left alone: it changed since it was listed, list again"
    assert code == 2


def test_what_came_to_use_it_while_it_was_asked_for(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = world.model("left", tags=world.marks(GONE, "Model"))
    monkeypatch.setattr(Screen, "ask", lambda *_: bool(world.job(model)))
    code, told = run(world, capsys, delete=True)
    assert told["orphans"][0]["result"].startswith("left alone: meanwhile, 1 job that ended")
    assert (code, models(world)) == (2, ["left"])


@GONE_AT_ONCE
@CHANGES_TAGS
def test_what_went_before_is_no_objection(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    audience_model = world.audience_model(tags=world.marks(GONE, "Audience"))
    model = world.model("left", audienceModelArn=audience_model, tags=world.marks(GONE, "Model"))
    world.association(model, world.membership(), "offer", tags=world.marks(GONE, "Offer"))
    run(world, capsys, True, True, True, delete=True)
    assert ["MIND" in each for each in world.questions] == [True, False, True]
    assert "configured audience model 'left'" not in world.questions[2]


@CHANGES_TAGS
@GONE_AT_ONCE
def test_an_association_goes_with_its_model(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    model = world.model("left", tags=world.marks(GONE, "Model"))
    world.association(model, world.membership(), "offer", tags=world.marks(GONE, "Offer"))
    code, told = run(world, capsys, False, True, delete=True)
    assert [(each["result"], each["isDeleted"]) for each in told["orphans"]] == [
        ("left alone", True),
        ("deleted", True),
    ]
    assert code == 0


@pytest.mark.parametrize(
    ("code", "message", "is_deleted"),
    [
        ("ConflictException", "it cannot be deleted while it is in use", False),
        ("ValidationException", "deleted", False),
        ("ResourceNotFoundException", "no such resource", True),
    ],
)
def test_the_service_decides_whether_it_is_gone(
    world: World, capsys: pytest.CaptureFixture[str], code: str, message: str, is_deleted: bool
) -> None:
    world.model("left", tags=world.marks(GONE, "Model"))
    world.service.faults.add(Fault("DeleteConfiguredAudienceModel", error=code, message=message))
    ended, told = run(world, capsys, yes=True, delete=True)
    assert told["orphans"][0]["isDeleted"] is is_deleted
    assert ended == (0 if is_deleted else 2)


@GONE_AT_ONCE
def test_what_was_deleted_is_told_when_the_next_one_fails(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        world.model(name, tags=world.marks(GONE, name))

    def answer(question: str) -> bool:
        if "second" in question:
            world.service.faults.add(Fault("DeleteConfiguredAudienceModel", error="AccessDeniedException"))
        return True

    monkeypatch.setattr(Screen, "ask", lambda _, question: answer(question))
    with pytest.raises(ClientError):
        orphans.run(world.account(as_json=True), Namespace(delete=True, yes=False))
    told = json.loads(capsys.readouterr().out)
    assert [each.get("isDeleted") for each in told["orphans"]] == [True, None]
    assert models(world) == ["second"]


def test_what_was_kept_on_purpose_is_asked_about(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stack = world.elsewhere.add("Shop", status="DELETE_COMPLETE")
    kept = world.model("kept", tags=world.marks(stack, "Model"))
    stack.resources["Model"] = (TYPE, kept, "DELETE_SKIPPED")
    trained = world.audience_model(tags=world.marks(GONE, "Audience"))
    code, told = run(world, capsys, delete=True, yes=True)
    assert [each["result"] for each in told["orphans"]] == [
        "left alone: it was kept on purpose, by its removal policy. Without --yes you are asked",
        "left alone: its training took hours to days, and nothing brings it back. Without --yes you are asked",
    ]
    assert (code, world.questions, told["orphans"][1]["arn"]) == (2, [], trained)


def test_of_a_forgotten_stack_nobody_tells_whether_it_was_kept(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.model("left", tags=world.marks(FORGOTTEN, "Model"))
    code, told = run(world, capsys, delete=True, yes=True)
    assert [each["result"] for each in told["orphans"]] == [f"left alone: {MAYBE}. Without --yes you are asked"]
    assert (code, models(world)) == (2, ["left"])


def test_what_cannot_be_known_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.service.switches.association_tags_refused = True
    association = world.association(world.model(), world.membership(), tags=world.marks(GONE, "Offer"))
    code, told = run(world, capsys)
    assert (code, told) == (3, {"orphans": [], "undecided": [], "untold": [association]})


def test_linear_calls(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stack, audience_model = world.elsewhere.add("Shop"), world.audience_model()
    for number in range(120):
        world.model(f"m{number}", audienceModelArn=audience_model, tags=world.marks(stack, f"M{number}"))
    world.model("gone", audienceModelArn=audience_model, tags=world.marks(GONE, "M"))
    world.operations()
    _, told = run(world, capsys)
    assert len(told["orphans"]) == 121
    assert Counter(world.operations()) == {
        "GetConfiguredAudienceModel": 121,
        "ListConfiguredAudienceModels": 2,
        "GetConfiguredAudienceModelPolicy": 121,
        "ListAudienceGenerationJobs": 121,
        "ListAudienceModels": 1,
        "GetAudienceModel": 1,
        "ListMemberships": 1,
    }
    assert Counter(world.elsewhere.calls) == {"GetCallerIdentity": 1, "DescribeStacks": 2, "ListStackResources": 2}


def test_a_stack_that_may_not_be_read_says_nothing_of_what_it_has(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, shop = world.elsewhere.add("Secret"), world.elsewhere.add("Shop")
    world.model("secret", tags=world.marks(secret, "Model"))
    arn = world.model("copied", tags=world.marks(secret, "Model"))
    shop.resources["Model"] = (TYPE, arn, "CREATE_COMPLETE")
    world.audience_model("ours", tags=world.marks(shop, "Audience"))
    world.elsewhere.denied.add(("DescribeStacks", "Secret"))
    world.answers = [False]
    assert orphans.run(world.account(as_json=True), Namespace(delete=True, yes=False)) == 2
    answer = capsys.readouterr()
    told = json.loads(answer.out)
    assert [each["name"] for each in told["orphans"]] == ["ours"]
    (undecided,) = told["undecided"]
    assert (undecided["name"], undecided["owner"]["state"]) == ("secret", "refused")
    assert "'orphans' needs cloudformation:DescribeStacks; " in answer.err
    assert listing.run(world.account(as_json=True), Namespace()) == 3
    answer = capsys.readouterr()
    states = {each["name"]: each["owner"]["state"] for each in json.loads(answer.out)["configuredAudienceModels"]}
    assert states == {"secret": "refused", "copied": "alive"}
    assert "'list' needs cloudformation:DescribeStacks; " in answer.err
