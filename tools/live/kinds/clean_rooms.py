"""What a run makes in Clean Rooms and Clean Rooms ML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Found, Kind, deleted_by, listed, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..account import Account

ML = "cleanroomsml"


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


def _jobs(account: Account, prefix: str) -> Iterator[Found]:
    """Those that somebody else started have the name of an account in front: they aren't found, and theirs."""
    for item in pages(account, ML, "list_audience_generation_jobs", "audienceGenerationJobs"):
        if item["name"].startswith(prefix):
            yield Found(item["name"], item["audienceGenerationJobArn"])


CLEAN_ROOMS: dict[str, Kind] = {
    "generation job": Kind(
        "the audience generation job",
        _jobs,
        deleted_by(ML, "delete_audience_generation_job", "audienceGenerationJobArn"),
    ),
    "association": Kind("the association", _associations, _delete_association),
    "configured audience model": Kind(
        "the configured audience model",
        listed(ML, "list_configured_audience_models", "configuredAudienceModels", "name", "configuredAudienceModelArn"),
        deleted_by(ML, "delete_configured_audience_model", "configuredAudienceModelArn"),
    ),
    "audience model": Kind(
        "the audience model",
        listed(ML, "list_audience_models", "audienceModels", "name", "audienceModelArn"),
        _delete_audience_model,
        slow=True,
    ),
    "training dataset": Kind(
        "the training dataset",
        listed(ML, "list_training_datasets", "trainingDatasets", "name", "trainingDatasetArn"),
        deleted_by(ML, "delete_training_dataset", "trainingDatasetArn"),
    ),
}
