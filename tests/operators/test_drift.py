"""`drift`: what differs, what can't be known, and what `--fix` writes."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdk_cleanroomsml.local.service import Fault
from cdk_cleanroomsml.operators import drift
from cdk_cleanroomsml.operators.comparison import ASSOCIATION, DATASET, POLICY
from cdk_cleanroomsml.operators.outcome import CommandError

from ..worlds import ANY_POLICY, BY_HAND, CHANGES_TAGS, EMPTIES, GONE_AT_ONCE
from .conftest import PARTNER, as_cloudformation_has_it, dataset_request

if TYPE_CHECKING:
    from .cloudformation import FakeStack
    from .conftest import World

MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"
AUDIENCE_MODEL = "Custom::CleanRoomsMLAudienceModel"
JOBS = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-generation-job/*"


class Shop:
    """A stack with one configured audience model, and what is done to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.stack: FakeStack = world.elsewhere.add("Shop", template={"Resources": {}, "Parameters": {}})
        self.audience_model = world.audience_model()
        self.given: dict[str, Any] = {
            "audienceModelArn": self.audience_model,
            "outputConfig": {
                "destination": {"s3Destination": {"s3Uri": "s3://segments/"}},
                "roleArn": "arn:aws:iam::111122223333:role/cleanrooms-ml-write",
            },
            "sharedAudienceMetrics": ["ALL"],
        }

    def model(self, created: dict[str, Any] | None = None, **given: Any) -> str:
        """The model, as its template says, or as `created` says."""
        properties = {**self.given, **given}
        tags = {**properties.get("tags", {}), **self.world.marks(self.stack, "Model")}
        members = {name: value for name, value in properties.items() if name[0].islower()}
        arn = self.world.model(**{"name": "lookalikes", **members, **(created or {}), "tags": tags})
        self.add("Model", MODEL, arn, {"ServiceToken": "x", "ServiceTimeout": "1200", **properties})
        return arn

    def policy(self, model: str) -> dict[str, Any]:
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": [PARTNER]},
                    "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                    "Resource": [model, JOBS],
                }
            ],
        }
        self.put(model, document)
        properties = {"configuredAudienceModelArn": {"Ref": "Model"}, "configuredAudienceModelPolicy": document}
        self.add("Policy", POLICY, f"{model}/policy", properties)
        return document

    def put(self, model: str, document: dict[str, Any]) -> None:
        self.world.ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=model, configuredAudienceModelPolicy=json.dumps(document)
        )

    def add(self, logical_id: str, type_: str, physical_id: str, properties: dict[str, Any]) -> None:
        self.stack.template["Resources"][logical_id] = {"Type": type_, "Properties": properties}
        self.stack.resources[logical_id] = (type_, physical_id, "CREATE_COMPLETE")

    def drift(self, *answers: bool, stack: str | None = "Shop", fix: bool = False, yes: bool = False) -> int:
        self.world.answers = list(answers)
        return drift.run(self.world.account(as_json=True), Namespace(stack=stack, fix=fix, yes=yes))


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def told(capsys: pytest.CaptureFixture[str], logical_id: str = "Model") -> Any:
    stacks = json.loads(capsys.readouterr().out)["stacks"]
    (found,) = [each for stack in stacks for each in stack["resources"] if each["logicalId"] == logical_id]
    return found


def differences(capsys: pytest.CaptureFixture[str], logical_id: str = "Model") -> dict[str, tuple[Any, Any, bool]]:
    found = told(capsys, logical_id)["differences"]
    return {each["member"]: (each["template"], each["service"], each["canBeFixed"]) for each in found}


FULL: dict[str, Any] = {
    "description": "für Läufer",
    "minMatchingSeedSize": "25",
    "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": ["1", "5"]},
    "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE",
    "tags": {"team": "ads"},
}
CREATED: dict[str, Any] = {
    "minMatchingSeedSize": 25,
    "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]},
}


@ANY_POLICY
def test_what_is_as_its_template_says(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model(CREATED, **FULL)
    shop.policy(model)
    assert shop.drift() == 0
    assert told(capsys)["state"] == "in sync"


def test_defaults_are_no_drift(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.model()
    assert shop.drift() == 0
    assert told(capsys)["differences"] == []


@pytest.mark.parametrize(
    ("given", "change", "member", "expected"),
    [
        ({}, {"description": "by hand"}, "description", ("", "by hand", True)),
        ({"description": "ours"}, {"description": ""}, "description", ("ours", "", True)),
        ({}, {"minMatchingSeedSize": 25}, "minMatchingSeedSize", (500, 25, True)),
        ({}, {"sharedAudienceMetrics": ["NONE"]}, "sharedAudienceMetrics", (["ALL"], ["NONE"], True)),
        (
            {},
            {"audienceSizeConfig": CREATED["audienceSizeConfig"]},
            "audienceSizeConfig",
            (None, CREATED["audienceSizeConfig"], False),
        ),
    ],
)
@EMPTIES
def test_a_member_that_was_changed(
    shop: Shop, capsys: pytest.CaptureFixture[str], given: Any, change: Any, member: str, expected: Any
) -> None:
    model = shop.model(**given)
    shop.world.ml.update_configured_audience_model(configuredAudienceModelArn=model, **change)
    assert shop.drift() == 2
    assert differences(capsys) == {member: expected}


def test_tags_that_were_changed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model(tags={"team": "ads", "stage": "test"})
    shop.world.ml.tag_resource(resourceArn=model, tags={"team": "shop", "cost": "1"})
    shop.world.ml.untag_resource(resourceArn=model, tagKeys=["stage"])
    assert shop.drift() == 2
    assert differences(capsys) == {
        "tags.team": ("ads", "shop", True),
        "tags.cost": (None, "1", True),
        "tags.stage": ("test", None, True),
    }


def test_markers_that_were_changed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model()
    logical_id = "cdk-cleanroomsml:logical-id"
    shop.world.ml.untag_resource(resourceArn=model, tagKeys=[logical_id])
    assert shop.drift() == 2
    assert differences(capsys) == {f"tags.{logical_id}": ("Model", None, True)}
    shop.world.ml.tag_resource(resourceArn=model, tags={logical_id: "Other"})
    assert shop.drift(fix=True, yes=True) == 2
    assert differences(capsys) == {f"tags.{logical_id}": ("Model", "Other", False)}


def test_what_only_a_new_resource_can_have(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.model({"name": "another"}, name="given")
    assert shop.drift(fix=True, yes=True) == 2
    assert differences(capsys) == {"name": ("given", "another", False)}
    assert "UpdateConfiguredAudienceModel" not in shop.world.writes()


@ANY_POLICY
@GONE_AT_ONCE
def test_what_is_gone(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model()
    shop.policy(model)
    shop.world.ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    assert shop.drift() == 2
    assert differences(capsys) == {"": ("exists", "does not exist", False)}


def test_an_audience_model_of_a_retraining(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model(Retrained="true")
    newer = shop.world.audience_model("newer")
    shop.world.ml.update_configured_audience_model(configuredAudienceModelArn=model, audienceModelArn=newer)
    shop.add("Gone", AUDIENCE_MODEL, shop.audience_model + "-old", {"trainingDatasetArn": "x", "Retrained": "true"})
    assert shop.drift() == 0
    assert told(capsys)["notes"] == ["audienceModelArn is the retraining's, not the template's"]


@ANY_POLICY
def test_a_policy_that_was_changed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model = shop.model()
    document = shop.policy(model)
    other = json.loads(json.dumps(document).replace(PARTNER, "777788889999"))
    shop.put(model, other)
    assert shop.drift() == 2
    assert differences(capsys, "Policy") == {"configuredAudienceModelPolicy": (document, other, True)}
    assert shop.drift(True, fix=True) == 0
    shop.world.ml.delete_configured_audience_model_policy(configuredAudienceModelArn=model)
    assert shop.drift(True, fix=True) == 0
    held = shop.world.ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)
    assert json.loads(held["configuredAudienceModelPolicy"]) == document


@ANY_POLICY
def test_another_spelling_of_a_policy_is_none(shop: Shop) -> None:
    model = shop.model()
    document = shop.policy(model)
    document["Statement"][0]["Principal"]["AWS"] = f"arn:aws:iam::{PARTNER}:root"
    document["Statement"][0]["Action"] = "cleanrooms-ml:StartAudienceGenerationJob"
    shop.put(model, document)
    assert shop.drift() == 0


@CHANGES_TAGS
def test_an_association(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    model, membership = shop.model(), shop.world.membership()
    tags = {"team": "ads"}
    association = shop.world.association(
        model, membership, "ours", tags={**tags, **shop.world.marks(shop.stack, "Offer")}
    )
    properties = {
        "membershipIdentifier": membership,
        "configuredAudienceModelArn": {"Ref": "Model"},
        "configuredAudienceModelAssociationName": "ours",
        "manageResourcePolicies": "true",
        "tags": tags,
    }
    shop.add("Offer", ASSOCIATION, association, properties)
    assert shop.drift() == 0
    shop.world.rooms.update_configured_audience_model_association(
        membershipIdentifier=membership,
        configuredAudienceModelAssociationIdentifier=association.rpartition("/")[2],
        name="theirs",
        description="x",
    )
    capsys.readouterr()
    assert shop.drift() == 2
    assert differences(capsys, "Offer") == {
        "configuredAudienceModelAssociationName": ("ours", "theirs", True),
        "description": ("", "x", True),
    }
    assert shop.drift(fix=True, yes=True) == 0
    shop.world.service.switches.association_tags_refused = True
    capsys.readouterr()
    assert shop.drift() == 3
    assert told(capsys, "Offer")["notKnown"] == [
        {"member": "tags", "why": "the service doesn't tell the tags of an association"}
    ]


class TestTrainingDataset:
    """CloudFormation's own type."""

    @pytest.fixture
    def dataset(self, shop: Shop) -> str:
        tags = {"aws:cloudformation:stack-id": shop.stack.id, "team": "ads", "cost": "1"}
        request = dataset_request("data")
        arn: str = shop.world.ml.create_training_dataset(**request)["trainingDatasetArn"]
        shop.world.service.resource(arn)["tags"].update(tags)
        shop.stack.tags["cost"] = "1"
        data = as_cloudformation_has_it({**request, "tags": [{"key": "team", "value": "ads"}]})
        shop.add("Data", DATASET, arn, data)
        return arn

    @pytest.mark.usefixtures("dataset")
    def test_it_is_as_its_template_says(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        assert shop.drift() == 0
        assert told(capsys, "Data")["state"] == "in sync"

    def test_its_tags_can_be_fixed(self, shop: Shop, dataset: str, capsys: pytest.CaptureFixture[str]) -> None:
        shop.world.ml.tag_resource(resourceArn=dataset, tags={"team": "shop", "foreign": "1"})
        assert shop.drift() == 2
        assert differences(capsys, "Data") == {"tags.team": ("ads", "shop", True), "tags.foreign": (None, "1", True)}
        assert shop.drift(fix=True, yes=True) == 0
        assert shop.world.writes()[-2:] == ["UntagResource", "TagResource"]

    def test_the_rest_only_a_new_one_can_have(
        self, shop: Shop, dataset: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        held = shop.world.service.resource(dataset)
        held["roleArn"] += "-2"
        source = held["trainingData"][0]["inputConfig"]["dataSource"]["glueDataSource"]
        source |= {"tableName": "other", "catalogId": "111122223333"}
        assert shop.drift(fix=True, yes=True) == 2
        found = differences(capsys, "Data")
        assert {member: fixable for member, (_, _, fixable) in found.items()} == {
            "roleArn": False,
            "trainingData": False,
        }
        assert "catalogId" not in json.dumps(found)

    def test_it_is_gone(self, shop: Shop, dataset: str, capsys: pytest.CaptureFixture[str]) -> None:
        shop.world.ml.delete_training_dataset(trainingDatasetArn=dataset)
        assert shop.drift() == 2
        assert differences(capsys, "Data") == {"": ("exists", "does not exist", False)}

    @pytest.mark.usefixtures("dataset")
    @pytest.mark.parametrize("tags", [{"Ref": "Nobody"}, [{"Ref": "Nobody"}]])
    def test_tags_that_cannot_be_known(self, shop: Shop, tags: Any) -> None:
        shop.stack.template["Resources"]["Data"]["Properties"]["Tags"] = tags
        assert shop.drift() == 3


class TestFix:
    @BY_HAND
    def test_it_asks_for_each_resource(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        model = shop.model(CREATED, **FULL)
        ml = shop.world.ml
        ml.update_configured_audience_model(
            configuredAudienceModelArn=model, description="by hand", minMatchingSeedSize=100
        )
        ml.tag_resource(resourceArn=model, tags={"cost": "1"})
        ml.untag_resource(resourceArn=model, tagKeys=["team"])
        shop.world.operations()
        assert shop.drift(False, fix=True) == 2
        assert shop.world.writes() == []
        assert shop.world.questions == [
            f"write the template's description, minMatchingSeedSize, tags.cost, tags.team to {model}?"
        ]
        assert shop.drift(True, fix=True) == 0
        assert shop.world.writes() == ["UntagResource", "TagResource", "UpdateConfiguredAudienceModel"]
        held = ml.get_configured_audience_model(configuredAudienceModelArn=model)
        assert (held["description"], held["minMatchingSeedSize"]) == ("für Läufer", 25)
        assert (held["tags"]["team"], "cost" in held["tags"]) == ("ads", False)
        assert capsys.readouterr().out

    @pytest.mark.parametrize("resets", [False, True])
    def test_only_what_differs_is_written(self, shop: Shop, resets: bool) -> None:
        """And as it is what the update might reset: then nothing differs any more, either way."""
        model = shop.model(CREATED, **FULL)
        shop.world.service.resource(model)["description"] = "by hand"
        shop.world.service.switches.update_resets = resets
        shop.world.operations()
        assert shop.drift(fix=True, yes=True) == 0
        (update,) = [each for each in shop.world.service.calls if each.is_write]
        along = {name: CREATED[name] for name in ("minMatchingSeedSize", "audienceSizeConfig")}
        assert update.input == {"configuredAudienceModelArn": model, "description": "für Läufer", **along}
        assert shop.drift() == 0

    def test_what_is_in_sync_is_not_asked_about(self, shop: Shop) -> None:
        shop.model()
        assert shop.drift(fix=True) == 0
        assert shop.world.questions == []


class TestNotKnown:
    def test_it_is_said_and_not_guessed(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.stack.template["Parameters"]["Words"] = {"Type": "String", "NoEcho": True}
        output = {
            "destination": {"s3Destination": {"s3Uri": {"Fn::Sub": "s3://${Where.Name}/"}}},
            "roleArn": shop.given["outputConfig"]["roleArn"],
        }
        shop.model(
            {"description": "x", "outputConfig": shop.given["outputConfig"]},
            description={"Ref": "Words"},
            outputConfig=output,
        )
        assert shop.drift() == 3
        found = told(capsys)
        assert (found["state"], found["differences"]) == ("not known", [])
        assert found["notKnown"] == [
            {"member": "outputConfig.destination.s3Destination.s3Uri", "why": "GetAtt Where.Name"},
            {"member": "description", "why": "the parameter Words, which is NoEcho"},
        ]

    def test_what_is_known_of_a_member_is_compared(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        output = {
            "destination": {"s3Destination": {"s3Uri": {"Fn::ImportValue": "nowhere"}}},
            "roleArn": "arn:aws:iam::111122223333:role/another",
        }
        model = shop.model({"outputConfig": shop.given["outputConfig"]}, outputConfig=output)
        assert shop.drift() == 2
        assert list(differences(capsys)) == ["outputConfig"]
        assert shop.drift(fix=True, yes=True) == 3
        held = shop.world.ml.get_configured_audience_model(configuredAudienceModelArn=model)["outputConfig"]
        assert held["roleArn"] == "arn:aws:iam::111122223333:role/another"
        assert held["destination"] == shop.given["outputConfig"]["destination"]

    def test_a_list_of_another_length(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [{"Ref": "Nobody"}, "2"]}
        shop.model(
            {"audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1]}}, audienceSizeConfig=sizes
        )
        assert shop.drift(fix=True, yes=True) == 2
        (found,) = told(capsys)["differences"]
        assert found["whyNot"] == "a part of it is not known from here"

    def test_a_creation_that_was_never_answered(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.add("Model", MODEL, "cdk-cleanroomsml:failed-create/1/abc", shop.given)
        assert shop.drift() == 3
        assert "never answered" in told(capsys)["notKnown"][0]["why"]

    def test_a_stack_that_changes(self, shop: Shop) -> None:
        shop.model()
        shop.stack.status = "UPDATE_IN_PROGRESS"
        assert shop.drift() == 3
        assert shop.world.operations()[-1] != "GetConfiguredAudienceModel"

    def test_a_template_in_yaml(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shop.model()
        monkeypatch.setattr(
            shop.world.elsewhere, "_get_template", lambda _: {"TemplateBody": "Resources: {}"}, raising=True
        )
        assert shop.drift() == 3
        assert "is in YAML" in told(capsys)["notKnown"][0]["why"]


class TestWhichStacks:
    def test_all_of_the_region(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model()
        for number in range(120):
            shop.world.elsewhere.add(
                f"Other{number}", resources={"Handle": ("AWS::S3::Bucket", "x", "CREATE_COMPLETE")}
            )
        shop.world.elsewhere.add("Old", status="DELETE_COMPLETE")
        assert shop.drift(stack=None) == 0
        stacks = json.loads(capsys.readouterr().out)["stacks"]
        assert [each["stack"] for each in stacks] == ["Shop"]
        assert shop.world.elsewhere.calls.count("GetTemplate") == 1
        assert shop.world.elsewhere.calls.count("ListStacks") == 2

    def test_with_those_nested_in_it(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model()
        parent = shop.world.elsewhere.add("Parent")
        parent.resources["Nested"] = ("AWS::CloudFormation::Stack", shop.stack.id, "CREATE_COMPLETE")
        assert shop.drift(stack="Parent") == 0
        assert told(capsys)["state"] == "in sync"

    def test_none_of_that_name(self, shop: Shop) -> None:
        with pytest.raises(CommandError, match="there is no stack Nobody in us-east-1"):
            shop.drift(stack="Nobody")

    @pytest.mark.parametrize("name", ["shp", "SHOP", "Shopp"])
    def test_one_that_is_like_it(self, shop: Shop, name: str) -> None:
        shop.world.elsewhere.add("Unlike")
        with pytest.raises(CommandError, match=r"did you mean Shop\?"):
            shop.drift(stack=name)

    @pytest.mark.parametrize("name", ["Shop*", "Prod/Shop", "", "1Shop", "x" * 129])
    def test_what_no_stack_is_called(self, shop: Shop, name: str) -> None:
        with pytest.raises(CommandError, match=r"is no name of a stack: .* there are no patterns.*'Prod-Shop'"):
            shop.drift(stack=name)
        assert shop.world.elsewhere.calls in ([], ["GetCallerIdentity"])

    @pytest.mark.parametrize("place", ["eu-west-1:111122223333", "us-east-1:444455556666"])
    def test_one_that_is_elsewhere(self, shop: Shop, place: str) -> None:
        with pytest.raises(CommandError, match="is not in us-east-1 of account 111122223333"):
            shop.drift(stack=f"arn:aws:cloudformation:{place}:stack/Shop/1a")

    def test_one_without_any(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.world.elsewhere.add("Empty")
        assert drift.run(shop.world.account(), Namespace(stack="Empty", fix=False, yes=False)) == 0
        assert capsys.readouterr().out == "Empty has no resources of Clean Rooms ML in us-east-1\n"

    def test_one_that_did_not_come_to_rest_says_so(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model()
        shop.stack.status = "UPDATE_ROLLBACK_FAILED"
        assert drift.run(shop.world.account(), Namespace(stack="Shop", fix=False, yes=False)) == 0
        assert capsys.readouterr().out == "Shop: UPDATE_ROLLBACK_FAILED, 1 in sync\n"

    @pytest.mark.parametrize("status", ["CREATE_FAILED", "DELETE_FAILED"])
    def test_what_is_neither_there_nor_gone(self, shop: Shop, capsys: pytest.CaptureFixture[str], status: str) -> None:
        shop.stack.resources["Model"] = (MODEL, shop.model(), status)
        shop.stack.status = "ROLLBACK_FAILED"
        assert shop.drift() == 3
        assert told(capsys)["notKnown"] == [{"member": "", "why": f"it is {status}: `explain` says why"}]

    @pytest.mark.parametrize("status", ["DELETE_COMPLETE", "DELETE_SKIPPED"])
    def test_what_has_left_the_stack(self, shop: Shop, status: str) -> None:
        shop.stack.resources["Model"] = (MODEL, shop.model(), status)
        assert shop.drift() == 0

    def test_exports_are_asked_for_only_where_one_is_imported(self, shop: Shop) -> None:
        shop.world.elsewhere.exports["arn"] = shop.audience_model
        shop.model({"audienceModelArn": shop.audience_model}, audienceModelArn={"Fn::ImportValue": "arn"})
        assert shop.drift() == 0
        assert shop.world.elsewhere.calls.count("ListExports") == 1


class TestRefusals:
    """What may not be read is told, and ends nothing."""

    @pytest.mark.parametrize("operation", ["DescribeStacks", "ListStackResources"])
    def test_a_stack(self, shop: Shop, capsys: pytest.CaptureFixture[str], operation: str) -> None:
        shop.model({"description": "by hand"})
        shop.world.elsewhere.add("Secret")
        shop.world.elsewhere.denied.add((operation, "Secret"))
        assert shop.drift(stack=None) == 2
        answer = capsys.readouterr()
        ours, secret = json.loads(answer.out)["stacks"]
        assert [each["state"] for each in ours["resources"]] == ["drifted"]
        assert (secret["stack"], secret["status"], secret["resources"]) == ("Secret", "CREATE_COMPLETE", [])
        assert f"'drift' needs cloudformation:{operation}; " in secret["whyNotRead"]
        assert answer.err.split() == secret["whyNotRead"].split()

    def test_a_nested_stack(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model()
        inner = shop.world.elsewhere.add("Shop-Inner")
        shop.stack.resources["Inner"] = ("AWS::CloudFormation::Stack", inner.id, "CREATE_COMPLETE")
        shop.world.elsewhere.denied.add(("DescribeStacks", "Shop-Inner"))
        assert shop.drift() == 3
        assert [each["stack"] for each in json.loads(capsys.readouterr().out)["stacks"]] == ["Shop", "Shop-Inner"]

    def test_a_template(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model({"description": "by hand"})
        shop.world.elsewhere.denied.add(("GetTemplate", "Shop"))
        assert shop.drift(fix=True, yes=True) == 3
        (unknown,) = told(capsys)["notKnown"]
        assert "'drift' needs cloudformation:GetTemplate; " in unknown["why"]

    def test_a_resource(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.policy(shop.model())
        denied = Fault("GetConfiguredAudienceModelPolicy", error="AccessDeniedException", times=20)
        shop.world.service.faults.add(denied)
        assert shop.drift() == 3
        answer = capsys.readouterr()
        states = {each["logicalId"]: each["state"] for each in json.loads(answer.out)["stacks"][0]["resources"]}
        assert states == {"Model": "in sync", "Policy": "not known"}
        assert answer.err.count("'drift' needs cleanrooms-ml:GetConfiguredAudienceModelPolicy; ") == 1

    @pytest.mark.parametrize("stack", [None, "Shop"])
    def test_all_there_is(self, shop: Shop, stack: str | None) -> None:
        shop.model()
        shop.world.elsewhere.denied.add(("DescribeStacks", "Shop"))
        with pytest.raises(ClientError, match="AccessDenied"):
            shop.drift(stack=stack)

    def test_as_a_screen(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model()
        shop.world.elsewhere.add("Secret")
        shop.world.elsewhere.denied.add(("DescribeStacks", "Secret"))
        assert drift.run(shop.world.account(), Namespace(stack=None, fix=False, yes=False)) == 3
        shown = capsys.readouterr().out
        assert "Shop: 1 in sync" in shown
        assert "Secret: may not be read" in shown

    def test_writing_ends_with_the_first(self, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
        shop.model({"description": "by hand"})
        shop.world.service.faults.add(Fault("UpdateConfiguredAudienceModel", error="AccessDeniedException"))
        with pytest.raises(ClientError, match="AccessDenied"):
            shop.drift(fix=True, yes=True)
        assert told(capsys)["state"] == "drifted"
