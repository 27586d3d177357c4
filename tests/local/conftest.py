"""Fixtures of the local engine: the service in process, the engine in a process, CloudFormation against it."""

from __future__ import annotations

import io
import itertools
import json
import time
import zipfile
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.local.service import CleanRoomsML

from ..in_process import shared_client
from ..worlds import enter
from .conformance import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT = "111122223333"
PARTNER = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cleanrooms-ml-write"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2024, 5, 1, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> CleanRoomsML:
    return CleanRoomsML(now=clock, sleep=clock.move)


@pytest.fixture
def ml(service: CleanRoomsML) -> Any:
    """A client of the service in process that retries nothing."""
    return shared_client(service)


@pytest.fixture
def rooms(service: CleanRoomsML) -> Any:
    """A client of Clean Rooms beside it, of the same account."""
    return shared_client(service, "cleanrooms")


@pytest.fixture
def partner(service: CleanRoomsML) -> Any:
    """A client of Clean Rooms of another account."""
    return shared_client(service, "cleanrooms", account=PARTNER)


@pytest.fixture
def collaboration(partner: Any) -> str:
    """The identifier of a collaboration that the partner's account created with this one."""
    return str(partner.create_collaboration(**collaboration_request())["collaboration"]["id"])


def collaboration_request(member: str = ACCOUNT) -> dict[str, Any]:
    return {
        "name": "spring",
        "description": "with a partner",
        "creatorDisplayName": "advertiser",
        "creatorMemberAbilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        "members": [{"accountId": member, "displayName": "publisher", "memberAbilities": []}],
        "queryLogStatus": "DISABLED",
    }


@pytest.fixture
def membership(rooms: Any, collaboration: str) -> str:
    """The identifier of this account's membership."""
    made = rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    return str(made["membership"]["id"])


@pytest.fixture
def audience_model(service: CleanRoomsML) -> str:
    arn = f"arn:aws:cleanrooms-ml:us-east-1:{ACCOUNT}:audience-model/seeded"
    service.seed_audience_model(arn)
    return arn


@pytest.fixture
def request_(audience_model: str) -> dict[str, Any]:
    """The smallest request that creates a configured audience model."""
    return minimal_request(audience_model)


def minimal_request(audience_model: str) -> dict[str, Any]:
    return {
        "name": "lookalikes",
        "audienceModelArn": audience_model,
        "outputConfig": {
            "destination": {"s3Destination": {"s3Uri": "s3://bucket/prefix"}},
            "roleArn": ROLE,
        },
        "sharedAudienceMetrics": ["ALL"],
    }


@pytest.fixture(scope="session")
def engine_process() -> Iterator[Engine]:
    """One engine a test worker."""
    with Engine(retry_seconds=0.05) as engine:
        yield engine


@pytest.fixture
def engine(engine_process: Engine) -> Engine:
    """The worker's engine, empty."""
    engine_process.reset()
    enter(engine_process)
    return engine_process


@pytest.fixture(scope="session")
def guarded_engine_process() -> Iterator[Engine]:
    with Engine(auth=True, retry_seconds=0.05) as engine:
        yield engine


@pytest.fixture
def guarded_engine(guarded_engine_process: Engine) -> Engine:
    """An engine that enforces IAM, empty."""
    guarded_engine_process.reset()
    enter(guarded_engine_process)
    return guarded_engine_process


LOOK = """
import json, os, time, urllib.error, urllib.request

def http(method, url, body=None):
    # Without this, urllib would send a content type that isn't signed.
    request = urllib.request.Request(url, body, {"Content-Type": ""}, method=method)
    return urllib.request.urlopen(request).read()

def look(event):
    import botocore.session
    client = botocore.session.Session().create_client("cloudformation")
    resource = {"StackName": event["StackId"], "LogicalResourceId": event["LogicalResourceId"]}
    try:
        detail = client.describe_stack_resource(**resource)["StackResourceDetail"]
    except Exception as error:
        return {"error": str(error)}
    since = time.time() - detail["LastUpdatedTimestamp"].timestamp()
    return {"status": detail["ResourceStatus"], "id": detail.get("PhysicalResourceId"), "since": since}
"""

LOOKING_PROVIDER = """
def handler(event, context):
    seen = look(event)
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "made", "Data": {"seen": seen.get("status") or seen["error"]}}
    http("PUT", event["ResponseURL"], json.dumps(answer).encode())
"""

# A provider that does what the resource's properties tell it to: `Create`, `Update` and `Delete` each hold a JSON
# list of steps, one for every delivery of the event. It keeps every event that it sees in a bucket. A step can open a
# gate and wait for one, which proves that two requests are carried out at the same time.
PROVIDER = """
def handler(event, context):
    kept = os.environ["AWS_ENDPOINT_URL"] + "/provider"
    key = "events/" + event["RequestId"]
    delivery = http("GET", f"{kept}?list-type=2").count(f"<Key>{key}".encode())
    seen = look(event) if "Look" in event["ResourceProperties"] else {}
    http("PUT", f"{kept}/{key}-{delivery}", json.dumps({**event, "at": time.time(), "seen": seen}).encode())
    steps = json.loads(event["ResourceProperties"].get(event["RequestType"], "[{}]"))
    step = steps[min(delivery, len(steps) - 1)]
    gates = kept + "/gates/"
    if "open" in step:
        http("PUT", gates + step["open"], b"open")
    while "wait" in step:
        try:
            http("GET", gates + step["wait"])
            break
        except urllib.error.HTTPError:
            time.sleep(0.02)
    if step.get("crash") == "before":
        raise RuntimeError("crash")
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", "made"),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        **step.get("answer", {}),
    }
    answer = {name: value for name, value in answer.items() if value is not None}
    if step.get("refused"):
        try:
            http("PUT", event["ResponseURL"], b"{}")
        except urllib.error.HTTPError as error:
            answer["Data"] = {"Refused": str(error.code), "Location": error.headers.get("Location", "")}
    if "bytes" in step:
        answer["Data"] = {"Long": ""}
        answer["Data"]["Long"] = "x" * (step["bytes"] - len(json.dumps(answer, ensure_ascii=False).encode()))
    body = step.get("raw") or json.dumps(answer, ensure_ascii=False)
    http("PUT", event["ResponseURL"], body.encode())
    if step.get("crash") == "after":
        raise RuntimeError("crash")
"""


BUCKET = "provider"
"""What tests and the provider exchange."""
PROVIDERS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/provider"


class Stacks:
    """CloudFormation against an engine, with a provider for custom resources."""

    def __init__(self, engine: Engine, code: str = LOOK + PROVIDER) -> None:
        self._engine = engine
        self.answers = Recorder()
        self.cloudformation = self.answers.watch(engine.client("cloudformation"))
        self._s3 = engine.client("s3")
        self._numbers = itertools.count()
        self._s3.create_bucket(Bucket=BUCKET)
        self._lambda = engine.client("lambda")
        self.service_token: str = self._lambda.create_function(
            FunctionName="provider",
            Runtime="python3.13",
            Handler="index.handler",
            Role=PROVIDERS_ROLE,
            Code={"ZipFile": zipped(code)},
            Timeout=5,
        )["FunctionArn"]

    def change_code(self, code: bytes) -> None:
        """Gives the provider another package."""
        self._lambda.update_function_code(FunctionName="provider", ZipFile=code)

    def custom(
        self, *, depends_on: str | None = None, timeout: int = 20, look: bool = False, **steps: list[Any]
    ) -> dict[str, Any]:
        """A custom resource: for each request type what its provider does at each delivery.

        Args:
            depends_on: another resource's logical id.
            timeout: its ServiceTimeout.
            look: whether the provider looks at it in its stack, too.
            steps: by the request's type.
        """
        properties = {"ServiceToken": self.service_token, "ServiceTimeout": timeout}
        if look:
            properties["Look"] = True
        resource = {
            "Type": "Custom::Thing",
            "Properties": properties | {kind: json.dumps(each) for kind, each in steps.items()},
        }
        return resource | ({"DependsOn": depends_on} if depends_on else {})

    def nested(self, resources: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        """A nested stack with these resources."""
        key = f"templates/{next(self._numbers)}.json"
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({"Resources": resources}))
        url = f"https://s3.us-east-1.amazonaws.com/{BUCKET}/{key}"
        return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}, **attributes}

    def create(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **options: Any) -> str:
        """Creates the stack and returns the status that it ends in."""
        self.cloudformation.create_stack(StackName="stack", TemplateBody=_template(resources, outputs), **options)
        return self._settle()

    def update(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **options: Any) -> str:
        self.cloudformation.update_stack(StackName="stack", TemplateBody=_template(resources, outputs), **options)
        return self._settle()

    def update_without_rollback(self, resources: dict[str, Any]) -> str:
        """An update the way that `cdk deploy --no-rollback` does it: by a change set."""
        names = {"StackName": "stack", "ChangeSetName": "change"}
        self.cloudformation.create_change_set(**names, TemplateBody=_template(resources, None))
        self.cloudformation.execute_change_set(**names, DisableRollback=True)
        return self._settle()

    def delete(self) -> str:
        stack_id = self._describe()["StackId"]
        self.cloudformation.delete_stack(StackName="stack")
        return self._settle(stack_id)

    def stack_id(self) -> str:
        return str(self._describe()["StackId"])

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self._describe().get("Outputs", [])}

    def resources(self) -> dict[str, tuple[str, str]]:
        """The resources that the stack has: their physical ids and statuses."""
        found = self.cloudformation.list_stack_resources(StackName="stack")["StackResourceSummaries"]
        return {
            each["LogicalResourceId"]: (each["PhysicalResourceId"], each["ResourceStatus"])
            for each in found
            if each["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def open(self, gate: str) -> None:
        """Lets go on what waits at a gate."""
        self._s3.put_object(Bucket=BUCKET, Key=f"gates/{gate}", Body=b"open")

    def told(self, *logical_ids: str, stack: str = "stack") -> list[tuple[str, str, str]]:
        """The stack's events, of these resources only: logical id, status and reason."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [each for page in pages for each in page["StackEvents"]][::-1]
        return [
            (each["LogicalResourceId"], each["ResourceStatus"], each.get("ResourceStatusReason", ""))
            for each in events
            if each["LogicalResourceId"] in logical_ids
        ]

    def begin(self, verb: str, resources: dict[str, Any], stack: str = "stack") -> str:
        """Begins to create or to update a stack, and returns its id."""
        send = getattr(self.cloudformation, f"{verb}_stack")
        return str(send(StackName=stack, TemplateBody=_template(resources, None))["StackId"])

    def wait_for(self, kind: str, logical_id: str = "Thing") -> None:
        """Until the provider has been sent such a request."""
        until(lambda: (kind, logical_id) in [each[:2] for each in self.sent()])

    def cancel_update(self) -> str:
        self.cloudformation.cancel_update_stack(StackName="stack")
        return self._settle()

    def continue_roll_back(self, *skipped: str) -> str:
        options = {"ResourcesToSkip": list(skipped)} if skipped else {}
        self.cloudformation.continue_update_rollback(StackName="stack", **options)
        return self._settle()

    def reason(self, logical_id: str, stack: str = "stack") -> str:
        """The reason of the resource's last failure."""
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failures = [
            each["ResourceStatusReason"]
            for each in events
            if each["LogicalResourceId"] == logical_id and each["ResourceStatus"].endswith("FAILED")
        ]
        return str(failures[0])

    def events(self) -> list[dict[str, Any]]:
        """What the provider was sent, in order."""
        keys = [each["Key"] for each in self._s3.list_objects_v2(Bucket=BUCKET, Prefix="events/").get("Contents", [])]
        found = [json.load(self._s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in keys]
        return sorted(found, key=lambda event: float(event["at"]))

    def sent(self) -> list[tuple[str, str, str | None]]:
        """The events in short: type, logical id, physical id."""
        return [(e["RequestType"], e["LogicalResourceId"], e.get("PhysicalResourceId")) for e in self.events()]

    def settle(self, name: str = "stack") -> str:
        """Waits for the end of what was begun, and returns the status."""
        return self._settle(name)

    def status(self) -> str:
        """What the stack is in, without waiting for an end."""
        return str(self._describe()["StackStatus"])

    def _describe(self, name: str = "stack") -> dict[str, Any]:
        stack: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return stack

    def _settle(self, name: str = "stack") -> str:
        self._engine.settle(seconds=30)
        return str(self._describe(name)["StackStatus"])


@pytest.fixture
def stacks(engine: Engine) -> Iterator[Stacks]:
    """CloudFormation against an empty engine; each of its answers is held to its model."""
    made = Stacks(engine)
    yield made
    assert made.answers.problems == []


@pytest.fixture(scope="module", name="new_stacks")
def new_stacks_fixture(engine_process: Engine) -> Iterator[Callable[[], Stacks]]:
    """Makes an empty engine's stacks, for what a whole module looks at."""
    made: list[Stacks] = []

    def new_stacks() -> Stacks:
        engine_process.reset()
        made.append(Stacks(engine_process))
        return made[-1]

    yield new_stacks
    assert [each.answers.problems for each in made] == [[]] * len(made)


@pytest.fixture
def guarded_stacks(guarded_engine: Engine) -> Iterator[Stacks]:
    """The same with IAM enforced; the provider only looks at its own resource, and answers with what it sees."""
    guarded_engine.client("iam").create_role(
        RoleName="provider", AssumeRolePolicyDocument=json.dumps(trust("lambda.amazonaws.com"))
    )
    made = Stacks(guarded_engine, LOOK + LOOKING_PROVIDER)
    yield made
    assert made.answers.problems == []


@pytest.fixture(name="until")
def until_fixture() -> Any:
    return until


@pytest.fixture(name="request_for")
def request_for_fixture() -> Any:
    return minimal_request


@pytest.fixture(name="collaboration_request")
def collaboration_request_fixture() -> Any:
    return collaboration_request


@pytest.fixture(name="zipped")
def zipped_fixture() -> Any:
    return zipped


@pytest.fixture(name="trust")
def trust_fixture() -> Any:
    return trust


@pytest.fixture
def role() -> str:
    return ROLE


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Waits for what another process does, and returns it; what takes longer is looked at less often."""
    begin = time.monotonic()
    while not (happened := condition()):
        waited = time.monotonic() - begin
        assert waited < seconds, f"it did not happen within {seconds} s"
        time.sleep(min(max(0.02, waited / 4), 0.2))
    return happened


def zipped(code: str, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        file = zipfile.ZipInfo("index.py")
        file.external_attr = mode << 16
        archive.writestr(file, code)
    return buffer.getvalue()


def trust(principal: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _template(resources: dict[str, Any], outputs: dict[str, Any] | None) -> str:
    return json.dumps({"Resources": resources, "Outputs": outputs or {}})
