"""Each subcommand runs with the policy that it prints, and says which action it misses without one of them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from cdk_cleanroomsml.handler.protocol.request import LOGICAL_MARKER, STACK_MARKER
from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.operators import permissions
from cdk_cleanroomsml.operators.comparison import ASSOCIATION, DATASET, POLICY
from cdk_cleanroomsml.operators.main import main

from ..by_night import the_rest_by_night
from .conftest import as_cloudformation_has_it, dataset_request

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"
OWN, PARTNER, REGION = "111122223333", "444455556666", "us-east-1"


pytestmark = pytest.mark.reading("the policy that is printed is for the service as it is assumed to be")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine that enforces IAM."""
    with Engine(auth=True) as engine:
        yield engine


@pytest.fixture(scope="module")
def account(engine: Engine) -> Account:
    """The account, with a chain that was left behind."""
    account = Account(engine)
    account.leave()
    return account


PROVIDER = """
import json, urllib.request

def handler(event, context):
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": event["ResourceProperties"]["Id"]}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).read()
"""


class Account:
    """An account with a stack of custom resources, and what can be done to it."""

    def __init__(self, engine: Engine) -> None:
        self.ml: Any = engine.client("cleanroomsml")
        self.rooms: Any = engine.client("cleanrooms")
        for role in ("cleanrooms-ml-read", "cleanrooms-ml-write"):
            policy = trust("cleanrooms-ml.amazonaws.com")
            engine.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=policy)
        self.dataset = self.ml.create_training_dataset(**dataset_request("data"))["trainingDatasetArn"]
        self.audience_model = self.train("readers", {})
        self.membership = join(engine)
        handle = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
        self.left = {STACK_MARKER: create_stack(engine, "Left", handle), LOGICAL_MARKER: "Gone"}
        self.model = make_model(self.ml, self.audience_model, "readers", {})
        self.association = self.offer(self.model, "offer", {})
        create_stack(engine, "Exports", handle, {"Out": {"Value": "words", "Export": {"Name": "exported"}}})
        create_stack(engine, "Shop", self.resources(provider(engine)))
        break_stack(engine)

    def resources(self, token: str) -> dict[str, Any]:
        def custom(type_: str, id_: str, **properties: Any) -> dict[str, Any]:
            return {"Type": type_, "Properties": {"ServiceToken": token, "ServiceTimeout": 20, "Id": id_, **properties}}

        tags = {"team": "ads"}
        nobody = {"Version": "2012-10-17", "Statement": []}
        policy = {"configuredAudienceModelArn": self.model, "configuredAudienceModelPolicy": nobody}
        return {
            "Data": {"Type": DATASET, "Properties": as_cloudformation_has_it(dataset_request("ours"))},
            "Audience": custom("Custom::CleanRoomsMLAudienceModel", self.audience_model, tags=tags),
            "Model": custom(
                MODEL, self.model, description={"Fn::ImportValue": "exported"}, **output("ours"), tags=tags
            ),
            "Offer": custom(ASSOCIATION, self.association, description="ours", tags=tags),
            "Policy": custom(POLICY, f"{self.model}/policy", **policy),
        }

    def train(self, name: str, tags: dict[str, str]) -> str:
        made = self.ml.create_audience_model(name=name, trainingDatasetArn=self.dataset, tags=tags)
        return str(made["audienceModelArn"])

    def offer(self, model: str, name: str, tags: dict[str, str]) -> str:
        made = self.rooms.create_configured_audience_model_association(
            membershipIdentifier=self.membership,
            configuredAudienceModelArn=model,
            configuredAudienceModelAssociationName=name,
            manageResourcePolicies=True,
            tags=tags,
        )
        return str(made["configuredAudienceModelAssociation"]["arn"])

    def leave(self) -> None:
        """Leaves a chain behind that no stack has."""
        audience_model = self.train("left", self.left)
        model = make_model(self.ml, audience_model, "left", self.left)
        self.offer(model, "left", self.left)

    def disturb(self) -> None:
        """Changes everything that can be changed in place."""
        self.ml.update_configured_audience_model(configuredAudienceModelArn=self.model, **output("theirs"))
        self.ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=self.model, configuredAudienceModelPolicy=document([denial(self.model)])
        )
        self.rooms.update_configured_audience_model_association(
            membershipIdentifier=self.membership,
            configuredAudienceModelAssociationIdentifier=self.association.rpartition("/")[2],
            description="theirs",
        )
        theirs = {"team": "theirs", "foreign": "1"}
        for client, arn in ((self.ml, self.audience_model), (self.ml, self.model), (self.rooms, self.association)):
            client.tag_resource(resourceArn=arn, tags=theirs)


def output(bucket: str) -> dict[str, Any]:
    destination = {"s3Destination": {"s3Uri": f"s3://{bucket}/"}}
    return {"outputConfig": {"destination": destination, "roleArn": f"arn:aws:iam::{OWN}:role/cleanrooms-ml-write"}}


def denial(model: str) -> dict[str, Any]:
    who = {"Principal": {"AWS": [PARTNER]}, "Resource": [model]}
    return {"Effect": "Deny", "Action": ["cleanrooms-ml:StartAudienceGenerationJob"], **who}


def make_model(ml: Any, audience_model: str, name: str, tags: dict[str, str]) -> str:
    made = ml.create_configured_audience_model(
        name=name,
        audienceModelArn=audience_model,
        **output("ours"),
        sharedAudienceMetrics=["ALL"],
        tags=tags,
    )
    return str(made["configuredAudienceModelArn"])


def join(engine: Engine) -> str:
    """A membership in a collaboration of the partner's."""
    collaboration = engine.client("cleanrooms", account=PARTNER).create_collaboration(
        name="spring",
        description="with a partner",
        creatorDisplayName="advertiser",
        creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        members=[{"accountId": OWN, "displayName": "publisher", "memberAbilities": []}],
        queryLogStatus="DISABLED",
    )["collaboration"]["id"]
    rooms = engine.client("cleanrooms")
    made = rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    return str(made["membership"]["id"])


def create_stack(engine: Engine, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> str:
    cloudformation = engine.client("cloudformation")
    template = {"Resources": resources} | ({"Outputs": outputs} if outputs else {})
    stack = cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))["StackId"]
    engine.settle()
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    return str(stack)


def break_stack(engine: Engine) -> None:
    """Stacks whose creation failed: one has a log of its own, the other one the log of another stack."""
    group = {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"}
    function = {"LoggingConfig": {"LogGroup": {"Fn::ImportValue": "exported"}}}
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle", "Properties": function}
    log: dict[str, dict[str, Any]] = {
        "Broken": {"CleanRoomsMLProviderLogGroup": group},
        "BrokenToo": {"CleanRoomsMLProviderFunction": handle},
    }
    token = f"arn:aws:lambda:{REGION}:{OWN}:function:none"
    cloudformation = engine.client("cloudformation")
    for name, before in log.items():
        model = {"Type": MODEL, "Properties": {"ServiceToken": token, "ServiceTimeout": 1}, "DependsOn": list(before)}
        template = json.dumps({"Resources": {**before, "Model": model}})
        cloudformation.create_stack(StackName=name, TemplateBody=template, OnFailure="DO_NOTHING")
    engine.settle()


def provider(engine: Engine) -> str:
    """A function that answers every request with the id that the template gives."""
    role = engine.client("iam").create_role(RoleName="provider", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        file = zipfile.ZipInfo("index.py")
        file.external_attr = 0o644 << 16
        archive.writestr(file, PROVIDER)
    function = engine.client("lambda").create_function(
        FunctionName="provider",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": content.getvalue()},
        Timeout=5,
    )
    return str(function["FunctionArn"])


def trust(service: str) -> str:
    return document([allow(["sts:AssumeRole"], None) | {"Principal": {"Service": service}}])


def allow(actions: list[str], resource: str | None = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions} | ({"Resource": resource} if resource else {})


def document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def caller(engine: Engine) -> dict[str, str]:
    """The variables that make the command's credentials those of a role."""
    account = allow(["sts:AssumeRole"], None) | {"Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
    role = engine.client("iam").create_role(RoleName="caller", AssumeRolePolicyDocument=document([account]))
    arn = role["Role"]["Arn"]
    keys = engine.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return engine.environment() | {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    return {}


@pytest.fixture(autouse=True)
def one_caller(caller: dict[str, str], clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who calls is the same in each run, so clients are made once."""
    for name, value in caller.items():
        monkeypatch.setenv(name, value)
    make = boto3.Session.client

    def client(session: boto3.Session, service: str, **given: Any) -> Any:
        if service not in clients:
            clients[service] = make(session, service, **given)
        return clients[service]

    monkeypatch.setattr(boto3.Session, "client", client)


@pytest.fixture
def become(engine: Engine) -> Any:
    """Gives the caller a policy, and takes away what it had."""

    def take(policy: dict[str, Any]) -> None:
        put = engine.client("iam").put_role_policy
        put(RoleName="caller", PolicyName="policy", PolicyDocument=json.dumps(policy))

    return take


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [
        {**each, "Action": [name for name in each["Action"] if name != action]} for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in statements if each["Action"]]}


LINES = {
    "list": [["list"]],
    "orphans": [["orphans"]],
    "drift": [["drift"]],
    "explain": [["explain", "Broken"], ["explain", "BrokenToo"], ["explain", "Nobody"]],
}
"""Together, what is asked calls all that the subcommand may call."""


def lines_of(command: str, account: Account) -> list[list[str]]:
    return [["generate", account.model, account.dataset]] if command == "generate" else LINES[command]


@pytest.mark.parametrize("command", permissions.READS)
def test_it_runs_with_what_it_prints(
    command: str, account: Account, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    become(permissions.policy(command, writes=False, region=REGION, account=OWN))
    for line in lines_of(command, account):
        code, told = main([*line, "--json"]), capsys.readouterr()
        assert code != 1 or "there is no stack Nobody" in told.err
        assert code == 1 or json.loads(told.out)


@pytest.mark.parametrize(
    "command",
    the_rest_by_night([*permissions.READS], ["explain"], "one subcommand is short of each of its actions by day"),
)
def test_it_says_which_action_it_misses(
    command: str, account: Account, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of(command, account)
    policy = permissions.policy(command, writes=False, region=REGION, account=OWN)
    for action in permissions.READS[command]:
        become(without(policy, action))
        # What the log says is not all that `explain` has to say, nor one resource all that `drift` has.
        is_enough = action == "logs:FilterLogEvents" or command == "drift"
        assert {1, 3, *([2] if is_enough else [])} & {main(line) for line in lines}, action
        told_why = capsys.readouterr().err
        assert f"'{command}' needs {action}" in told_why


WRITING = {"drift": ["drift", "Shop", "--fix", "--yes"], "orphans": ["orphans", "--delete"]}


@pytest.mark.parametrize("command", WRITING)
def test_what_writes_runs_with_what_it_prints_and_with_nothing_less(
    command: str, account: Account, become: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = permissions.policy(command, writes=True, region=REGION, account=OWN)
    monkeypatch.setattr("cdk_cleanroomsml.operators.screen._ask", lambda _: True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    # The last of a chain is deleted first: what is refused leaves all that the next ones are for.
    for action in reversed(permissions.WRITES[command]):
        if command == "drift":
            account.disturb()
        become(without(policy, action))
        assert main(WRITING[command]) == 1, action
        assert f"'{command}' needs {action}; " in capsys.readouterr().err
    become(policy)
    assert main(WRITING[command]) != 1, capsys.readouterr().err
