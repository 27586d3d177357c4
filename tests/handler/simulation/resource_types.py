"""The resource types, as far as the cases and the simulator have to know them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cdk_cleanroomsml.handler.reconciliation.kind import Change, Kind, Removal
from cdk_cleanroomsml.handler.resource_types import association, audience_model, configured_audience_model

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]

ACCOUNT = "111122223333"
REGION = "us-east-1"

CONFIGURED = "Custom::CleanRoomsMLConfiguredAudienceModel"
POLICY = "Custom::CleanRoomsMLConfiguredAudienceModelPolicy"
AUDIENCE = "Custom::CleanRoomsMLAudienceModel"
ASSOCIATION = "Custom::CleanRoomsConfiguredAudienceModelAssociation"

_HERE = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}"
AUDIENCE_MODEL = f"{_HERE}:audience-model/first"
OTHER_AUDIENCE_MODEL = f"{_HERE}:audience-model/second"
DATASET = f"{_HERE}:training-dataset/first"
OTHER_DATASET = f"{_HERE}:training-dataset/second"
EXISTING_MODELS = tuple(f"{_HERE}:configured-audience-model/existing{number}" for number in range(3))
"""Configured models that are no stack's, for associations."""
COLLABORATION = "c0c0c0c0-0000-4000-8000-000000000001"
MEMBERSHIP = "c0c0c0c0-0000-4000-8000-000000000002"
OTHER_COLLABORATION = "c0c0c0c0-0000-4000-8000-000000000003"
OTHER_MEMBERSHIP = "c0c0c0c0-0000-4000-8000-000000000004"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cleanrooms-ml-output"

MARKERS = ("cdk-cleanroomsml:stack-id", "cdk-cleanroomsml:logical-id", "cdk-cleanroomsml:request-id")
PREFIX = "cdk-cleanroomsml:"


def as_time(value: Any) -> Any:
    """A time, if it is the text of one."""
    text = value if isinstance(value, str) and re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}T", value) else None
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else value


@dataclass(frozen=True)
class ResourceState:
    """A resource that lives in the service.

    Attributes:
        members: under the names that the template gives them.
        data: the attributes that CloudFormation must know.
    """

    physical_id: str
    members: Mapping[str, Any]
    data: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def request_id(self) -> str:
        return self.tags.get(MARKERS[2], "")


def differences(kind: Kind, wanted: Mapping[str, Any], state: ResourceState) -> dict[str, tuple[Any, Any]]:
    """Where the service doesn't hold what a template says: member → (wanted, state)."""
    found = {}
    for member, (change, removal) in kind.members.items():
        default = None if isinstance(removal, Removal) else removal
        target = as_time(wanted.get(member, default))
        value: Any = state.members.get(member, default)
        if member == "tags":
            value = {key: text for key, text in state.tags.items() if not key.startswith(PREFIX)}
        if member not in wanted and (change is Change.REPLACEMENT or removal is Removal.GENERATED):
            continue
        if member == "audienceModelArn" and "Retrained" in wanted:
            continue
        if value != target:
            found[member] = (target, value)
    return found


@dataclass(frozen=True)
class Subject:
    """A resource type that has names and tags.

    Attributes:
        called: in the names of tests.
        in_place: members that can be changed in place: other values than those of `maximal`.
        immutable: a member that only a new resource can change, which `minimal` and `maximal` give, and another value.
        reads: the calls that it takes to know a resource.
        bad: a value that can't be cast, and what is said about it.
        address: the members that tell its operations which resource is meant.
        renamed: members that the operation which updates calls something else.
        defaults: what the service holds when the template gives nothing.
        variants: members that make several resources of a template different.
    """

    called: str
    type: str
    kind: Kind
    minimal: Properties
    maximal: Properties
    in_place: Properties
    immutable: tuple[str, Any]
    reads: tuple[str, ...]
    bad: tuple[Properties, str]
    address: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Properties, ...] = ({}, {}, {})

    @property
    def name(self) -> str:
        return self.kind.name

    def named(self, name: str, **members: Any) -> Properties:
        """The minimal one, with a name."""
        return {**self.minimal, self.name: name, **members}

    @property
    def other(self) -> Properties:
        """The immutable member with another value."""
        return dict([self.immutable])


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

CONFIGURED_MODELS = Subject(
    called="configured",
    type=CONFIGURED,
    kind=configured_audience_model.KIND,
    minimal={**MINIMAL, "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"},
    maximal=MAXIMAL,
    in_place={
        "audienceModelArn": OTHER_AUDIENCE_MODEL,
        "outputConfig": output_config("s3://bucket/other"),
        "description": "another one",
        "sharedAudienceMetrics": ["NONE"],
        "minMatchingSeedSize": 1000,
        "audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000]},
    },
    immutable=("childResourceTagOnCreatePolicy", "NONE"),
    reads=("Get",),
    bad=(
        {"audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": ["10", "many"]}},
        "audienceSizeConfig.audienceSizeBins[1] must be an integer",
    ),
    address=("configuredAudienceModelArn",),
    defaults={"minMatchingSeedSize": 500},
)
AUDIENCE_MODELS = Subject(
    called="audience",
    type=AUDIENCE,
    kind=audience_model.KIND,
    minimal={"Type": AUDIENCE, "trainingDatasetArn": DATASET},
    maximal={
        "Type": AUDIENCE,
        "name": "Readers of spring",
        "description": "who read in spring",
        "trainingDatasetArn": DATASET,
        "trainingDataStartTime": "2026-03-01T00:00:00Z",
        "trainingDataEndTime": "2026-06-01T00:00:00.000+00:00",
        "kmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123",
        "tags": {"team": "growth", "cost": "42"},
    },
    in_place={},
    immutable=("trainingDatasetArn", OTHER_DATASET),
    reads=("Get",),
    bad=(
        {"trainingDataStartTime": "next week"},
        "trainingDataStartTime must be a time in ISO 8601, such as 2027-01-31T00:00:00Z",
    ),
    address=("audienceModelArn",),
)
ASSOCIATIONS = Subject(
    called="association",
    type=ASSOCIATION,
    kind=association.KIND,
    minimal={
        "Type": ASSOCIATION,
        "membershipIdentifier": MEMBERSHIP,
        "configuredAudienceModelArn": EXISTING_MODELS[0],
        "manageResourcePolicies": False,
    },
    maximal={
        "Type": ASSOCIATION,
        "membershipIdentifier": MEMBERSHIP,
        "configuredAudienceModelArn": EXISTING_MODELS[0],
        "configuredAudienceModelAssociationName": "Readers of spring",
        "manageResourcePolicies": True,
        "description": "who read in spring\nand may again",
        "tags": {"team": "growth", "cost": "42"},
    },
    in_place={"configuredAudienceModelAssociationName": "Readers of summer", "description": "another one"},
    immutable=("configuredAudienceModelArn", EXISTING_MODELS[1]),
    reads=("Get", "ListTagsForResource"),
    bad=({"manageResourcePolicies": "perhaps"}, "manageResourcePolicies must be true or false"),
    address=("membershipIdentifier", "configuredAudienceModelAssociationIdentifier"),
    renamed={"configuredAudienceModelAssociationName": "name"},
    variants=tuple({"configuredAudienceModelArn": arn} for arn in EXISTING_MODELS),
)
SUBJECTS = (CONFIGURED_MODELS, AUDIENCE_MODELS, ASSOCIATIONS)

KINDS: dict[str, Kind] = {subject.type: subject.kind for subject in SUBJECTS}
"""The resource types that have names and tags."""
