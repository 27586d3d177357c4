"""Training datasets: enough of them to train an audience model on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation
from .rules import tag_problems

if TYPE_CHECKING:
    from .context import Context


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateTrainingDataset; its name is unique in the account and Region (API)."""
    if problems := tag_problems(request.get("tags", {})):
        raise validation(problems)
    for other in call.store.training_datasets.live():
        if other.get("name") == request["name"]:
            raise ServiceError("ConflictException", f"a training dataset of that name is {other['trainingDatasetArn']}")
    call.pass_role(request["roleArn"])
    arn = call.new_arn("training-dataset")
    call.tag_on_create(arn, request)
    own = {"trainingDatasetArn": arn, "status": "ACTIVE", "createTime": call.now, "updateTime": call.now}
    call.store.training_datasets.add(arn, {"tags": {}, **request, **own})
    return {"trainingDatasetArn": arn}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetTrainingDataset."""
    return call.store.training_datasets.read(request["trainingDatasetArn"])


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTrainingDatasets."""
    page = call.store.training_datasets.page(request.get("nextToken"), call.page_size(request))
    return {"trainingDatasets": page.items, "nextToken": page.next_token}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteTrainingDataset, refused while an audience model depends on it (API)."""
    arn = request["trainingDatasetArn"]
    call.store.training_datasets.get(arn)
    users = [model for model in call.store.audience_models.live() if model["trainingDatasetArn"] == arn]
    if users:
        raise ServiceError("ConflictException", f"{arn} is used by {users[0]['audienceModelArn']}")
    call.store.training_datasets.remove(arn)
    return {}
