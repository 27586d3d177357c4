"""The driver of the scenarios for the embedded engine: CloudFormation, Lambda and the service in another process."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

import cdk_cleanroomsml
from cdk_cleanroomsml.local.service import Fault, RolePropagation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdk_cleanroomsml.local.engine import Engine
    from cdk_cleanroomsml.local.service import Call

STACK = "Scenario"
TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"
MARKER = "cdk-cleanroomsml:"
BUCKET = "function-code"
CODE = {"S3Bucket": BUCKET, "S3Key": "code.zip"}
HANDLER = "shortened_function.on_event"
PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["cleanrooms-ml:*", "iam:PassRole", "logs:*"], "Resource": "*"}],
}


@dataclass
class Result:
    """How a stack operation ended."""

    status: str
    reason: str


def publish_function(engine: Engine, **modules: str) -> None:
    """Puts the function's code, with the wrapper that shortens its pauses, where a template finds it.

    Given modules take the place of the handler's own, and then without the wrapper's help.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in (Path(cdk_cleanroomsml.__file__).parent / "handler").glob("*.py"):
            archive.writestr(f"handler/{path.name}", modules.get(path.stem) or path.read_text())
        wrapper = Path(__file__).with_name("shortened_function.py")
        plain = "from handler.main import handler as on_event"
        archive.writestr(wrapper.name, plain if modules else wrapper.read_text())
    s3 = engine.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=CODE["S3Key"], Body=content.getvalue())


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
    """One stack on the engine; what a case can do and see is `Driver` in tests/handler/cases.py."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._orders = folder / "crashes.json"
        self._template: dict[str, dict[str, Any]] = {}
        self._retained: set[str] = set()
        self._seen: list[Call] = []
        self._cloudformation = engine.client("cloudformation")
        self._cleanroomsml = engine.client("cleanroomsml")
        self.faults: Any = _faults(engine)
        self.switches: Any = Settings(engine.set_switches)
        publish_function(engine)

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
        body = json.dumps(self._document(wanted, fails=fails))
        verb = "create" if status is None else "update"
        send = getattr(self._cloudformation, f"{verb}_stack")
        try:
            send(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return Result("COMPLETE", "")
            raise
        result = self._wait(f"stack_{verb}_complete", self._stack_id())
        if result.status == "COMPLETE":
            self._template = dict(wanted)
        return result

    def destroy(self, *, retain: Sequence[str] = ()) -> Result:
        if self._status() is None:
            return Result("DELETE_COMPLETE", "")
        stack_id = self._stack_id()
        self._cloudformation.delete_stack(StackName=STACK, RetainResources=list(retain))
        result = self._wait("stack_delete_complete", stack_id)
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
        tags = members.pop("tags", {})
        with self._unseen():
            arn = self.physical_id(logical_id)
            self._cleanroomsml.update_configured_audience_model(configuredAudienceModelArn=arn, **members)
            self._cleanroomsml.tag_resource(resourceArn=arn, tags=tags)

    def vanish(self, logical_id: str = "Model") -> None:
        with self._unseen():
            self._cleanroomsml.delete_configured_audience_model(configuredAudienceModelArn=self.physical_id(logical_id))

    def forget_calls(self) -> None:
        self._look()
        self._seen.clear()

    # What a case sees

    def models(self) -> list[dict[str, Any]]:
        with self._unseen():
            listed = self._cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]
            return [self._get(model["configuredAudienceModelArn"]) for model in listed]

    def model(self, logical_id: str = "Model") -> dict[str, Any]:
        with self._unseen():
            return self._get(self.physical_id(logical_id))

    def tags(self, logical_id: str = "Model") -> dict[str, str]:
        return {key: value for key, value in self.model(logical_id)["tags"].items() if not key.startswith(MARKER)}

    def physical_id(self, logical_id: str = "Model") -> str:
        resource = self._cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        return str(resource["StackResourceDetail"]["PhysicalResourceId"])

    def attributes(self, logical_id: str = "Model") -> dict[str, str]:
        (stack,) = self._cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        return {name: outputs[f"{logical_id}{name}"] for name in ("ConfiguredAudienceModelArn", "Name")}

    def operations(self) -> list[str]:
        self._look()
        return [_short(call) for call in self._seen]

    def writes(self) -> list[str]:
        self._look()
        return [_short(call) for call in self._seen if call.is_write]

    def inputs(self, operation: str) -> list[dict[str, Any]]:
        self._look()
        return [call.input for call in self._seen if call.operation == operation]

    def check(self) -> None:
        """The service holds exactly the models of the last template that was deployed, as it says."""
        if self._status() in (None, "ROLLBACK_COMPLETE"):
            assert self.models() == []
            return
        live = {model["configuredAudienceModelArn"] for model in self.models()}
        assert live == {self.physical_id(name) for name in self._template}
        for name, wanted in self._template.items():
            held = self.model(name)
            assert self.tags(name) == wanted.get("tags", {})
            others = {member: value for member, value in wanted.items() if member not in ("tags", "ServiceTimeout")}
            assert {member: held[member] for member in others} == others
            assert self.attributes(name) == {
                "ConfiguredAudienceModelArn": held["configuredAudienceModelArn"],
                "Name": held["name"],
            }

    # How

    def _get(self, arn: str) -> dict[str, Any]:
        model: dict[str, Any] = self._cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=arn)
        del model["ResponseMetadata"]
        return model

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

    def _wait(self, waiter: str, stack_id: str) -> Result:
        with contextlib.suppress(WaiterError):
            self._cloudformation.get_waiter(waiter).wait(
                StackName=stack_id, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2400}
            )
        (stack,) = self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
        status = re.sub("^(CREATE|UPDATE)_(?!FAILED)", "", stack["StackStatus"])
        events = self._cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
        reasons = [
            event.get("ResourceStatusReason", "")
            for event in events
            if event["ResourceStatus"].endswith("FAILED") and event["ResourceType"] == TYPE
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
                "Type": TYPE,
                "Properties": {"ServiceToken": token, "ServiceTimeout": 1200, **properties},
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
            for name in wanted
            for attribute in ("ConfiguredAudienceModelArn", "Name")
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
    return re.sub("ConfiguredAudienceModels?$", "", call.operation)
