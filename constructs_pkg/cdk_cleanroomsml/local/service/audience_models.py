"""Audience models: a training takes its time, and so may a deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .context import named
from .errors import ServiceError, validation
from .model import service_model
from .progress import progress
from .requests import pattern
from .rules import MAX_PENDING_AUDIENCE_MODELS, tag_problems

if TYPE_CHECKING:
    from .context import Context

_TRAINING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
_DETAILS = {
    "CREATE_FAILED": {"statusCode": "TRAINING_FAILED", "message": "the training failed"},
    "DELETE_FAILED": {"statusCode": "DELETE_FAILED", "message": "the deletion failed"},
}


def check_arn(text: str) -> None:
    """Checks that a text is the ARN of an audience model.

    Raises:
        ValueError: it isn't.
    """
    if not pattern(service_model("cleanroomsml").shape({"shape": "AudienceModelArn"})["pattern"]).fullmatch(text):
        raise ValueError(f"'{text}' is not the ARN of an audience model")


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateAudienceModel: the training starts, the switch `training_seconds` says how long it takes."""
    if problems := tag_problems(request.get("tags", {})):
        raise validation(problems)
    call.store.training_datasets.get(request["trainingDatasetArn"])
    others, names = call.store.audience_models.live(), call.switches.audience_model_names
    if existing := named(others, "audienceModelArn", request["name"], names):
        return {"audienceModelArn": existing["audienceModelArn"]}
    training = [model for model in call.store.audience_models.live() if status(call, model) in _TRAINING]
    if len(training) >= MAX_PENDING_AUDIENCE_MODELS:
        raise ServiceError(
            "ServiceQuotaExceededException",
            f"{MAX_PENDING_AUDIENCE_MODELS} audience models are in training, no more are allowed",
            quotaName="Pending audience models",
            quotaValue=MAX_PENDING_AUDIENCE_MODELS,
        )
    arn = call.new_arn("audience-model")
    call.tag_on_create(arn, request)
    own = {"audienceModelArn": arn, "createTime": call.now, "updateTime": call.now}
    call.store.audience_models.add(arn, {"tags": {}, **request, **own}, call.lag)
    finish(call)
    return {"audienceModelArn": arn}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetAudienceModel."""
    model = call.store.audience_models.read(request["audienceModelArn"])
    current = status(call, model)
    return {**model, "status": current, "statusDetails": _DETAILS.get(current)}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListAudienceModels."""
    page = call.store.audience_models.page(request.get("nextToken"), call.page_size(request))
    models = [{**model, "status": status(call, model)} for model in page.items]
    return {"audienceModels": models, "nextToken": page.next_token}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteAudienceModel, refused while a configured audience model depends on it (API), or while it trains.

    It is gone at once, or after `deleting_seconds`; until then another Delete is refused (inferred).
    """
    arn = request["audienceModelArn"]
    model = call.store.audience_models.get(arn)
    users = [m for m in call.store.configured_audience_models.live() if m["audienceModelArn"] == arn]
    if users:
        raise ServiceError("ConflictException", f"{arn} is used by {users[0]['configuredAudienceModelArn']}")
    current = status(call, model)
    if current in _TRAINING and call.switches.training_delete_refused:
        raise ServiceError("ConflictException", f"{arn} is still in training, its status is {current}")
    if current in ("DELETE_PENDING", "DELETE_IN_PROGRESS"):
        raise ServiceError("ConflictException", f"{arn} is being deleted, its status is {current}")
    model["deleteTime"] = call.now
    finish(call)
    return {}


def finish(call: Context) -> None:
    """Ends the trainings and deletions whose time is over by now; a deletion that failed leaves its model there."""
    for model in call.store.audience_models.live():
        if _is_going_on(call, model):
            continue
        if "deleteTime" not in model:
            model.setdefault("status", "CREATE_FAILED" if call.switches.training_fails else "ACTIVE")
        elif call.switches.deleting_fails:
            del model["deleteTime"]
            model["status"] = "DELETE_FAILED"
        else:
            call.store.audience_models.remove(model["audienceModelArn"], call.lag)


def status(call: Context, model: dict[str, Any]) -> str:
    """How far an audience model is by now."""
    going_on = _is_going_on(call, model)
    if "deleteTime" in model:
        # It is over, and Get still answers: that is a fault, `delete_lag`.
        return f"DELETE_{going_on or 'IN_PROGRESS'}"
    return f"CREATE_{going_on}" if going_on else str(model["status"])


def _is_going_on(call: Context, model: dict[str, Any]) -> str | None:
    """How far the deletion of a model is, or its training; None when that is over, or never was."""
    if "deleteTime" in model:
        return progress(model["deleteTime"], call.now, call.switches.deleting_seconds)
    return None if "status" in model else progress(model["createTime"], call.now, call.switches.training_seconds)
