"""Configured audience models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import associations, generation_jobs
from .audience_models import status
from .errors import ServiceError, validation
from .rules import MIN_MATCHING_SEED_SIZE, audience_size_problems, tag_problems

if TYPE_CHECKING:
    from .context import Context


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateConfiguredAudienceModel: it is ACTIVE at once, there is no other status."""
    problems = audience_size_problems(request.get("audienceSizeConfig")) + tag_problems(request.get("tags", {}))
    if problems:
        raise validation(problems)
    _check_references(call, request)
    if existing := call.named(call.store.configured_audience_models.live(), request["name"]):
        return {"configuredAudienceModelArn": existing["configuredAudienceModelArn"]}
    call.check_name(call.store.configured_audience_models.live(), "configuredAudienceModelArn", request["name"])
    arn = call.new_arn("configured-audience-model")
    call.tag_on_create(arn, request)
    defaults: dict[str, Any] = {
        "minMatchingSeedSize": MIN_MATCHING_SEED_SIZE,
        "childResourceTagOnCreatePolicy": call.switches.child_resource_tag_on_create_policy,
        "tags": {},
    }
    own = {
        "configuredAudienceModelArn": arn,
        "status": "ACTIVE",
        "createTime": call.now,
        "updateTime": call.now,
    }
    call.store.configured_audience_models.add(arn, {**defaults, **request, **own}, unlisted=call.faults.list_lag)
    return {"configuredAudienceModelArn": arn}


def update(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateConfiguredAudienceModel: a PATCH, what is omitted stays as it is (inferred)."""
    if problems := audience_size_problems(request.get("audienceSizeConfig")):
        raise validation(problems)
    model = call.store.configured_audience_models.get(request["configuredAudienceModelArn"])
    _check_references(call, request)
    model.update(request, updateTime=call.now)
    return {"configuredAudienceModelArn": request["configuredAudienceModelArn"]}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetConfiguredAudienceModel."""
    return _shown(call, call.store.configured_audience_models.read(request["configuredAudienceModelArn"]))


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListConfiguredAudienceModels."""
    page = call.store.configured_audience_models.page(request.get("nextToken"), call.page_size(request))
    models = [_shown(call, model) for model in page.items]
    return {"configuredAudienceModels": models, "nextToken": page.next_token}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteConfiguredAudienceModel; its resource policy and its associations go with it.

    Refused while a generation job on it isn't done, with a switch until it is deleted: the API says so of "lookalike
    models", whatever these are.
    """
    arn = request["configuredAudienceModelArn"]
    call.store.configured_audience_models.get(arn)
    if call.faults.refuse_delete or generation_jobs.hold(call, arn):
        raise ServiceError("ConflictException", f"{arn} is used by an audience generation job")
    call.store.configured_audience_models.remove(arn, reads_left=call.faults.delete_lag)
    call.store.policies.pop(arn, None)
    associations.drop(call, arn)
    return {}


def _check_references(call: Context, request: dict[str, Any]) -> None:
    if "outputConfig" in request:
        call.pass_role(request["outputConfig"]["roleArn"])
    if "audienceModelArn" not in request:
        return
    model = call.store.audience_models.get(request["audienceModelArn"])
    current = status(call, model)
    if call.switches.audience_model_must_be_active and current != "ACTIVE":
        raise ServiceError(
            "ConflictException", f"audience model {request['audienceModelArn']} is {current}, not ACTIVE"
        )


def _shown(call: Context, model: dict[str, Any]) -> dict[str, Any]:
    if model.get("description") == "" and not call.switches.empty_description_is_kept:
        return {name: value for name, value in model.items() if name != "description"}
    return model
