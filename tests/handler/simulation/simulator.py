"""The simulator: service, function and CloudFormation on one virtual clock."""

from __future__ import annotations

import json
import re
import uuid
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from cdk_cleanroomsml.local.service import Call, CleanRoomsML, Fault, Faults, Switches

from .cloudformation import SIGNATURE, CloudFormation, Properties, Resource, Result, Stack, type_of
from .resource_types import (
    ASSOCIATION,
    AUDIENCE,
    AUDIENCE_MODEL,
    COLLABORATION,
    CONFIGURED,
    DATASET,
    EXISTING_MODELS,
    KINDS,
    MARKERS,
    MAXIMAL,
    MEMBERSHIP,
    MINIMAL,
    OTHER_AUDIENCE_MODEL,
    OTHER_COLLABORATION,
    OTHER_DATASET,
    OTHER_MEMBERSHIP,
    POLICY,
    ROLE,
    ResourceState,
    Subject,
    differences,
    output_config,
)
from .virtual_lambda import ACCOUNT, CREDENTIALS, REGION, Interruption, VirtualClock, VirtualLambda, Wire, crash

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service.store import Store
    from cdk_cleanroomsml.local.service.switches import Names

__all__ = [
    "AUDIENCE_MODEL",
    "DATASET",
    "MAXIMAL",
    "MEMBERSHIP",
    "MINIMAL",
    "OTHER_AUDIENCE_MODEL",
    "ROLE",
    "Simulator",
    "output_config",
]

PARTNER = "444455556666"


class Simulator:
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
        self.wire.describe = self.cloudformation.describe
        self.stack = Stack(self.cloudformation)
        # What goes on beside the next deployment.
        self.lifts: list[Any] = []
        self.service.seed_audience_model(AUDIENCE_MODEL)
        self.service.seed_audience_model(OTHER_AUDIENCE_MODEL)
        self._seeds = {AUDIENCE_MODEL, OTHER_AUDIENCE_MODEL}
        for dataset in (DATASET, OTHER_DATASET):
            self._store.training_datasets.add(dataset, {"trainingDatasetArn": dataset, "tags": {}})
        self._join(COLLABORATION, MEMBERSHIP)
        self._join(OTHER_COLLABORATION, OTHER_MEMBERSHIP)

    @property
    def _store(self) -> Store:
        return self.service._stores[ACCOUNT, REGION]

    def prepare(self, subject: Subject) -> None:
        """Puts in place what resources of a type refer to, if it isn't there always."""
        if subject.type == ASSOCIATION:
            now = self.clock.datetime()
            for number, arn in enumerate(EXISTING_MODELS):
                model = {**MINIMAL, "name": f"existing {number}", "configuredAudienceModelArn": arn, "createTime": now}
                self._store.configured_audience_models.add(arn, {**model, "tags": {}})
            self._seeds |= set(EXISTING_MODELS)

    def _join(self, collaboration_id: str, membership_id: str) -> None:
        now = self.clock.datetime()
        arn = f"arn:aws:cleanrooms:{REGION}:{ACCOUNT}:membership/{membership_id}"
        collaboration_arn = f"arn:aws:cleanrooms:{REGION}:{PARTNER}:collaboration/{collaboration_id}"
        members = [{"accountId": account} for account in (PARTNER, ACCOUNT)]
        collaboration = {"id": collaboration_id, "arn": collaboration_arn, "members": members, "createTime": now}
        self.service._shared[REGION].collaborations.add(collaboration_arn, collaboration)
        ids = {"collaborationId": collaboration_id, "collaborationArn": collaboration_arn}
        self._store.memberships.add(arn, {"id": membership_id, "arn": arn, "createTime": now, "tags": {}, **ids})

    # What a case does

    def deploy(
        self,
        _template: dict[str, Properties] | None = None,
        *,
        fails: bool = False,
        after: float | None = None,
        deleted: bool = False,
        **resources: Any,
    ) -> Result:
        """Deploys the stack: logical ids and their properties; `after` so many seconds it is cancelled."""
        return self.stack.deploy(_template or resources, fails=fails, after=after, deleted=deleted)

    def destroy(self) -> Result:
        return self.stack.destroy()

    def crash(self, operation: str, *, times: int = 1, after_effect: bool = True, skip: int = 0) -> None:
        """The function dies at the next calls of an operation."""
        self.wire.interruptions.append(Interruption(operation, crash, skip, after_effect, times))

    def retain(self, logical_id: str = "Model") -> None:
        """Gives a resource DeletionPolicy Retain."""
        self.stack.retained.add(logical_id)

    def change(self, logical_id: str = "Model", **members: Any) -> None:
        """Changes a resource behind CloudFormation's back."""
        self.service.resource(self.physical_id(logical_id)).update(members)

    def vanish(self, logical_id: str = "Model") -> None:
        """Deletes a resource behind CloudFormation's back."""
        arn = self.physical_id(logical_id)
        store = self._store
        for table in (store.audience_models, store.configured_audience_models, store.associations):
            if table.peek(arn):
                table.remove(arn)

    def by_hand(self, name: str, **members: Any) -> str:
        """A configured audience model that somebody made without any stack; returns its ARN."""
        arn = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:configured-audience-model/{name.replace(' ', '-')}"
        given = {**MINIMAL, "minMatchingSeedSize": 500, "tags": {}, **members, "name": name}
        model = {**given, "configuredAudienceModelArn": arn, "status": "ACTIVE", "createTime": self.clock.datetime()}
        self._store.configured_audience_models.add(arn, {**model, "updateTime": self.clock.datetime()})
        return arn

    def audience_model_by_hand(self, name: str, *, status: str = "ACTIVE", **members: Any) -> str:
        """An audience model that somebody trained without any stack; returns its ARN."""
        arn = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-model/{name.replace(' ', '-')}"
        given = {"trainingDatasetArn": DATASET, "tags": {}, **members, "name": name, "status": status}
        times = dict.fromkeys(("createTime", "updateTime"), self.clock.datetime())
        self._store.audience_models.add(arn, {**given, "audienceModelArn": arn, **times})
        return arn

    def association_by_hand(self, name: str, **members: Any) -> str:
        """An association that somebody made without any stack; returns its ARN."""
        own = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        membership = f"arn:aws:cleanrooms:{REGION}:{ACCOUNT}:membership/{MEMBERSHIP}"
        arn = f"{membership}/configuredaudiencemodelassociation/{own}"
        collaboration = f"arn:aws:cleanrooms:{REGION}:{PARTNER}:collaboration/{COLLABORATION}"
        association = {
            "configuredAudienceModelArn": EXISTING_MODELS[0],
            "manageResourcePolicies": False,
            "tags": {},
            **members,
            "name": name,
            "id": own,
            "membershipIdentifier": MEMBERSHIP,
            "arn": arn,
            "membershipId": MEMBERSHIP,
            "membershipArn": membership,
            "collaborationId": COLLABORATION,
            "collaborationArn": collaboration,
        }
        times = dict.fromkeys(("createTime", "updateTime"), self.clock.datetime())
        self._store.associations.add(arn, {**association, **times})
        return arn

    def held(self, arn: str) -> dict[str, Any]:
        """What the service holds under an ARN, but for the time of its last change."""
        members = self.service.resource(arn)
        return {name: deepcopy(value) for name, value in members.items() if name != "updateTime"}

    def seed_audience_model(self, arn: str, status: str = "ACTIVE") -> None:
        """Puts an audience model in place that is no stack's, or gives it another status."""
        self.service.seed_audience_model(arn, status=status)
        self._seeds.add(arn)

    @property
    def faults(self) -> Faults:
        return self.service.faults

    @property
    def switches(self) -> Switches:
        return self.service.switches

    def name_twice(self, becomes: Names) -> None:
        """What becomes of a Create under a name that is taken, whatever the type."""
        self.switches.configured_audience_model_names = self.switches.audience_model_names = becomes
        self.switches.association_names = becomes

    def fail(
        self, operation: str, error: str, message: str = "injected", *, times: int | None = 1, **more: Any
    ) -> None:
        """The next calls of an operation are answered with an error."""
        self.faults.add(Fault(operation, error=error, message=message, times=times, **more))

    # What a case sees

    def models(self, type_: str = CONFIGURED) -> list[dict[str, Any]]:
        """What lives of a type, oldest first, but for what was there before."""
        return [{**state.members, "tags": state.tags} for state in self.live()[type_].values()]

    def model(self, logical_id: str = "Model") -> dict[str, Any]:
        """The resource that CloudFormation knows under a logical id."""
        resource = self.resource(logical_id)
        state = self.live()[type_of(resource.properties)][resource.physical_id]
        return {**state.members, "tags": state.tags}

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

    def live(self) -> dict[str, dict[str, ResourceState]]:
        """What lives in the account and a stack may have created: type → physical id → resource."""
        found: dict[str, dict[str, ResourceState]] = {CONFIGURED: {}, POLICY: {}, AUDIENCE: {}, ASSOCIATION: {}}
        for model in self._store.configured_audience_models.live():
            arn = model["configuredAudienceModelArn"]
            data = {"ConfiguredAudienceModelArn": arn, "Name": model["name"]}
            found[CONFIGURED][arn] = ResourceState(arn, model, data, model["tags"])
        for arn, policy in self._store.policies.items():
            document = {
                "configuredAudienceModelArn": arn,
                "configuredAudienceModelPolicy": json.loads(policy.text),
            }
            found[POLICY][f"{arn}/policy"] = ResourceState(
                f"{arn}/policy", document, {"ConfiguredAudienceModelArn": arn}
            )
        for model in self._store.audience_models.live():
            arn = model["audienceModelArn"]
            data = {"AudienceModelArn": arn, "Name": model["name"]}
            found[AUDIENCE][arn] = ResourceState(arn, model, data, model["tags"])
        for association in self._store.associations.live():
            found[ASSOCIATION][association["arn"]] = _association(association)
        return {
            type_: {physical_id: state for physical_id, state in resources.items() if physical_id not in self._seeds}
            for type_, resources in found.items()
        }

    def check(self, *secrets: str, duplicates: bool = False) -> None:
        """What must hold always: valid answers, no secrets, exactly the resources of the last successful template.

        Args:
            secrets: what must not have been written or answered.
            duplicates: whether others of the request that made a known resource may still be there.
        """
        assert self.cloudformation.violations == []
        self.check_secrets(*secrets)
        for type_, live in self.live().items():
            resources = {
                name: resource
                for name, resource in self.stack.resources.items()
                if type_of(resource.properties) == type_
            }
            known = {resource.physical_id for resource in resources.values()}
            assert known <= live.keys()
            requests = {live[physical_id].request_id for physical_id in known} if duplicates else set()
            others = {
                physical_id for physical_id in live.keys() - known if live[physical_id].request_id not in requests
            }
            # A policy can be anybody's: it carries no markers.
            assert type_ == POLICY or others <= set(self.stack.abandoned) | self.left_behind(type_)
            for resource in resources.values():
                state = live[resource.physical_id]
                assert _differences(resource, type_, state).keys() <= self.not_taken_away(resource)
                # A status is that of the last create or update.
                assert {name: value for name, value in resource.data.items() if name != "Status"} == state.data

    def left_behind(self, type_: str = CONFIGURED) -> set[str]:
        """What replacements made that were cancelled too early to be seen, and that no later delivery has seen either.

        The roll-back looks when the Create is still on its way, or List behind; a delivery that comes later looks
        again, unless it dies. This is knowingly left: docs/limitations.md.
        """
        lag = self.wire.longest_lag if self.faults.list_lag else 0.0
        dropped = {
            pending.event["RequestId"]: pending.dropped_at
            for pending in self.cloudformation.pending.values()
            if pending.event["RequestType"] == "Update" and pending.dropped_at is not None
        }
        found = set()
        for physical_id, state in self.live()[type_].items():
            dropped_at = dropped.get(state.request_id)
            if dropped_at is None:
                continue
            created = state.members["createTime"].timestamp()
            visible = max(dropped_at, created + lag)
            looked = any(
                event["RequestId"] == state.request_id and began >= visible for event, began in self.function.returned
            )
            if visible > dropped_at and not looked:
                found.add(physical_id)
        return found

    def not_taken_away(self, resource: Resource) -> set[str]:
        """What a cancelled update has added after its roll-back, and nothing can take away but a replacement.

        This is knowingly left: docs/limitations.md.
        """
        return {
            member
            for line in self.log()
            if line["step"] == "undone" and line["arn"] == resource.physical_id
            for member in line.get("stays", [])
            if member not in resource.properties
        }

    def differences(self, logical_id: str = "Model") -> dict[str, tuple[Any, Any]]:
        """Where the service doesn't hold what the template says: member → (wanted, state)."""
        resource = self.resource(logical_id)
        type_ = type_of(resource.properties)
        return _differences(resource, type_, self.live()[type_][resource.physical_id])

    def check_secrets(self, *secrets: str) -> None:
        """Nothing secret was written or answered."""
        said = self.function.output.getvalue()
        said += json.dumps([pending.answers for pending in self.cloudformation.pending.values()])
        for secret in (SIGNATURE, *CREDENTIALS.values(), *secrets):
            assert secret not in said


def _differences(resource: Resource, type_: str, state: ResourceState) -> dict[str, tuple[Any, Any]]:
    if type_ in KINDS:
        return differences(KINDS[type_], resource.properties, state)
    wanted = resource.properties
    return {name: (wanted.get(name), value) for name, value in state.members.items() if wanted.get(name) != value}


def _association(members: dict[str, Any]) -> ResourceState:
    arn, name = members["arn"], members["name"]
    data = {
        "ConfiguredAudienceModelAssociationArn": arn,
        "ConfiguredAudienceModelAssociationIdentifier": members["id"],
        "Name": name,
        "CollaborationIdentifier": members["collaborationId"],
    }
    return ResourceState(arn, {**members, "configuredAudienceModelAssociationName": name}, data, members["tags"])


def _short(call: Call) -> str:
    return re.sub("(Configured)?AudienceModel(Association)?s?$", "", call.operation)
