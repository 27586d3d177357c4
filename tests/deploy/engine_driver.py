"""The driver of the scenarios for the embedded engine: CloudFormation, Lambda and the service in another process."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

import cdk_cleanroomsml
from cdk_cleanroomsml.local.service import Fault, RolePropagation
from cdk_cleanroomsml.operators.function_log import reason_of

from ..handler.simulation.cloudformation import type_of, without_type
from ..handler.simulation.resource_types import (
    ASSOCIATION,
    AUDIENCE,
    COLLABORATION,
    CONFIGURED,
    DATASET,
    EXISTING_MODELS,
    KINDS,
    MARKERS,
    MEMBERSHIP,
    MINIMAL,
    OTHER_COLLABORATION,
    OTHER_DATASET,
    OTHER_MEMBERSHIP,
    ROLE,
    ResourceState,
    Subject,
    differences,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdk_cleanroomsml.local.engine import Engine
    from cdk_cleanroomsml.local.service import Call

STACK = "Scenario"
BUCKET = "function-code"
CODE = {"S3Bucket": BUCKET, "S3Key": "code.zip"}
HANDLER = "accelerated_function.on_event"
PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["cleanrooms-ml:*", "cleanrooms:*", "iam:PassRole", "logs:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": {"Ref": "AWS::StackId"}},
    ],
}


ATTRIBUTES = {
    CONFIGURED: ("ConfiguredAudienceModelArn", "Name"),
    AUDIENCE: ("AudienceModelArn", "Name", "Status"),
    ASSOCIATION: (
        "ConfiguredAudienceModelAssociationArn",
        "ConfiguredAudienceModelAssociationIdentifier",
        "Name",
        "CollaborationIdentifier",
    ),
}
PARTNER = "444455556666"


@dataclass
class Result:
    """How a stack operation ended."""

    status: str
    reason: str


def publish_function(engine: Engine, **modules: str) -> None:
    """Puts the function's code, with the wrapper that shortens its pauses, where a template finds it.

    Given modules take the place of the handler's own, and then without the wrapper's help.
    """
    s3 = engine.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=CODE["S3Key"], Body=_packaged(**modules))


@cache
def _packaged(**modules: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        package = Path(cdk_cleanroomsml.__file__).parent
        for path in (package / "handler").rglob("*.py"):
            name = str(path.relative_to(package))
            archive.writestr(_readable(name), modules.get(path.stem) or path.read_text())
        wrapper = Path(__file__).with_name("accelerated_function.py")
        plain = "from handler.main import handler as on_event"
        archive.writestr(_readable(wrapper.name), plain if modules else wrapper.read_text())
    return content.getvalue()


def shorten(template: dict[str, Any], orders: Path) -> None:
    """Has the pauses of a template's function shortened; `publish_function` comes first."""
    (function,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function")
    function["Properties"] |= {
        "Code": CODE,
        "Handler": HANDLER,
        "Environment": {"Variables": {"CRASH_ORDERS": str(orders)}},
    }


def _readable(name: str) -> zipfile.ZipInfo:
    """A file that Lambda can read, unlike those that zipfile makes by itself."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    return info


class Settings:
    """Faults or switches as a case sets them: each assignment goes to the engine."""

    _put: Callable[..., None]

    def __init__(self, put: Callable[..., None], **nested: Settings) -> None:
        self.__dict__.update(nested, _put=put)

    def __setattr__(self, name: str, value: object) -> None:
        self._put(**{name: value})


def _faults(engine: Engine) -> Settings:
    propagation = RolePropagation()

    def propagate(**members: Any) -> None:
        nonlocal propagation
        propagation = replace(propagation, **members)
        put(role_propagation=asdict(propagation))

    def put(**members: Any) -> None:
        engine.set_faults(*_queue(engine), **members)

    return Settings(put, role_propagation=Settings(propagate))


class EngineDriver:
    """One stack on the engine; what a case can do and see is `Driver` in tests/handler/scenarios/scenario.py.

    What resources refer to has ids here that the service makes. Cases know it by those that it has in the simulator.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._orders = folder / "crashes.json"
        self._template: dict[str, dict[str, Any]] = {}
        self._retained: set[str] = set()
        self._seen: list[Call] = []
        # What was there before, and what cases call it: the id here → the id there.
        self._known_as: dict[str, str] = {}
        self._seeds: set[str] = set()
        self._cloudformation = engine.client("cloudformation")
        self._services = {name: engine.client(name) for name in ("cleanroomsml", "cleanrooms")}
        self._cleanroomsml = self._services["cleanroomsml"]
        self.faults: Any = _faults(engine)
        self.switches: Any = Settings(engine.set_switches)
        publish_function(engine)
        with self._unseen():
            models = self._cleanroomsml.list_audience_models()["audienceModels"]
        self._seeds |= {model["audienceModelArn"] for model in models}

    def prepare(self, subject: Subject) -> None:
        """Puts in place what resources of a type refer to."""
        with self._unseen():
            if subject.type in (AUDIENCE, CONFIGURED):
                for arn in (DATASET, OTHER_DATASET):
                    self._known_as[self._create_dataset(arn.rpartition("/")[2])] = arn
            if subject.type == ASSOCIATION:
                for number, arn in enumerate(EXISTING_MODELS):
                    made = self._cleanroomsml.create_configured_audience_model(**MINIMAL, name=f"existing {number}")
                    self._known_as[made["configuredAudienceModelArn"]] = arn
                self._join(COLLABORATION, MEMBERSHIP)
                self._join(OTHER_COLLABORATION, OTHER_MEMBERSHIP)

    def _create_dataset(self, name: str) -> str:
        source = {"glueDataSource": {"databaseName": "d", "tableName": "t"}}
        schema = [
            {"columnName": "user", "columnTypes": ["USER_ID"]},
            {"columnName": "item", "columnTypes": ["ITEM_ID"]},
            {"columnName": "time", "columnTypes": ["TIMESTAMP"]},
        ]
        data = [{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}]
        made = self._cleanroomsml.create_training_dataset(name=name, roleArn=ROLE, trainingData=data)
        return str(made["trainingDatasetArn"])

    def _join(self, collaboration_id: str, membership_id: str) -> None:
        cleanrooms = self._services["cleanrooms"]
        collaboration = cleanrooms.create_collaboration(
            name="media",
            description="media",
            members=[{"accountId": PARTNER, "displayName": "partner", "memberAbilities": []}],
            creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
            creatorDisplayName="publisher",
            queryLogStatus="DISABLED",
        )["collaboration"]
        membership = cleanrooms.create_membership(
            collaborationIdentifier=collaboration["id"], queryLogStatus="DISABLED"
        )["membership"]
        self._known_as |= {collaboration["id"]: collaboration_id, membership["id"]: membership_id}

    # What a case does

    def deploy(
        self, _template: dict[str, dict[str, Any]] | None = None, *, fails: bool = False, **resources: Any
    ) -> Result:
        wanted = _template or resources
        status = self._status()
        if status == "ROLLBACK_COMPLETE":
            # A stack that never came to be can only be deleted.
            self.destroy()
            status = None
        body = self._to_service(json.dumps(self._document(wanted, fails=fails)))
        verb = "create" if status is None else "update"
        send = getattr(self._cloudformation, f"{verb}_stack")
        try:
            send(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return Result("COMPLETE", "")
            raise
        result = self._wait(self._stack_id())
        if result.status == "COMPLETE":
            self._template = dict(wanted)
        return result

    def destroy(self, *, retain: Sequence[str] = ()) -> Result:
        if self._status() is None:
            return Result("DELETE_COMPLETE", "")
        stack_id = self._stack_id()
        self._cloudformation.delete_stack(StackName=STACK, RetainResources=list(retain))
        result = self._wait(stack_id)
        if result.status == "DELETE_COMPLETE":
            self._template = {}
        return result

    def crash(self, operation: str, *, times: int = 1, after_effect: bool = True, skip: int = 0) -> None:
        orders = json.loads(self._orders.read_text()) if self._orders.exists() else []
        orders.append({"operation": operation, "times": times, "after_effect": after_effect, "skip": skip})
        self._orders.write_text(json.dumps(orders))

    def fail(
        self, operation: str, error: str, message: str = "injected", *, times: int | None = 1, **more: Any
    ) -> None:
        self._engine.set_faults(
            *_queue(self._engine), Fault(operation, error=error, message=message, times=times, **more)
        )

    def retain(self, logical_id: str = "Model") -> None:
        self._retained.add(logical_id)

    def change(self, logical_id: str = "Model", **members: Any) -> None:
        """Of a configured audience model."""
        tags = members.pop("tags", {})
        with self._unseen():
            arn = self.physical_id(logical_id)
            self._cleanroomsml.update_configured_audience_model(configuredAudienceModelArn=arn, **members)
            self._cleanroomsml.tag_resource(resourceArn=arn, tags=tags)

    def vanish(self, logical_id: str = "Model") -> None:
        with self._unseen():
            self._call(self._type(logical_id), "delete", self.physical_id(logical_id))

    def seed_audience_model(self, arn: str, status: str = "ACTIVE") -> None:
        self._engine.seed_audience_model(arn, status=status)
        self._seeds.add(arn)

    def forget_calls(self) -> None:
        self._look()
        self._seen.clear()

    # What a case sees

    def models(self, type_: str = CONFIGURED) -> list[dict[str, Any]]:
        with self._unseen():
            return [{**state.members, "tags": state.tags} for state in self._live(type_).values()]

    def model(self, logical_id: str = "Model") -> dict[str, Any]:
        with self._unseen():
            state = self._read(self._type(logical_id), self.physical_id(logical_id))
        return {**state.members, "tags": state.tags}

    def tags(self, logical_id: str = "Model") -> dict[str, str]:
        return {key: value for key, value in self.model(logical_id)["tags"].items() if key not in MARKERS}

    def physical_id(self, logical_id: str = "Model") -> str:
        resource = self._cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        return self._to_case(str(resource["StackResourceDetail"]["PhysicalResourceId"]))

    def attributes(self, logical_id: str = "Model") -> dict[str, str]:
        (stack,) = self._cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        outputs = {output["OutputKey"]: self._to_case(output["OutputValue"]) for output in stack["Outputs"]}
        return {name: outputs[f"{logical_id}{name}"] for name in ATTRIBUTES[self._type(logical_id)]}

    def operations(self) -> list[str]:
        self._look()
        return [_short(call) for call in self._seen]

    def writes(self) -> list[str]:
        self._look()
        return [_short(call) for call in self._seen if call.is_write]

    def inputs(self, operation: str) -> list[dict[str, Any]]:
        self._look()
        return [self._translated(call.input) for call in self._seen if call.operation == operation]

    def check(self) -> None:
        """The service holds exactly the resources of the last template that was deployed, as it says."""
        there = self._status() not in (None, "ROLLBACK_COMPLETE")
        template = self._template if there else {}
        for type_, kind in KINDS.items():
            with self._unseen():
                live = self._live(type_)
            wanted = {name: properties for name, properties in template.items() if type_of(properties) == type_}
            assert live.keys() == {self.physical_id(name) for name in wanted}
            for name, properties in wanted.items():
                state = live[self.physical_id(name)]
                assert differences(kind, self._resolved(properties), state) == {}
                assert self.attributes(name)["Name"] == state.members[kind.name]

    # How

    def _type(self, logical_id: str) -> str:
        return type_of(self._template.get(logical_id, {}))

    def _live(self, type_: str) -> dict[str, ResourceState]:
        """What lives of a type, but for what was there before."""
        if type_ == ASSOCIATION:
            memberships = [here for here, there in self._known_as.items() if there in (MEMBERSHIP, OTHER_MEMBERSHIP)]
            listed = [
                association["arn"]
                for membership in memberships
                for association in self._services["cleanrooms"].list_configured_audience_model_associations(
                    membershipIdentifier=membership
                )["configuredAudienceModelAssociationSummaries"]
            ]
        else:
            kind = KINDS[type_]
            summaries = getattr(self._cleanroomsml, xform_name(kind.list))()[kind.items]
            seeds = self._seeds | self._known_as.keys()
            listed = [summary[kind.arn] for summary in summaries if summary[kind.arn] not in seeds]
        return {physical_id: self._read(type_, physical_id) for physical_id in map(self._to_case, listed)}

    def _read(self, type_: str, physical_id: str) -> ResourceState:
        """A resource, its members under the names that a template gives them."""
        told = self._call(type_, "get", physical_id)
        if type_ == ASSOCIATION:
            told = dict(told["configuredAudienceModelAssociation"])
            told[KINDS[type_].name] = told["name"]
            told["membershipIdentifier"] = told["membershipId"]
            listed = self._services["cleanrooms"].list_tags_for_resource(resourceArn=self._to_service(physical_id))
            told["tags"] = listed["tags"]
        told.pop("ResponseMetadata", None)
        return ResourceState(physical_id, self._translated(told), {}, told["tags"])

    def _call(self, type_: str, verb: str, physical_id: str) -> dict[str, Any]:
        arn, kind = self._to_service(physical_id), KINDS[type_]
        operation = xform_name(getattr(kind, verb))
        if type_ != ASSOCIATION:
            told: dict[str, Any] = getattr(self._cleanroomsml, operation)(**{kind.arn: arn})
            return told
        _, membership, _, association = arn.rpartition(":")[2].split("/")
        ids = {"membershipIdentifier": membership, "configuredAudienceModelAssociationIdentifier": association}
        return dict(getattr(self._services["cleanrooms"], operation)(**ids))

    def _to_service(self, text: str) -> str:
        for here, there in self._known_as.items():
            text = text.replace(there, here)
        return text

    def _to_case(self, text: str) -> str:
        for here, there in self._known_as.items():
            text = text.replace(here, there)
        return text

    def _translated(self, value: Any) -> Any:
        """What the service says, with the ids that cases know."""
        if isinstance(value, dict):
            return {name: self._translated(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._translated(item) for item in value]
        return self._to_case(value) if isinstance(value, str) else value

    def _resolved(self, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self.physical_id(value["Ref"]) if isinstance(value, dict) and set(value) == {"Ref"} else value
            for name, value in properties.items()
        }

    def _look(self) -> None:
        self._seen += self._engine.calls()
        self._engine.forget_calls()

    def _unseen(self) -> Unseen:
        return Unseen(self)

    def _status(self) -> str | None:
        stacks = self._cloudformation.list_stacks()["StackSummaries"]
        found = [s["StackStatus"] for s in stacks if s["StackName"] == STACK and s["StackStatus"] != "DELETE_COMPLETE"]
        return found[0] if found else None

    def _stack_id(self) -> str:
        return str(self._cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"])

    def _wait(self, stack_id: str) -> Result:
        self._engine.settle()
        (stack,) = self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
        status = re.sub("^(CREATE|UPDATE)_(?!FAILED)", "", stack["StackStatus"])
        events = self._cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
        reasons = [
            self._to_case(reason_of(event))
            for event in events
            if event["ResourceStatus"].endswith("FAILED") and event["ResourceType"] in KINDS
        ]
        return Result(status, reasons[0] if reasons else "")

    def _document(self, wanted: dict[str, dict[str, Any]], *, fails: bool) -> dict[str, Any]:
        token = {"Fn::GetAtt": ["Function", "Arn"]}
        resources: dict[str, Any] = {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": "lambda.amazonaws.com"},
                            }
                        ]
                    },
                    "Policies": [{"PolicyName": "All", "PolicyDocument": PERMISSIONS}],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": CODE,
                    "Handler": HANDLER,
                    "Runtime": "python3.14",
                    "Timeout": 900,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Environment": {"Variables": {"CRASH_ORDERS": str(self._orders)}},
                },
            },
        }
        for name, properties in wanted.items():
            resources[name] = {
                "Type": type_of(properties),
                "Properties": {"ServiceToken": token, "ServiceTimeout": 1200, **without_type(properties)},
            }
            if name in self._retained:
                resources[name]["DeletionPolicy"] = "Retain"
        if fails:
            resources["Fails"] = {
                "Type": "Custom::Unknown",
                "DependsOn": list(wanted),
                "Properties": {"ServiceToken": token, "ServiceTimeout": 60},
            }
        outputs = {
            f"{name}{attribute}": {"Value": {"Fn::GetAtt": [name, attribute]}}
            for name, properties in wanted.items()
            for attribute in ATTRIBUTES.get(type_of(properties), ())
        }
        return {"Resources": resources, "Outputs": outputs}


class Unseen:
    """What the driver itself asks of the service is none of the function's calls."""

    def __init__(self, driver: EngineDriver) -> None:
        self._driver = driver

    def __enter__(self) -> None:
        self._driver._look()

    def __exit__(self, *_: object) -> None:
        self._driver._engine.forget_calls()


def _queue(engine: Engine) -> list[Fault]:
    """The faults that are still waiting."""
    waiting: list[dict[str, Any]] = engine._request("GET", "/_cleanroomsml/faults")["queue"]
    return [Fault(**fault) for fault in waiting if fault["times"] != 0]


def _short(call: Call) -> str:
    return re.sub("(Configured)?AudienceModel(Association)?s?$", "", call.operation)
