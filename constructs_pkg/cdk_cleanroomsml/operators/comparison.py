"""One resource of a stack, as its template has it and as the service holds it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

from ..handler.protocol import FAILED_MARKER, LOGICAL_MARKER, MARKER_PREFIX, STACK_MARKER
from ..handler.reconciliation import RETRAINED, Change, Kind, Removal, plan_update, previous, with_own
from ..handler.resource_types import (
    AudienceModel,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    Policy,
    model_of,
)
from .account import code_of
from .template import Unknown, unknown_in

if TYPE_CHECKING:
    from .account import Account, Members
    from .stacks import Stack

POLICY = "Custom::CleanRoomsMLConfiguredAudienceModelPolicy"
ASSOCIATION = "Custom::CleanRoomsConfiguredAudienceModelAssociation"
DATASET = "AWS::CleanRoomsML::TrainingDataset"
_TRAINING_DATASET = Kind(
    noun="TrainingDataset",
    words="a training dataset",
    pattern=r"arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:training-dataset/[-a-zA-Z0-9_/.]+",
    members={
        "name": (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        "roleArn": (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        "trainingData": (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        "description": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "tags": (Change.TAGS, {}),
    },
)
"""CloudFormation's own type, which the function has nothing to do with; only its tags can be changed."""

KINDS: dict[str, tuple[str, Kind]] = {
    ASSOCIATION: ("cleanrooms", ConfiguredAudienceModelAssociation.kind),
    "Custom::CleanRoomsMLAudienceModel": ("cleanroomsml", AudienceModel.kind),
    "Custom::CleanRoomsMLConfiguredAudienceModel": ("cleanroomsml", ConfiguredAudienceModel.kind),
    DATASET: ("cleanroomsml", _TRAINING_DATASET),
}
TYPES = (*KINDS, POLICY)
"""All that is compared."""

_DOCUMENT = "configuredAudienceModelPolicy"
_MODEL = "configuredAudienceModelArn"
_NAME = "configuredAudienceModelAssociationName"
_READD = "remove it from the template and deploy, then add it again"


@dataclass(frozen=True)
class Difference:
    """A member that the service holds otherwise.

    Attributes:
        member: its name; `tags.…` for a tag, "" for the whole resource.
        why_not: why `--fix` can't write the template's value; "" if it can.
    """

    member: str
    template: Any
    service: Any
    why_not: str = ""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        told = {"member": self.member, "template": self.template, "service": self.service}
        return {**told, "canBeFixed": not self.why_not, **({"whyNot": self.why_not} if self.why_not else {})}


@dataclass
class Compared:
    """What came of a comparison."""

    logical_id: str
    type: str
    physical_id: str
    differences: list[Difference] = field(default_factory=list)
    not_known: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    filled: dict[str, Any] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """In one word, or three."""
        if self.differences:
            return "drifted"
        return "not known" if self.not_known else "in sync"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "logicalId": self.logical_id,
            "type": self.type,
            "physicalId": self.physical_id,
            "state": self.state,
            "differences": [each.document() for each in self.differences],
            "notKnown": [{"member": member, "why": why} for member, why in self.not_known],
            "notes": self.notes,
        }


def compare(account: Account, stack: Stack, resource: Members, given: dict[str, Any]) -> Compared:
    """Compares a resource with its template.

    Args:
        account: where it is.
        stack: whose it is.
        resource: as ListStackResources has it.
        given: its properties in the template, resolved.
    """
    told = Compared(resource["LogicalResourceId"], resource["ResourceType"], resource.get("PhysicalResourceId", ""))
    if told.type == POLICY:
        _compare_policy(account, told, given)
    elif told.type == DATASET:
        _compare_dataset(account, stack, told, given)
    else:
        _compare_members(account, stack.id, told, given)
    return told


def address(kind: Kind, arn: str) -> dict[str, str]:
    """How an operation is told which resource is meant."""
    if kind is not ConfiguredAudienceModelAssociation.kind:
        return {kind.arn: arn}
    match = re.fullmatch(kind.pattern, arn)
    membership, own = match.groups() if match else ("", "")
    return {"membershipIdentifier": membership, "configuredAudienceModelAssociationIdentifier": own}


def _compare_members(account: Account, stack_id: str, told: Compared, given: dict[str, Any]) -> None:
    service, kind = KINDS[told.type]
    if not re.fullmatch(kind.pattern, told.physical_id):
        told.not_known.append(("", f"{told.physical_id!r} is no ARN: its creation was never answered"))
        return
    shape = account.client(service).meta.service_model.operation_model(kind.create).input_shape
    wanted = previous(with_own(shape, kind.own), given, kind.name)
    held = _held(account, service, kind, told.physical_id)
    if held is None:
        _tell_gone(told, kind, wanted)
        return
    if held["tags"] is None:
        told.not_known.append(("tags", "the service doesn't tell the tags of an association"))
        wanted.pop("tags", None)
        held["tags"] = {}
    if wanted.get(RETRAINED) and kind is ConfiguredAudienceModel.kind:
        wanted["audienceModelArn"] = held["audienceModelArn"]
        told.notes.append("audienceModelArn is the retraining's, not the template's")
    if FAILED_MARKER in held["tags"]:
        told.notes.append("an update of it has failed, and none has succeeded since")
    told.not_known += unknown_in(wanted)
    _compare_marks(told, stack_id, held["tags"])
    told.held, told.filled = held, _filled(wanted, held)
    current = {**held, "tags": {key: value for key, value in held["tags"].items() if key != FAILED_MARKER}}
    _compare_each(told, kind, current)


def _compare_each(told: Compared, kind: Kind, current: dict[str, Any]) -> None:
    # With a last template that says the same, all that differs is somebody else's doing.
    for member in plan_update(kind, told.filled, told.filled, current).drift:
        told.differences.append(_difference(kind, told.filled, told.held, member))


def _compare_dataset(account: Account, stack: Stack, told: Compared, given: dict[str, Any]) -> None:
    """CloudFormation's own type: its properties are the API's members, but for capitals and the form of the tags."""
    held = account.find("cleanroomsml", "get_training_dataset", trainingDatasetArn=told.physical_id)
    wanted = _as_the_api_has_it(given)
    if held is None:
        _tell_gone(told, _TRAINING_DATASET, wanted)
        return
    told.not_known += unknown_in(wanted)
    held["tags"] = held.get("tags") or {}
    tags = wanted.pop("tags", [])
    if isinstance(tags, list) and all(isinstance(each, dict) for each in tags):
        # CloudFormation hands the stack's own tags on to each resource of its own types.
        of_stack = _tags_of(stack.described.get("Tags", []))
        inherited = {key: value for key, value in of_stack.items() if held["tags"].get(key) == value}
        wanted["tags"] = {**inherited, **_tags_of(tags)}
    else:
        wanted["tags"] = {key: value for key, value in held["tags"].items() if not key.startswith("aws:")}
    # What the template leaves out of it, the service may have filled in.
    held["trainingData"] = _as_far_as(wanted.get("trainingData"), held["trainingData"])
    told.held, told.filled = held, _filled(wanted, held)
    _compare_each(told, _TRAINING_DATASET, held)


def _tags_of(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Tags as the API has them."""
    pairs = [{name.lower(): value for name, value in each.items()} for each in listed]
    return {each["key"]: each["value"] for each in pairs}


def _as_the_api_has_it(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {f"{name[0].lower()}{name[1:]}": _as_the_api_has_it(each) for name, each in value.items()}
    return [_as_the_api_has_it(each) for each in value] if isinstance(value, list) else value


def _as_far_as(wanted: Any, held: Any) -> Any:  # noqa: ANN401 - JSON
    """What is held, without what isn't said."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        return {name: _as_far_as(wanted[name], each) for name, each in held.items() if name in wanted}
    if isinstance(wanted, list) and isinstance(held, list) and len(wanted) == len(held):
        return [_as_far_as(one, other) for one, other in zip(wanted, held, strict=True)]
    return held


def _difference(kind: Kind, wanted: dict[str, Any], held: dict[str, Any], member: str) -> Difference:
    if member.startswith("tags."):
        key = member.removeprefix("tags.")
        return Difference(member, wanted.get("tags", {}).get(key), held["tags"].get(key))
    change, removal = kind.members[member]
    value = wanted.get(member, None if isinstance(removal, Removal) else removal)
    why_not = ""
    if change is not Change.IN_PLACE or value is None:
        why_not = "only a new resource can have it"
    elif next(unknown_in(value), None):
        why_not = "a part of it is not known from here"
    return Difference(member, value, held.get(member), why_not)


def _compare_marks(told: Compared, stack_id: str, tags: dict[str, str]) -> None:
    """Whose it is, as far as its markers say; where no tags are told nothing is."""
    if ("tags", "the service doesn't tell the tags of an association") in told.not_known:
        return
    for key, mine in ((STACK_MARKER, stack_id), (LOGICAL_MARKER, told.logical_id)):
        if tags.get(key) != mine:
            why_not = "it is marked as another's" if key in tags else ""
            told.differences.append(Difference(f"tags.{key}", mine, tags.get(key), why_not))


def _tell_gone(told: Compared, kind: Kind, wanted: dict[str, Any]) -> None:
    if kind is AudienceModel.kind and wanted.get(RETRAINED):
        told.notes.append("the retraining has replaced and deleted it")
        return
    told.differences.append(Difference("", "exists", "does not exist", _READD))


def _held(account: Account, service: str, kind: Kind, arn: str) -> dict[str, Any] | None:
    """A resource as the service holds it, under the names that its Create has for the members."""
    answer = account.find(service, xform_name(kind.get), **address(kind, arn))
    if answer is None or kind is not ConfiguredAudienceModelAssociation.kind:
        return answer if answer is None else {**answer, "tags": answer.get("tags") or {}}
    held = answer["configuredAudienceModelAssociation"]
    try:
        tags = account.call(service, "list_tags_for_resource", resourceArn=arn)["tags"]
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise
        tags = None
    return {**held, _NAME: held["name"], "membershipIdentifier": held["membershipId"], "tags": tags}


def _compare_policy(account: Account, told: Compared, given: dict[str, Any]) -> None:
    arn, wanted = given.get(_MODEL), given.get(_DOCUMENT)
    told.not_known += unknown_in({_MODEL: arn, _DOCUMENT: wanted})
    held = account.find(
        "cleanroomsml",
        "get_configured_audience_model_policy",
        configuredAudienceModelArn=model_of(told.physical_id),
    )
    told.filled, told.held = given, held or {}
    if held is None:
        told.differences.append(Difference("", "exists", "does not exist", "" if not told.not_known else _READD))
        return
    document = json.loads(held[_DOCUMENT])
    if not told.not_known and not Policy(document, held["policyHash"]).says(wanted):
        told.differences.append(Difference(_DOCUMENT, wanted, document))


def _filled(wanted: Any, held: Any) -> Any:  # noqa: ANN401 - JSON
    """The template's value, with what isn't known from here as the service holds it: so that is no difference."""
    if isinstance(wanted, Unknown):
        return deepcopy(held)
    if isinstance(wanted, dict):
        of = held if isinstance(held, dict) else {}
        filled = {name: _filled(each, of.get(name)) for name, each in wanted.items()}
        return {name: each for name, each in filled.items() if each is not None or wanted[name] is None}
    if isinstance(wanted, list) and isinstance(held, list) and len(wanted) == len(held):
        return [_filled(each, of) for each, of in zip(wanted, held, strict=True)]
    return wanted


def is_marker(member: str) -> bool:
    """Whether a member is a tag of ours."""
    return member.startswith(f"tags.{MARKER_PREFIX}")
