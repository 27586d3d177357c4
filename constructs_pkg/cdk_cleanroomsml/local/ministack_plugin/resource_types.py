"""The CloudFormation types of Clean Rooms ML and Clean Rooms that ministack lacks.

AWS::CleanRoomsML::TrainingDataset, AWS::CleanRooms::Collaboration and AWS::CleanRooms::Membership. What the API can
change is changed in place, everything else by replacement; what is gone counts as deleted.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError
from ministack.core import responses
from ministack.services.cloudformation import provisioners

from ..service import client
from ..service.model import service_model

if TYPE_CHECKING:
    from ..service import CleanRoomsML
    from ..service.model import ServiceModel, ServiceName, Shape

TRAINING_DATASET = "AWS::CleanRoomsML::TrainingDataset"
COLLABORATION = "AWS::CleanRooms::Collaboration"
MEMBERSHIP = "AWS::CleanRooms::Membership"

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""A physical id, and the attributes."""

_GONE = ("ResourceNotFoundException", "AccessDeniedException")
"""What the service says of what is gone: a collaboration is denied, and nothing else is here, where IAM isn't asked."""


def install(service: CleanRoomsML) -> None:
    """Adds the types to ministack.

    Args:
        service: what serves them.
    """
    api = _Api(service)
    for name, handlers in (
        (TRAINING_DATASET, _training_dataset(api)),
        (COLLABORATION, _collaboration(api)),
        (MEMBERSHIP, _membership(api)),
    ):
        provisioners._RESOURCE_HANDLERS[name] = handlers  # noqa: SLF001 - its registry
        provisioners._STACK_TAG_PROPERTY[name] = ("Tags", "list")  # noqa: SLF001


class _Api:
    """Calls of the services, for the account and Region of the stack."""

    def __init__(self, service: CleanRoomsML) -> None:
        self._client = cache(lambda *of: _client(service, *of))

    def call(self, name: ServiceName, operation: str, properties: Properties, **more: Json) -> Json:
        """Calls an operation.

        Args:
            name: of which service.
            operation: which one.
            properties: those of CloudFormation; what the operation doesn't take is left out.
            more: further members, in the API's own names.

        Raises:
            ValueError: the service refuses.
        """
        model = service_model(name)
        request = {**_request(model, model.input_shape(operation), properties), **more}
        made = self._client(name, responses.get_account_id(), responses.get_region())
        try:
            return made._make_api_call(operation, request)  # noqa: SLF001 - by the operation's own name
        except ClientError as error:
            answer = error.response
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            text = f"{answer['Error']['Message']} (Service: {name}, Status Code: {status})"
            raise (LookupError if answer["Error"]["Code"] in _GONE else ValueError)(text) from error

    def delete(self, name: ServiceName, operation: str, **identifier: str) -> None:
        """Deletes a resource; one that is gone is deleted."""
        try:
            self.call(name, operation, {}, **identifier)
        except LookupError:
            return

    def tag(self, name: ServiceName, arn: str, old: Properties, new: Properties) -> None:
        """Gives a resource the tags of its new properties instead of those of the old ones."""
        before, after = _own_tags(old), _own_tags(new)
        if removed := sorted(set(before) - set(after)):
            self.call(name, "UntagResource", {}, resourceArn=arn, tagKeys=removed)
        if after:
            self.call(name, "TagResource", {}, resourceArn=arn, tags=after)


def _training_dataset(api: _Api) -> dict[str, Any]:
    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        del logical_id, stack_name
        made = api.call("cleanroomsml", "CreateTrainingDataset", props, tags=_own_tags(props))
        arn = made["trainingDatasetArn"]
        return arn, {"TrainingDatasetArn": arn, "Status": "ACTIVE"}

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
        if _differ(old, new, in_place=("Tags",)):
            return create("", new, stack_name)
        api.tag("cleanroomsml", physical_id, old, new)
        return physical_id, {"TrainingDatasetArn": physical_id, "Status": "ACTIVE"}

    def delete(physical_id: str, props: Properties) -> None:
        del props
        api.delete("cleanroomsml", "DeleteTrainingDataset", trainingDatasetArn=physical_id)

    return {"create": create, "update": update, "delete": delete}


def _collaboration(api: _Api) -> dict[str, Any]:
    def shown(made: Json) -> Created:
        collaboration = made["collaboration"]
        return collaboration["id"], {
            "Arn": collaboration["arn"],
            "CollaborationIdentifier": collaboration["id"],
        }

    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        del logical_id, stack_name
        whole = {"Members": [], "CreatorMemberAbilities": [], **props}
        return shown(api.call("cleanrooms", "CreateCollaboration", whole, tags=_own_tags(props)))

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
        if _differ(old, new, in_place=("Name", "Description", "AnalyticsEngine", "Tags")):
            return create("", new, stack_name)
        made = api.call("cleanrooms", "UpdateCollaboration", new, collaborationIdentifier=physical_id)
        api.tag("cleanrooms", made["collaboration"]["arn"], old, new)
        return shown(made)

    def delete(physical_id: str, props: Properties) -> None:
        del props
        api.delete("cleanrooms", "DeleteCollaboration", collaborationIdentifier=physical_id)

    return {"create": create, "update": update, "delete": delete}


def _membership(api: _Api) -> dict[str, Any]:
    mutable = ("QueryLogStatus", "JobLogStatus", "DefaultResultConfiguration", "DefaultJobResultConfiguration")

    def shown(made: Json) -> Created:
        membership = made["membership"]
        return membership["id"], {
            "Arn": membership["arn"],
            "MembershipIdentifier": membership["id"],
            "CollaborationArn": membership["collaborationArn"],
            "CollaborationCreatorAccountId": membership["collaborationCreatorAccountId"],
        }

    def create(logical_id: str, props: Properties, stack_name: str) -> Created:
        del logical_id, stack_name
        return shown(api.call("cleanrooms", "CreateMembership", props, tags=_own_tags(props)))

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
        if _differ(old, new, in_place=(*mutable, "PaymentConfiguration", "Tags")):
            return create("", new, stack_name)
        renamed = {**new, "MembershipPaymentConfiguration": new.get("PaymentConfiguration")}
        made = api.call("cleanrooms", "UpdateMembership", renamed, membershipIdentifier=physical_id)
        api.tag("cleanrooms", made["membership"]["arn"], old, new)
        return shown(made)

    def delete(physical_id: str, props: Properties) -> None:
        del props
        api.delete("cleanrooms", "DeleteMembership", membershipIdentifier=physical_id)

    return {"create": create, "update": update, "delete": delete}


def _client(service: CleanRoomsML, name: ServiceName, account: str, region: str) -> Json:
    # It is the service that checks parameters, as it does for everybody.
    return client(service, name, account=account, region=region, config=Config(parameter_validation=False))


def _request(model: ServiceModel, shape: Shape, value: Json) -> Json:
    """Properties in the API's own names: CloudFormation's differ from them in the case of letters."""
    if shape["type"] == "structure" and isinstance(value, dict):
        given = {name.lower(): each for name, each in value.items() if name != "Tags" and each is not None}
        members = {name: model.shape(member) for name, member in shape["members"].items() if name.lower() in given}
        return {name: _request(model, member, given[name.lower()]) for name, member in members.items()}
    if shape["type"] == "list" and isinstance(value, list):
        item = model.shape(shape["member"])
        return [_request(model, item, each) for each in value]
    return value


def _differ(old: Properties, new: Properties, *, in_place: tuple[str, ...]) -> bool:
    """Whether properties differ, apart from those that can be changed in place."""
    return any(old.get(name) != new.get(name) for name in {*old, *new} - {*in_place})


def _own_tags(props: Properties) -> dict[str, str]:
    """The tags without those that only CloudFormation itself may set."""
    tags = {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}
