"""`generate`: the program is Python, and defines what the service holds."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from argparse import Namespace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_cleanroomsml.operators import generate
from cdk_cleanroomsml.operators.comparison import compare
from cdk_cleanroomsml.operators.existing import Existing
from cdk_cleanroomsml.operators.outcome import CommandError
from cdk_cleanroomsml.operators.python_source import text
from cdk_cleanroomsml.operators.stacks import Stack
from cdk_cleanroomsml.operators.template import Place, Template

from ..worlds import ANY_POLICY, CHANGES_TAGS, REPEATS
from .cloudformation import ACCOUNT, REGION
from .conftest import PARTNER

if TYPE_CHECKING:
    from .conftest import World

MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"
AUDIENCE_MODEL = "Custom::CleanRoomsMLAudienceModel"
ASSOCIATION = "Custom::CleanRoomsConfiguredAudienceModelAssociation"
POLICY = "Custom::CleanRoomsMLConfiguredAudienceModelPolicy"
DATASET = "AWS::CleanRoomsML::TrainingDataset"
ODD = "a 'b' \"c\" \\d {e} ${F} é \N{RUNNER} \N{RIGHT-TO-LEFT OVERRIDE}\x85 %s"


def program(world: World, capsys: pytest.CaptureFixture[str], *arns: str, code: int = 0) -> str:
    capsys.readouterr()
    assert generate.run(world.account(), Namespace(arns=list(arns))) == code
    return capsys.readouterr().out


def template_of(python: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "existing"}
    exec(compile(python, "existing.py", "exec"), namespace)  # noqa: S102 - what was generated
    app = cdk.App(builtin_cloud_formation_validation=False)
    namespace["Existing"](app, "Existing", env=cdk.Environment(account=ACCOUNT, region=REGION))
    template: dict[str, Any] = app.synth().get_stack_by_name("Existing").template
    return template


def of_type(template: dict[str, Any], type_: str) -> dict[str, Any]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == type_}


def differences(world: World, template: dict[str, Any], ids: dict[str, str]) -> list[tuple[str, str]]:
    """How the template would differ from what there is, if it were deployed with these physical ids, by type."""
    resources = {
        logical_id: {
            "LogicalResourceId": logical_id,
            "ResourceType": each["Type"],
            "ResourceStatus": "CREATE_COMPLETE",
            "PhysicalResourceId": ids.get(each["Type"], f"id-of-{logical_id}"),
        }
        for logical_id, each in template["Resources"].items()
    }
    stack = Stack("arn:aws:cloudformation:us-east-1:111122223333:stack/Existing/1", "Existing", "", {}, resources)
    resolved = Template(template, stack, Place(ACCOUNT, REGION, "aws", dict, lambda _: None))
    account = world.account()
    found = []
    for logical_id, each in resources.items():
        if each["ResourceType"] in ids:
            told = compare(account, stack, each, resolved.properties(logical_id))
            assert not told.not_known
            found += [(each["ResourceType"], change.member) for change in told.differences]
    # Nobody has marked them yet.
    return [(type_, member) for type_, member in found if not member.startswith("tags.cdk-cleanroomsml:")]


TWICE = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [7, 7, 8]}
FIELDS: list[dict[str, Any]] = [
    {},
    {"name": ODD},
    {"description": "${Token[ #{Token[x] {resolve: ${Token[TOKEN 1]}"},
    {"name": "123"},
    {"name": "日本"},
    {"name": "CleanRoomsMLProvider"},
    {"name": "Output"},
    {"name": "\tx"},
    {"description": f"{ODD}\n\r\nsecond"[:250]},
    {"minMatchingSeedSize": 25},
    {"sharedAudienceMetrics": ["NONE"]},
    {"childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"},
    {"childResourceTagOnCreatePolicy": "NONE"},
    {"audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5, 100]}},
    {"audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": list(range(1, 26))}},
    {"audienceSizeConfig": TWICE},
    {"tags": {"team": "ads", "Größe/1:2@x": "", "aws": "é"}},
    *(
        {
            "outputConfig": {
                "destination": {"s3Destination": {"s3Uri": uri}},
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/a/b",
            }
        }
        for uri in (
            "s3://segments",
            "s3://segments/",
            "s3://segments/a",
            "s3://segments/a/b c/",
            "s3://segments//a",
            "s3://segments/a*/",
            "s3://segments/${x}/",
            "s3://segments/é/'\"/",
        )
    ),
]


@pytest.mark.parametrize("members", FIELDS, ids=[json.dumps(each)[:60] for each in FIELDS])
def test_deploying_it_would_change_nothing(world: World, capsys: pytest.CaptureFixture[str], members: Any) -> None:
    bucket(world)
    model = world.model(**members)
    template = template_of(program(world, capsys, model))
    held = world.ml.get_configured_audience_model(configuredAudienceModelArn=model)
    assert differences(world, template, {MODEL: model, AUDIENCE_MODEL: held["audienceModelArn"]}) == []


def bucket(world: World, key: str = "") -> None:
    world.elsewhere.buckets["segments"] = key


@CHANGES_TAGS
def test_the_whole_chain(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a"
    bucket(world, key)
    audience_model = world.audience_model(
        "läufer",
        trainingDataStartTime=datetime(2024, 1, 1, tzinfo=timezone.utc),
        trainingDataEndTime=datetime(2024, 2, 3, 4, 5, 6, tzinfo=timezone.utc),
        kmsKeyArn=key,
        description="x",
        tags={"a": "b"},
    )
    model = world.model("readers", audienceModelArn=audience_model)
    association = world.association(model, world.membership(), ODD, description=ODD, tags={"c": "d"})
    python = program(world, capsys, model)
    template = template_of(python)
    ids = {MODEL: model, AUDIENCE_MODEL: audience_model, ASSOCIATION: association}
    assert differences(world, template, ids) == []
    assert {each["Type"] for each in template["Resources"].values()} >= set(ids)
    # Clean Rooms manages the policy.
    assert of_type(template, POLICY) == {}
    assert of_type(template, "AWS::S3::Bucket") == of_type(template, "AWS::KMS::Key") == {}
    assert python.count("kms.Key.from_key_arn") == 1


def statement(**changes: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": [PARTNER]},
        "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
        "Resource": ["MODEL", f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-generation-job/*"],
        "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": "1a2b3c4d-1a2b-4c3d-8e4f-1a2b3c4d5e6f"}},
        **changes,
    }


OTHER = {"StringEquals": {"cleanrooms-ml:CollaborationId": "2a2b3c4d-1a2b-4c3d-8e4f-1a2b3c4d5e6f"}}


@pytest.mark.parametrize(
    "document",
    [
        {"Version": "2012-10-17", "Statement": [statement()]},
        {"Version": "2012-10-17", "Statement": statement()},
        {"Version": "2012-10-17", "Statement": [statement(), statement(Condition=OTHER)]},
        {"Version": "2012-10-17", "Statement": [statement(), statement(Principal={"AWS": ["777788889999"]})]},
        {"Version": "2012-10-17", "Statement": [statement(Sid="Spring")]},
        {"Version": "2012-10-17", "Id": "ours", "Statement": [statement(Effect="Deny")]},
        {"Version": "2012-10-17", "Statement": [statement(Principal={"AWS": f"arn:aws:iam::{PARTNER}:role/é"})]},
    ],
)
@ANY_POLICY
def test_a_resource_policy(world: World, capsys: pytest.CaptureFixture[str], document: Any) -> None:
    bucket(world)
    model = world.model()
    document = json.loads(json.dumps(document).replace("MODEL", model))
    put = world.ml.put_configured_audience_model_policy
    put(configuredAudienceModelArn=model, configuredAudienceModelPolicy=json.dumps(document))
    template = template_of(program(world, capsys, model))
    held = world.ml.get_configured_audience_model(configuredAudienceModelArn=model)
    ids = {MODEL: model, AUDIENCE_MODEL: held["audienceModelArn"], POLICY: f"{model}/policy"}
    assert differences(world, template, ids) == []
    assert len(of_type(template, POLICY)) == 1


@CHANGES_TAGS
def test_parts_by_themselves(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    audience_model = world.audience_model()
    template = template_of(program(world, capsys, audience_model))
    assert differences(world, template, {AUDIENCE_MODEL: audience_model}) == []
    assert of_type(template, MODEL) == {}
    association = world.association(world.model(), world.membership(), manageResourcePolicies=False)
    template = template_of(program(world, capsys, association))
    assert differences(world, template, {ASSOCIATION: association}) == []
    assert of_type(template, MODEL) == {}


def test_a_training_dataset(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(world)
    world.elsewhere.tables["shop", "clicks"] = "s3://segments/clicks/2024"
    audience_model = world.audience_model()
    held = world.ml.get_audience_model(audienceModelArn=audience_model)
    dataset = held["trainingDatasetArn"]
    python = program(world, capsys, dataset, audience_model)
    template = template_of(python)
    (defined,) = of_type(template, DATASET).values()
    held = world.ml.get_training_dataset(trainingDatasetArn=dataset)
    properties = defined["Properties"]
    assert (properties["Name"], properties["RoleArn"]) == (held["name"], held["roleArn"])
    (data,) = properties["TrainingData"]
    (expected,) = held["trainingData"]
    columns = [(each["columnName"], each["columnTypes"]) for each in expected["inputConfig"]["schema"]]
    assert [(each["ColumnName"], each["ColumnTypes"]) for each in data["InputConfig"]["Schema"]] == columns
    source = {"DatabaseName": "shop", "TableName": "clicks"}
    assert data["InputConfig"]["DataSource"]["GlueDataSource"] == source
    assert "`cdk import` takes it over" in python


def test_what_a_retraining_trained_is_left_to_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(world)
    audience_model = world.audience_model(tags={"cdk-cleanroomsml:retraining": "Shop/weekly"})
    python = program(world, capsys, world.model(audienceModelArn=audience_model))
    assert "AudienceModel.from_audience_model_arn(" in python
    assert of_type(template_of(python), AUDIENCE_MODEL) == {}


@REPEATS
def test_several_of_a_kind_share_what_they_share(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(world)
    audience_model = world.audience_model()
    models = [world.model(name, audienceModelArn=audience_model) for name in ("same", "same", "Same!")]
    python = program(world, capsys, *models)
    assert len(of_type(template_of(python), MODEL)) == 3
    assert [python.count(each) for each in (" AudienceOutput(", "iam.Role.from_role_arn", " AudienceModel(")] == [
        1,
        1,
        1,
    ]


def ruff(*arguments: str, python: str, width: int = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length", str(width), "-"]
    return subprocess.run(command, input=python, capture_output=True, text=True, check=False)


@CHANGES_TAGS
def test_it_is_formatted_and_imports_what_it_uses(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    bucket(world, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a")
    world.elsewhere.tables["shop", "clicks"] = "s3://segments/clicks"
    model = world.model(ODD, description=ODD, audienceSizeConfig=TWICE, tags={"a": ODD[:0]})
    world.association(model, world.membership(), ODD)
    held = world.ml.get_configured_audience_model(configuredAudienceModelArn=model)
    dataset = world.ml.get_audience_model(audienceModelArn=held["audienceModelArn"])["trainingDatasetArn"]
    python = program(world, capsys, dataset, model)
    for width in (88, 120):
        assert ruff("format", "--diff", python=python, width=width).stdout == ""
    assert (
        ruff("check", "--select", "F,I,E,W,ISC,UP", "--ignore", "E501", python=python).stdout == "All checks passed!\n"
    )
    assert python.count(f"adopt={text(model)}") == 1


ODD_PARTS = [
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    "\t",
    "\f",
    "\0",
    "\x85",
    "\u2028",
    "\ud800",
    "#",
    "{x}",
    "%s",
    ")",
    "é",
    "\U0001f600",
]


@given(st.lists(st.lists(st.sampled_from(ODD_PARTS), max_size=8).map("".join), min_size=9, max_size=9))
def test_whatever_a_text_holds_it_is_a_text(texts: list[str]) -> None:
    name, description, database, table, column, type_, role, key, value = texts
    schema = [{"columnName": column, "columnTypes": [type_]}]
    source = {"glueDataSource": {"databaseName": database, "tableName": table}}
    dataset = {
        "name": name,
        "description": description,
        "roleArn": role,
        "trainingData": [{"inputConfig": {"schema": schema, "dataSource": source}}],
        "tags": {f"_{key}": value},
    }
    sized = {"audienceSizeType": type_, "audienceSizeBins": [1]}
    output = {"destination": {"s3Destination": {"s3Uri": f"s3://{table}/{column}"}}, "roleArn": role}
    model = {"name": name, "outputConfig": output, "audienceModelArn": key, "sharedAudienceMetrics": [type_]}
    audience_model = {"name": name, "trainingDatasetArn": value, "kmsKeyArn": key}
    found = Existing(
        training_datasets={"a dataset": dataset},
        audience_models={key: audience_model},
        configured_audience_models={"a model": {**model, "audienceSizeConfig": sized}},
        policies={"a model": {"Statement": [{key: value}]}},
    )
    parsed = ast.parse(generate.Program(found, ACCOUNT, REGION).text())
    literals = [each.value for each in ast.walk(parsed) if isinstance(each, ast.Constant)]
    shown = [name, database, table, column, type_, role, f"_{key}", value, *filter(None, [description])]
    assert [each for each in shown if each not in literals] == []
    assert [type(each).__name__ for each in parsed.body if not isinstance(each, ast.ImportFrom)] == [
        "Expr",
        "Import",
        "ClassDef",
        "If",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_a_terminal_of_another_encoding(world: World, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    name = "für läufer \u65e5\u672c"
    bucket(world)
    model = world.model(name)
    for as_json in (False, True):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        assert generate.run(world.account(as_json=as_json), Namespace(arns=[model])) == 0
        python = json.loads(written.getvalue())["python"] if as_json else written.getvalue()
        literals = [each.value for each in ast.walk(ast.parse(python)) if isinstance(each, ast.Constant)]
        assert name in literals


class TestNotes:
    def test_a_bucket_that_tells_nothing(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        generate.run(world.account(), Namespace(arns=[world.model()]))
        assert "the key of the bucket segments is not known from here: it doesn't exist" in capsys.readouterr().err

    def test_a_table_that_tells_nothing(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        dataset = world.ml.get_audience_model(audienceModelArn=world.audience_model())["trainingDatasetArn"]
        python = program(world, capsys, dataset, code=3)
        assert len(of_type(template_of(python), DATASET)) == 1

    def test_what_is_a_stacks(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        stack = world.elsewhere.add("Shop")
        audience_model = world.audience_model(tags=world.marks(stack, "Audience"))
        assert generate.run(world.account(as_json=True), Namespace(arns=[audience_model])) == 3
        told = json.loads(capsys.readouterr().out)
        assert told["notes"] == [
            f"{audience_model} is marked as a resource of {stack.id}: if that still has it, it must let it go first"
        ]
        assert "cdk-cleanroomsml:" not in told["python"]

    @pytest.mark.parametrize(
        ("text", "taken"),
        [
            ("{{resolve:ssm:/shop/words}}", "CloudFormation takes for a dynamic reference"),
            ("a ${Token[AWS.Region.4]}", "the CDK takes for a value of its own"),
            ("#{Token[TOKEN.1]}", "'#{Token[TOKEN.1]}', which the CDK takes for a value of its own"),
        ],
    )
    def test_what_would_be_resolved(
        self, world: World, capsys: pytest.CaptureFixture[str], text: str, taken: str
    ) -> None:
        audience_model = world.audience_model(description=text)
        assert generate.run(world.account(as_json=True), Namespace(arns=[audience_model])) == 3
        assert taken in json.loads(capsys.readouterr().out)["notes"][0]

    def test_too_many_tags(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        audience_model = world.audience_model(tags={f"k{number}": "v" for number in range(48)})
        assert generate.run(world.account(as_json=True), Namespace(arns=[audience_model])) == 3
        assert "has 48 tags, at most 44 leave room for its markers" in json.loads(capsys.readouterr().out)["notes"][0]


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("x", "'x' is not the ARN of a training dataset, an audience model"),
        (f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-generation-job/1", "is not the ARN of"),
        (f"arn:aws:cleanrooms:{REGION}:{ACCOUNT}:membership/1a", "is not the ARN of"),
        (f"arn:aws:cleanrooms-ml:eu-west-1:{ACCOUNT}:audience-model/1", "is not in us-east-1 of account 111122223333"),
        (f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-model/1", "there is nothing under arn:"),
    ],
)
def test_an_arn_that_is_none(world: World, arn: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        generate.run(world.account(), Namespace(arns=[arn]))
