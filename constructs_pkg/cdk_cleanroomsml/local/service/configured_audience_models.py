"""Configured audience models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import associations, generation_jobs
from .audience_models import status
from .context import named
from .errors import ServiceError, validation
from .rules import MIN_MATCHING_SEED_SIZE, audience_size_problems, tag_problems

if TYPE_CHECKING:
    from .context import Context


# What an Update may reset: members that a Create may leave out, and what they are then.
_OPTIONAL = ("description", "minMatchingSeedSize", "audienceSizeConfig")
_DEFAULTS: dict[str, Any] = {"minMatchingSeedSize": MIN_MATCHING_SEED_SIZE}


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateConfiguredAudienceModel: it is ACTIVE at once, there is no other status."""
    problems = audience_size_problems(request.get("audienceSizeConfig")) + tag_problems(request.get("tags", {}))
    if problems:
        raise validation(problems)
    arn = call.new_arn("configured-audience-model")
    _check_references(call, request, arn)
    others, names = call.store.configured_audience_models.live(), call.switches.configured_audience_model_names
    if existing := named(others, "configuredAudienceModelArn", request["name"], names):
        return {"configuredAudienceModelArn": existing["configuredAudienceModelArn"]}
    call.tag_on_create(arn, request)
    policy = call.switches.child_resource_tag_on_create_policy
    defaults: dict[str, Any] = {**_DEFAULTS, "childResourceTagOnCreatePolicy": policy, "tags": {}}
    own = {
        "configuredAudienceModelArn": arn,
        "status": "ACTIVE",
        "createTime": call.now,
        "updateTime": call.now,
    }
    call.store.configured_audience_models.add(arn, {**defaults, **request, **own}, call.lag)
    return {"configuredAudienceModelArn": arn}


def update(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateConfiguredAudienceModel: a PATCH, what is omitted stays as it is (inferred), or with a switch is reset."""
    if problems := audience_size_problems(request.get("audienceSizeConfig")):
        raise validation(problems)
    arn = request["configuredAudienceModelArn"]
    model = call.store.configured_audience_models.get(arn)
    if call.switches.update_passes_role and "outputConfig" not in request:
        call.pass_role(model["outputConfig"]["roleArn"])
    _check_references(call, request, arn)
    if call.switches.update_resets:
        for member in _OPTIONAL:
            model.pop(member, None)
        model.update(_DEFAULTS)
    model.update(request, updateTime=call.now)
    return {"configuredAudienceModelArn": arn}


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
    call.store.configured_audience_models.remove(arn, call.lag)
    call.store.policies.pop(arn, None)
    associations.drop(call, arn)
    return {}


def _check_references(call: Context, request: dict[str, Any], arn: str) -> None:
    if request.get("description") == "" and call.switches.empty_description == "refused":
        raise validation(["description is empty"])
    if "outputConfig" in request:
        call.pass_role(request["outputConfig"]["roleArn"])
        call.try_role(request["outputConfig"], arn)
    if "audienceModelArn" not in request:
        return
    model = call.store.audience_models.get(request["audienceModelArn"])
    current = status(call, model)
    if call.switches.audience_model_must_be_active and current != "ACTIVE":
        raise ServiceError(
            call.switches.inactive_audience_model_error,
            f"audience model {request['audienceModelArn']} is {current}, not ACTIVE",
        )


def _shown(call: Context, model: dict[str, Any]) -> dict[str, Any]:
    if model.get("description") == "" and call.switches.empty_description == "left_out":
        return {name: value for name, value in model.items() if name != "description"}
    return model
