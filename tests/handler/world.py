"""The simulator: service, function and CloudFormation on one virtual clock."""

from __future__ import annotations

import json
import re
from typing import Any

from cdk_cleanroomsml.handler.plan import MEMBERS, Change, Removal
from cdk_cleanroomsml.local.service import Call, CleanRoomsML, Fault, Faults, Switches

from .cloudformation import SIGNATURE, CloudFormation, Properties, Resource, Result, Stack
from .virtual_lambda import ACCOUNT, CREDENTIALS, REGION, Interruption, VirtualClock, VirtualLambda, Wire, crash

AUDIENCE_MODEL = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-model/first"
OTHER_AUDIENCE_MODEL = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-model/second"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cleanrooms-ml-output"
MARKERS = ("cdk-cleanroomsml:stack-id", "cdk-cleanroomsml:logical-id", "cdk-cleanroomsml:request-id")


def output_config(uri: str = "s3://bucket/segments") -> Properties:
    return {"destination": {"s3Destination": {"s3Uri": uri}}, "roleArn": ROLE}


MINIMAL: Properties = {
    "audienceModelArn": AUDIENCE_MODEL,
    "outputConfig": output_config(),
    "sharedAudienceMetrics": ["ALL"],
}
MAXIMAL: Properties = {
    **MINIMAL,
    "name": "Lookalikes of spring",
    "description": "who bought in spring\nand may again",
    "minMatchingSeedSize": 100,
    "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5, 10]},
    "tags": {"team": "growth", "cost": "42"},
    "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE",
}


class World:
    """Everything, and short ways to it. The cases use only what the embedded engine can do as well.

    Attributes:
        stack: the stack that a case deploys.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.service = CleanRoomsML(now=self.clock.datetime, sleep=self.clock.sleep)
        self.wire = Wire(self.service, self.clock)
        self.cloudformation = CloudFormation()
        self.function = VirtualLambda(self.clock, self.wire, self.cloudformation.put)
        self.cloudformation.function = self.function
        self.stack = Stack(self.cloudformation)
        self.service.seed_audience_model(AUDIENCE_MODEL)
        self.service.seed_audience_model(OTHER_AUDIENCE_MODEL)

    # What a case does

    def deploy(
        self, _template: dict[str, Properties] | None = None, *, fails: bool = False, **resources: Any
    ) -> Result:
        """Deploys the stack: logical ids and their properties."""
        return self.stack.deploy(_template or resources, fails=fails)

    def destroy(self) -> Result:
        return self.stack.destroy()

    def crash(self, operation: str, *, times: int = 1, after_effect: bool = True, skip: int = 0) -> None:
        """The function dies at the next calls of an operation."""
        self.wire.interruptions.append(Interruption(operation, crash, skip, after_effect, times))

    def retain(self, logical_id: str = "Model") -> None:
        """Gives a resource DeletionPolicy Retain."""
        self.stack.retained.add(logical_id)

    def change(self, logical_id: str = "Model", **members: Any) -> None:
        """Changes a model behind CloudFormation's back."""
        self.model(logical_id).update(members)

    def vanish(self, logical_id: str = "Model") -> None:
        """Deletes a model behind CloudFormation's back."""
        store = self.service._stores[ACCOUNT, REGION]
        store.configured_audience_models.remove(self.physical_id(logical_id))

    @property
    def faults(self) -> Faults:
        return self.service.faults

    @property
    def switches(self) -> Switches:
        return self.service.switches

    def fail(
        self, operation: str, error: str, message: str = "injected", *, times: int | None = 1, **more: Any
    ) -> None:
        """The next calls of an operation are answered with an error."""
        self.faults.add(Fault(operation, error=error, message=message, times=times, **more))

    # What a case sees

    def models(self) -> list[dict[str, Any]]:
        """The models that live, oldest first."""
        store = self.service._stores[ACCOUNT, REGION]
        return store.configured_audience_models.live()

    def model(self, logical_id: str = "Model") -> dict[str, Any]:
        """The model that CloudFormation knows under a logical id.

        Raises:
            ServiceError: it doesn't exist.
        """
        return self.service.resource(self.resource(logical_id).physical_id)

    def resource(self, logical_id: str = "Model") -> Resource:
        return self.stack.resources[logical_id]

    def physical_id(self, logical_id: str = "Model") -> str:
        return self.resource(logical_id).physical_id

    def attributes(self, logical_id: str = "Model") -> dict[str, str]:
        """What GetAtt answers."""
        return self.resource(logical_id).data

    def tags(self, logical_id: str = "Model") -> dict[str, str]:
        """The user's tags: without the markers."""
        return {key: value for key, value in self.model(logical_id)["tags"].items() if key not in MARKERS}

    @property
    def calls(self) -> list[Call]:
        return self.service.calls

    def forget_calls(self) -> None:
        self.service.calls.clear()

    def operations(self) -> list[str]:
        """The calls since they were last forgotten."""
        return [_short(call) for call in self.calls]

    def writes(self) -> list[str]:
        return [_short(call) for call in self.calls if call.is_write]

    def inputs(self, operation: str) -> list[dict[str, Any]]:
        """The input of each call of an operation."""
        return [call.input for call in self.calls if call.operation == operation]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.function.output.getvalue().splitlines()]

    def check(self, *secrets: str, twins: bool = False) -> None:
        """What must hold always: valid answers, no secrets, exactly the models of the last successful template.

        Args:
            secrets: what must not have been written or answered.
            twins: whether other models of the request that made a known model may still be there.
        """
        assert self.cloudformation.violations == []
        self.check_secrets(*secrets)
        known = {resource.physical_id for resource in self.stack.resources.values()}
        live = {model["configuredAudienceModelArn"] for model in self.models()}
        assert known <= live
        if twins:
            requests = [self.model(logical_id)["tags"][MARKERS[2]] for logical_id in self.stack.resources]
            live = {
                arn for arn in live if arn in known or self.service.resource(arn)["tags"][MARKERS[2]] not in requests
            }
        assert live - set(self.stack.abandoned) == known
        for logical_id, resource in self.stack.resources.items():
            assert self.differences(logical_id) == {}
            assert resource.data == {
                "ConfiguredAudienceModelArn": resource.physical_id,
                "Name": self.model(logical_id)["name"],
            }

    def differences(self, logical_id: str = "Model") -> dict[str, tuple[Any, Any]]:
        """Where the service doesn't hold what the template says: member → (wanted, held)."""
        wanted, model = self.resource(logical_id).properties, self.model(logical_id)
        found = {}
        for member, (change, removal) in MEMBERS.items():
            default = None if isinstance(removal, Removal) else removal
            target = wanted.get(member, default)
            held = self.tags(logical_id) if member == "tags" else model.get(member, default)
            if change is Change.REPLACEMENT and member not in wanted:
                continue
            if held != target:
                found[member] = (target, held)
        return found

    def check_secrets(self, *secrets: str) -> None:
        """Nothing secret was written or answered."""
        said = self.function.output.getvalue()
        said += json.dumps([pending.answers for pending in self.cloudformation.pending.values()])
        for secret in (SIGNATURE, *CREDENTIALS.values(), *secrets):
            assert secret not in said


def _short(call: Call) -> str:
    return re.sub("ConfiguredAudienceModels?$", "", call.operation)
