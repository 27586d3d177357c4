"""Audience models: enough of them for a configured audience model to refer to one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation
from .rules import MAX_PENDING_AUDIENCE_MODELS, tag_problems

if TYPE_CHECKING:
    from .context import Context

# The part of a training that is spent waiting for it to begin.
_PENDING = 0.1


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateAudienceModel: the training starts, the switch `training_seconds` says how long it takes."""
    if problems := tag_problems(request.get("tags", {})):
        raise validation(problems)
    call.store.training_datasets.get(request["trainingDatasetArn"])
    training = [m for m in call.store.audience_models.live() if status(call, m).startswith("CREATE_")]
    if sum(status(call, model) != "CREATE_FAILED" for model in training) >= MAX_PENDING_AUDIENCE_MODELS:
        raise ServiceError(
            "ServiceQuotaExceededException",
            f"{MAX_PENDING_AUDIENCE_MODELS} audience models are in training, no more are allowed",
            quotaName="Pending audience models",
            quotaValue=MAX_PENDING_AUDIENCE_MODELS,
        )
    arn = call.new_arn("audience-model")
    call.tag_on_create(arn, request)
    own = {"audienceModelArn": arn, "createTime": call.now, "updateTime": call.now}
    call.store.audience_models.add(arn, {"tags": {}, **request, **own})
    return {"audienceModelArn": arn}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetAudienceModel."""
    model = call.store.audience_models.read(request["audienceModelArn"])
    current = status(call, model)
    details = {"message": "the training failed"} if current == "CREATE_FAILED" else None
    return {**model, "status": current, "statusDetails": details}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListAudienceModels."""
    page = call.store.audience_models.page(request.get("nextToken"), call.page_size(request))
    models = [{**model, "status": status(call, model)} for model in page.items]
    return {"audienceModels": models, "nextToken": page.next_token}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteAudienceModel, refused while a configured audience model depends on it (API)."""
    arn = request["audienceModelArn"]
    call.store.audience_models.get(arn)
    users = [m for m in call.store.configured_audience_models.live() if m["audienceModelArn"] == arn]
    if users:
        raise ServiceError("ConflictException", f"{arn} is used by {users[0]['configuredAudienceModelArn']}")
    call.store.audience_models.remove(arn)
    return {}


def status(call: Context, model: dict[str, Any]) -> str:
    """How far the training of an audience model is by now; a seeded model has a fixed status."""
    if "status" in model:
        return str(model["status"])
    elapsed = call.now - model["createTime"]
    duration = timedelta(seconds=call.switches.training_seconds)
    if elapsed < duration * _PENDING:
        return "CREATE_PENDING"
    if elapsed < duration:
        return "CREATE_IN_PROGRESS"
    return "CREATE_FAILED" if call.switches.training_fails else "ACTIVE"
