"""The kinds of things that a run makes: how they are found again by their names, and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.exceptions import BotoCoreError, ClientError

    from .account import Account

PREFIX = "cdk-cleanroomsml-live-"
"""How every name begins that any run gives; eight letters and digits of the run's id follow."""


@dataclass(frozen=True)
class Found:
    """Something that a List shows.

    Attributes:
        name: its name.
        id: what its deletion takes.
    """

    name: str
    id: str


@dataclass(frozen=True)
class Kind:
    """A kind of things.

    Attributes:
        called: what people call one.
        find: everything in an account whose name begins with a prefix.
        delete: begins to delete one; raises what the service answers.
        slow: whether it is still there for a while after its deletion was accepted.
    """

    called: str
    find: Callable[[Account, str], Iterator[Found]]
    delete: Callable[[Account, Found], object]
    slow: bool = False


def pages(account: Account, service: str, operation: str, items: str, **members: object) -> Iterator[dict[str, Any]]:
    """The items of all pages of a List."""
    for page in account.client(service).get_paginator(operation).paginate(**members):
        yield from page.get(items, [])


def is_gone(error: BotoCoreError | ClientError) -> bool:
    """Whether an error says that what is to be deleted doesn't exist."""
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    return any(word in code for word in ("NotFound", "NoSuch", "DoesNotExist"))


def _list(service: str, operation: str, items: str, name: str, id_: str) -> Callable[[Account, str], Iterator[Found]]:
    """How a kind is found whose List tells name and id."""

    def find(account: Account, prefix: str) -> Iterator[Found]:
        for item in pages(account, service, operation, items):
            if item[name].startswith(prefix):
                yield Found(item[name], item[id_])

    return find


def _delete(service: str, operation: str, member: str) -> Callable[[Account, Found], object]:
    """How a kind is deleted whose Delete takes nothing but the id."""
    return lambda account, found: getattr(account.client(service), operation)(**{member: found.id})


def _associations(account: Account, prefix: str) -> Iterator[Found]:
    for membership in pages(account, "cleanrooms", "list_memberships", "membershipSummaries"):
        members = {"membershipIdentifier": membership["id"]}
        operation = "list_configured_audience_model_associations"
        for item in pages(account, "cleanrooms", operation, "configuredAudienceModelAssociationSummaries", **members):
            if item["name"].startswith(prefix):
                yield Found(item["name"], item["arn"])


def _delete_association(account: Account, found: Found) -> None:
    _, membership, _, association = found.id.split("/")
    account.client("cleanrooms").delete_configured_audience_model_association(
        membershipIdentifier=membership, configuredAudienceModelAssociationIdentifier=association
    )


def _audience_models(account: Account, prefix: str) -> Iterator[Found]:
    for item in pages(account, "cleanroomsml", "list_audience_models", "audienceModels"):
        if item["name"].startswith(prefix):
            yield Found(item["name"], item["audienceModelArn"])


def _delete_audience_model(account: Account, found: Found) -> None:
    ml = account.client("cleanroomsml")
    status = ml.get_audience_model(audienceModelArn=found.id)["status"]
    if status not in ("DELETE_PENDING", "DELETE_IN_PROGRESS"):
        ml.delete_audience_model(audienceModelArn=found.id)


def _roles(account: Account, prefix: str) -> Iterator[Found]:
    for role in pages(account, "iam", "list_roles", "Roles"):
        if role["RoleName"].startswith(prefix):
            yield Found(role["RoleName"], role["RoleName"])


def _delete_role(account: Account, found: Found) -> None:
    iam = account.client("iam")
    for name in iam.list_role_policies(RoleName=found.id)["PolicyNames"]:
        iam.delete_role_policy(RoleName=found.id, PolicyName=name)
    iam.delete_role(RoleName=found.id)


def _buckets(account: Account, prefix: str) -> Iterator[Found]:
    for bucket in account.client("s3").list_buckets()["Buckets"]:
        if bucket["Name"].startswith(prefix):
            yield Found(bucket["Name"], bucket["Name"])


def _delete_bucket(account: Account, found: Found) -> None:
    s3 = account.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=found.id):
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=found.id, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=found.id)


_ML = "cleanroomsml"

KINDS: dict[str, Kind] = {
    "association": Kind("the association", _associations, _delete_association),
    "configured audience model": Kind(
        "the configured audience model",
        _list(_ML, "list_configured_audience_models", "configuredAudienceModels", "name", "configuredAudienceModelArn"),
        _delete(_ML, "delete_configured_audience_model", "configuredAudienceModelArn"),
    ),
    "audience model": Kind("the audience model", _audience_models, _delete_audience_model, slow=True),
    "training dataset": Kind(
        "the training dataset",
        _list(_ML, "list_training_datasets", "trainingDatasets", "name", "trainingDatasetArn"),
        _delete(_ML, "delete_training_dataset", "trainingDatasetArn"),
    ),
    "role": Kind("the role", _roles, _delete_role),
    "bucket": Kind("the bucket", _buckets, _delete_bucket),
}
"""In the order in which they are deleted: what depends on others goes first."""
