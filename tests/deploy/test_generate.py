"""What `generate` writes is deployed with IAM enforced, and changes nothing of what was there."""

from __future__ import annotations

import json
import runpy
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import aws_cdk
import pytest

from cdk_cleanroomsml.operators.main import main

from .conftest import AUDIENCE_MODEL_ARN, Deployment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

ACCOUNT, PARTNER = "111122223333", "444455556666"
MARKER = "cdk-cleanroomsml:"
ODD = "a 'b' \"c\" \\d {e} ${AWS::Region} {{x}} é \N{RUNNER} \N{RIGHT-TO-LEFT OVERRIDE}\x85 %s $(x) `y` #{z} \\u0041"
PLACES = ("", "/", "/a", "/a/", "/a/b c/", "//a", "/a*/", "/${AWS::Region}/", "/é/'\"/", "/a//", "/\\n/", "/.", "/ a /")
DESCRIPTIONS = (
    "",
    " ",
    "x" * 255,
    "first\nsecond\r\n\tthird\n",
    '"""',
    "'''\\",
    "${x}",
    "{{resolve",
    " edges ",
    "0",
    "null",
)
TAGS: tuple[dict[str, str], ...] = (
    {},
    {"team": "ads", "Team": "Ads", "Größe/1:2@x": "", "a b": " c ", "Name": "é", "_.+-=": "_.+-="},
    {"k" * 128: "v" * 256},
    {f"key {number}": str(number) for number in range(44)},
)
SIZES: tuple[dict[str, Any] | None, ...] = (
    None,
    {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [20_000_000, 1, 2]},
    {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [7, 7, 8]},
    {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [100, 1, 5]},
    {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": list(range(1, 26))},
)
NAMES = (
    "x",
    "123",
    " edges ",
    "\ttab",
    "日本",
    "\N{RUNNER}" * 20,
    "CleanRoomsMLProvider",
    "Output",
    "Existing",
    ODD[:63],
    "n" * 63,
    "same",
    "Same!",
    "None",
    "a/b",
)
SIZE_AND_TYPE: tuple[dict[str, Any], ...] = (
    {},
    {"minMatchingSeedSize": 25, "childResourceTagOnCreatePolicy": "NONE"},
    {"minMatchingSeedSize": 500_000, "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"},
    {"minMatchingSeedSize": 500, "sharedAudienceMetrics": ["NONE"]},
)
ROLES = ("/", "/deep/er/path/", "/a_b+c=d,e.f@g-h/")


def some(number: int, values: Sequence[Any]) -> Any:
    """One of some values, each of which gets its turn."""
    return values[number % len(values)]


def fields(number: int) -> dict[str, Any]:
    """The members of a model: of the first one, only what must be given; of all together, each value of each."""
    chosen: dict[str, Any] = {
        "description": some(number, DESCRIPTIONS),
        "audienceSizeConfig": some(number, SIZES),
        "tags": some(number, TAGS),
        **some(number, SIZE_AND_TYPE),
    }
    return {"name": NAMES[number], **{name: each for name, each in chosen.items() if each}}


class ByHand:
    """What somebody has made by hand: models, each with one thing of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ml: Any = engine.client("cleanroomsml")
        s3, kms = engine.client("s3"), engine.client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        for bucket in ("by-hand", "keyed.by-hand"):
            s3.create_bucket(Bucket=bucket)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.put_bucket_encryption(Bucket="keyed.by-hand", ServerSideEncryptionConfiguration={"Rules": [rule]})
        trust = {"Effect": "Allow", "Principal": {"Service": "cleanrooms-ml.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.roles = {
            path: engine.client("iam").create_role(
                RoleName=f"writer{number}",
                Path=path,
                AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            )["Role"]["Arn"]
            for number, path in enumerate(ROLES)
        }
        self.ml.tag_resource(resourceArn=AUDIENCE_MODEL_ARN, tags={"cdk-cleanroomsml:retraining": "x"})
        self.arns = [self.make(number) for number in range(len(NAMES))]
        self.rooms: Any = engine.client("cleanrooms")
        window = {"trainingDataStartTime": datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=timezone.utc)}
        trained = [
            self.train(ODD[:63], description=ODD[:200], tags={"k": "v"}, **window),
            self.train("\N{RUNNER}", kmsKeyArn=key, trainingDataEndTime=datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ]
        self.audience_models = trained
        self.associations: list[dict[str, Any]] = []
        for number, audience_model in enumerate(trained):
            self.arns.append(
                self.make(0, name=f"chain {number}", audienceModelArn=audience_model, tags={"team": "ads"})
            )
            self.offer(self.arns[-1], manages=bool(number))

    def train(self, name: str, **members: Any) -> str:
        """An audience model of its own."""
        columns = [{"columnName": name, "columnTypes": [name]} for name in ("USER_ID", "ITEM_ID", "TIMESTAMP")]
        source = {"glueDataSource": {"tableName": "clicks", "databaseName": "shop"}}
        data = [{"type": "INTERACTIONS", "inputConfig": {"schema": columns, "dataSource": source}}]
        dataset = self.ml.create_training_dataset(name=name, roleArn=self.roles["/"], trainingData=data)
        made = self.ml.create_audience_model(name=name, trainingDatasetArn=dataset["trainingDatasetArn"], **members)
        return str(made["audienceModelArn"])

    def offer(self, model: str, *, manages: bool) -> None:
        """Lets a partner in: an association, and a policy in words that the CDK would put in another way."""
        collaboration = self.rooms.create_collaboration(
            name="spring",
            description="a campaign",
            creatorDisplayName="publisher",
            creatorMemberAbilities=[],
            queryLogStatus="DISABLED",
            members=[{"accountId": PARTNER, "memberAbilities": ["CAN_QUERY"], "displayName": "advertiser"}],
        )["collaboration"]["id"]
        joined = self.rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        association = self.rooms.create_configured_audience_model_association(
            membershipIdentifier=joined["membership"]["id"],
            configuredAudienceModelArn=model,
            configuredAudienceModelAssociationName=ODD[:90],
            manageResourcePolicies=manages,
            **({} if manages else {"description": ODD[:200], "tags": {"k": "v"}}),
        )["configuredAudienceModelAssociation"]
        self.associations.append(association)
        if manages:
            return
        statement = {
            "Sid": "Spring",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
            "Action": "cleanrooms-ml:StartAudienceGenerationJob",
            "Resource": model,
        }
        self.ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=model,
            configuredAudienceModelPolicy=json.dumps({"Version": "2012-10-17", "Id": "ours", "Statement": statement}),
        )

    def make(self, number: int, **more: Any) -> str:
        bucket, place = some(number, ("by-hand", "keyed.by-hand")), some(number, PLACES)
        destination = {"s3Destination": {"s3Uri": f"s3://{bucket}{place}"}}
        request = {
            "audienceModelArn": AUDIENCE_MODEL_ARN,
            "outputConfig": {"destination": destination, "roleArn": self.roles[some(number, ROLES)]},
            "sharedAudienceMetrics": ["ALL"],
            **fields(number),
            **more,
        }
        return str(self.ml.create_configured_audience_model(**request)["configuredAudienceModelArn"])

    def held(self) -> dict[str, Any]:
        """All as the services hold them, but for markers."""
        found = [self.ml.get_configured_audience_model(configuredAudienceModelArn=arn) for arn in self.arns]
        found += [self.ml.get_audience_model(audienceModelArn=arn) for arn in self.audience_models]
        for each in self.associations:
            address = {
                "membershipIdentifier": each["membershipId"],
                "configuredAudienceModelAssociationIdentifier": each["id"],
            }
            found += [
                self.ml.get_configured_audience_model_policy(
                    configuredAudienceModelArn=each["configuredAudienceModelArn"]
                ),
                self.rooms.get_configured_audience_model_association(**address)["configuredAudienceModelAssociation"],
                self.rooms.list_tags_for_resource(resourceArn=each["arn"]),
            ]
        return {str(number): _unmarked(each) for number, each in enumerate(found)}


def _unmarked(held: dict[str, Any]) -> dict[str, Any]:
    tags = {key: value for key, value in held.get("tags", {}).items() if not key.startswith(MARKER)}
    left_out = ("ResponseMetadata", "updateTime")
    return {**{name: each for name, each in held.items() if name not in left_out}, "tags": tags}


@pytest.fixture
def by_hand(guarded_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> ByHand:
    for name, value in guarded_engine.environment().items():
        monkeypatch.setenv(name, value)
    return ByHand(guarded_engine)


def test_deploying_it_changes_nothing(
    by_hand: ByHand, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = by_hand.held()
    assert main(["generate", *by_hand.arns]) == 0, capsys.readouterr().err
    program = capsys.readouterr().out
    (tmp_path / "existing.py").write_text(program)
    # What the CDK CLI tells it by a variable, which CDK reads once in a process.
    monkeypatch.setattr(aws_cdk, "App", partial(aws_cdk.App, outdir=str(tmp_path / "cdk.out")))
    runpy.run_path(str(tmp_path / "existing.py"), run_name="__main__")
    # With an error in it, the CDK CLI would refuse to deploy it.
    assert not [path for path in (tmp_path / "cdk.out").glob("*.json") if "aws:cdk:error" in path.read_text()]
    by_hand.engine.forget_calls()
    Deployment(by_hand.engine, "Existing").deploy_synthesised(tmp_path / "cdk.out")
    writes = {call.operation for call in by_hand.engine.calls() if call.is_write}
    assert writes == {"TagResource", "UntagResource"}
    assert by_hand.held() == held
    assert main(["drift", "Existing", "--json"]) == 0, capsys.readouterr().out
