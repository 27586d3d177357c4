"""Audience generation jobs: two accounts may see one, each under an ARN and a name of its own.

The owner of the configured audience model and whoever started the job (UG): the ARNs differ in the account, and the
owner sees the name of a partner's job as `<partner's account>-<name>`.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from . import collaborations, resource_policy
from .errors import ServiceError, validation
from .objects import Location, ObjectError, Role
from .progress import progress
from .rules import MAX_PENDING_GENERATION_JOBS, tag_problems
from .segments import SeedError, read_seed

if TYPE_CHECKING:
    from .context import Context

_ACTION = "cleanrooms-ml:StartAudienceGenerationJob"


def start(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StartAudienceGenerationJob, by the model's account or by one that the model's resource policy allows it.

    Within a collaboration, the caller must have a membership there and the model an association. The switch
    `job_seconds` says how long the job takes; a seed from a query isn't implemented.
    """
    problems = tag_problems(request.get("tags", {}))
    if "dataSource" not in request["seedAudience"]:
        problems.append("seedAudience has no dataSource; the local service runs no query for a seed")
    if problems:
        raise validation(problems)
    model_arn = request["configuredAudienceModelArn"]
    job_id = str(uuid.uuid4())
    owner = model_arn.split(":")[4]
    job_arn = partial(call.arn, "cleanrooms-ml", f"audience-generation-job/{job_id}")
    _check_policy(call, request, job_arn(owner))
    if owner != call.account:
        _check_identity(call, request, [job_arn(owner), job_arn()])
    model = call.store_of(owner).configured_audience_models.get(model_arn)
    if "collaborationId" in request:
        _check_collaboration(call, request["collaborationId"], model_arn, owner)
    call.pass_role(request["seedAudience"]["roleArn"])
    _check_others(call, request["name"])
    job = {
        **request,
        "id": job_id,
        "owner": owner,
        "startedBy": call.account,
        "tags": _tags(call, model, request),
        "createTime": call.now,
        "updateTime": call.now,
    }
    arn = _arn(call, job, call.account)
    call.tag_on_create(arn, request)
    call.shared.generation_jobs.add(_arn(call, job, owner), job)
    finish(call)
    return {"audienceGenerationJobArn": arn}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetAudienceGenerationJob. Quality metrics are never answered: nothing was learned."""
    return shown(call, find(call, request["audienceGenerationJobArn"]))


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListAudienceGenerationJobs, of this account and on its models."""
    filters = {name: request[name] for name in ("configuredAudienceModelArn", "collaborationId") if name in request}

    def wanted(job: dict[str, Any]) -> bool:
        return is_visible(call, job) and all(job.get(name) == value for name, value in filters.items())

    page = call.shared.generation_jobs.page(request.get("nextToken"), call.page_size(request), wanted)
    return {"audienceGenerationJobs": [shown(call, each) for each in page.items], "nextToken": page.next_token}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteAudienceGenerationJob, by either account; refused while it runs, or an export of it does (inferred)."""
    job = find(call, request["audienceGenerationJobArn"])
    exports = [each for each in call.shared.export_jobs.live() if each["job"] == job["id"]]
    if not all("outcome" in each for each in (job, *exports)):
        raise ServiceError("ConflictException", f"{request['audienceGenerationJobArn']}, or an export of it, runs")
    call.shared.generation_jobs.remove(_arn(call, job, job["owner"]))
    return {}


def finish(call: Context) -> None:
    """Ends the jobs whose time is over by now: reads their seeds."""
    for job in call.shared.generation_jobs.live():
        if "outcome" not in job and not _runs(call, job):
            _end(call, job)


def find(call: Context, arn: str) -> dict[str, Any]:
    """The job that this account sees under this ARN.

    Raises:
        ServiceError: `ResourceNotFoundException`.
    """
    for job in call.shared.generation_jobs.live():
        if is_visible(call, job) and arn == _arn(call, job, call.account):
            return job
    raise ServiceError("ResourceNotFoundException", f"audience generation job {arn} does not exist")


def is_visible(call: Context, job: dict[str, Any]) -> bool:
    """Whether this account sees a job."""
    return call.account in (job["owner"], job["startedBy"])


def name_of(call: Context, job: dict[str, Any]) -> str:
    """The name of a job, as this account sees it."""
    return str(job["name"]) if job["startedBy"] == call.account else f"{job['startedBy']}-{job['name']}"


def status(call: Context, job: dict[str, Any]) -> str:
    """How far a job is by now."""
    return str(job["outcome"]) if "outcome" in job else f"CREATE_{_runs(call, job)}"


def hold(call: Context, model_arn: str) -> bool:
    """Whether a job on a model keeps it from being deleted: one that waits or runs, or with a switch any."""
    jobs = [job for job in call.shared.generation_jobs.live() if job["configuredAudienceModelArn"] == model_arn]
    return any(call.switches.finished_jobs_hold_models or "outcome" not in job for job in jobs)


def shown(call: Context, job: dict[str, Any]) -> dict[str, Any]:
    """A job, as this account sees it; its seed is shown to whoever started it (the API's words are the reverse)."""
    return {
        **job,
        "audienceGenerationJobArn": _arn(call, job, call.account),
        "name": name_of(call, job),
        "status": status(call, job),
        "seedAudience": job["seedAudience"] if job["startedBy"] == call.account else None,
        "tags": job["tags"][call.account],
    }


def _arn(call: Context, job: dict[str, Any], account: str) -> str:
    return call.arn("cleanrooms-ml", f"audience-generation-job/{job['id']}", account)


def _runs(call: Context, job: dict[str, Any]) -> str | None:
    return progress(job["createTime"], call.now, call.switches.job_seconds)


def _end(call: Context, job: dict[str, Any]) -> None:
    source = Location.parse(job["seedAudience"]["dataSource"]["s3Uri"])
    # No model with a job that runs can be deleted.
    model = call.store_of(job["owner"]).configured_audience_models.get(job["configuredAudienceModelArn"])
    try:
        body = call.objects.read(source, Role(job["seedAudience"]["roleArn"], _arn(call, job, job["startedBy"])))
        job["users"] = read_seed(body, model["minMatchingSeedSize"])
        job["outcome"] = "ACTIVE"
    except (ObjectError, SeedError) as error:
        job["statusDetails"] = {"statusCode": "SEED_AUDIENCE_FAILED", "message": str(error)}
        job["outcome"] = "CREATE_FAILED"
    job["updateTime"] = call.now


def _check_policy(call: Context, request: dict[str, Any], job_arn: str) -> None:
    """A partner must be allowed to on both resources, the model and the job; the owner must not be denied."""
    model_arn = request["configuredAudienceModelArn"]
    owner = model_arn.split(":")[4]
    policy = call.store_of(owner).policies.get(model_arn)
    context = {**call.caller.keys, **{key.lower(): value for key, value in _within(request).items()}}
    for resource in (model_arn, job_arn):
        asked = resource_policy.Asked(call.account, _ACTION, resource, context, call.caller.names)
        decision = resource_policy.decide(policy.text if policy else None, asked)
        if decision == "Deny" or (decision == "nothing" and call.account != owner):
            why = "with an explicit deny in" if decision == "Deny" else "because it isn't allowed by"
            message = f"{call.account} is not authorized to perform: {_ACTION} on resource: {resource} {why} the "
            raise ServiceError("AccessDeniedException", f"{message}resource-based policy of {model_arn}")


def _check_identity(call: Context, request: dict[str, Any], jobs: list[str]) -> None:
    """What a partner's own policy must allow besides the model: the job under both its ARNs, and to see the members."""
    for job in jobs:
        call.authorize(_ACTION, job, _within(request))
    collaboration = collaborations.find(call, request.get("collaborationId", ""))
    if collaboration is not None:
        call.authorize("cleanrooms:ListMembers", collaboration["arn"])


def _within(request: dict[str, Any]) -> dict[str, str]:
    """The condition key of the collaboration that a job is started in."""
    return {"cleanrooms-ml:CollaborationId": request["collaborationId"]} if "collaborationId" in request else {}


def _check_collaboration(call: Context, identifier: str, model_arn: str, owner: str) -> None:
    collaboration = collaborations.find(call, identifier)
    memberships = [each["collaborationId"] for each in call.store.memberships.live()]
    if collaboration is None or identifier not in memberships:
        message = f"{call.account} has no membership in a collaboration {identifier}"
        raise ServiceError("ResourceNotFoundException", message)
    associations = call.store_of(owner).associations.live()
    if (identifier, model_arn) not in [(a["collaborationId"], a["configuredAudienceModelArn"]) for a in associations]:
        message = f"{model_arn} is not associated with collaboration {identifier}"
        raise ServiceError("ResourceNotFoundException", message)


def _check_others(call: Context, name: str) -> None:
    own = [job for job in call.shared.generation_jobs.live() if job["startedBy"] == call.account]
    if any(job["name"] == name for job in own):
        raise ServiceError("ConflictException", f"an audience generation job named '{name}' exists")
    if sum("outcome" not in job for job in own) >= MAX_PENDING_GENERATION_JOBS:
        raise ServiceError(
            "ServiceQuotaExceededException",
            f"{MAX_PENDING_GENERATION_JOBS} audience generation jobs are pending, no more are allowed",
            quotaName="Pending audience generation jobs",
            quotaValue=MAX_PENDING_GENERATION_JOBS,
        )


def _tags(call: Context, model: dict[str, Any], request: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The tags of a job in each account (API, childResourceTagOnCreatePolicy): the model's stay with its owner."""
    inherits = model["childResourceTagOnCreatePolicy"] == "FROM_PARENT_RESOURCE"
    owner = model["configuredAudienceModelArn"].split(":")[4]
    tags: dict[str, dict[str, str]] = {owner: dict(model["tags"]) if inherits else {}}
    tags.setdefault(call.account, {}).update(request.get("tags", {}))
    return tags
