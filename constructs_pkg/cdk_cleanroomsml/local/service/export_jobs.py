"""Audience export jobs: a segment is written where the model's owner wants it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from . import generation_jobs
from .errors import ServiceError, validation
from .objects import Location, ObjectError, Role
from .progress import progress
from .rules import MAX_PENDING_EXPORT_JOBS, PERCENTAGES
from .segments import segment, write_segment

if TYPE_CHECKING:
    from .context import Context


def start(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """StartAudienceExportJob, by either account of the generation job, in a size that the model allows."""
    job = generation_jobs.find(call, request["audienceGenerationJobArn"])
    current = generation_jobs.status(call, job)
    if current != "ACTIVE":
        raise ServiceError("ConflictException", f"{request['audienceGenerationJobArn']} is {current}, not ACTIVE")
    model = call.store_of(job["owner"]).configured_audience_models.get(job["configuredAudienceModelArn"])
    if problem := _size_problem(request["audienceSize"], model.get("audienceSizeConfig")):
        raise validation([problem])
    _check_others(call, request["name"])
    export = {
        **request,
        "id": str(uuid.uuid4()),
        "job": job["id"],
        "owner": job["owner"],
        "startedBy": call.account,
        "outputConfig": model["outputConfig"],
        "createTime": call.now,
        "updateTime": call.now,
    }
    call.shared.export_jobs.add(export["id"], export)
    finish(call)
    return {}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListAudienceExportJobs, of the generation jobs that this account sees."""
    wanted_job = request.get("audienceGenerationJobArn")

    def wanted(export: dict[str, Any]) -> bool:
        return _is_visible(call, export) and wanted_job in (None, _job_arn(call, export))

    page = call.shared.export_jobs.page(request.get("nextToken"), call.page_size(request), wanted)
    return {"audienceExportJobs": [_shown(call, each) for each in page.items], "nextToken": page.next_token}


def finish(call: Context) -> None:
    """Ends the jobs whose time is over by now: writes their segments."""
    for export in call.shared.export_jobs.live():
        if "outcome" not in export and not _runs(call, export):
            _end(call, export)


def _end(call: Context, export: dict[str, Any]) -> None:
    # No generation job with an export that runs can be deleted.
    job = next(each for each in call.shared.generation_jobs.live() if each["id"] == export["job"])
    users = segment(job["users"], export["audienceSize"], include_seed=job.get("includeSeedInOutput", False))
    output = export["outputConfig"]
    destination = output["destination"]["s3Destination"]["s3Uri"]
    folder = f"{destination.removesuffix('/')}/{export['id']}"
    if not call.switches.slash_before_segments:
        folder = f"{destination}{export['id']}"
    try:
        role = Role(output["roleArn"], job["configuredAudienceModelArn"])
        place = Location.parse(f"{folder}/part-00000.json")
        call.objects.write(place, write_segment(users), role, in_parts=call.switches.exports_are_multipart)
        export |= {"outcome": "ACTIVE", "outputLocation": folder}
    except ObjectError as error:
        export |= {"outcome": "CREATE_FAILED", "statusDetails": {"statusCode": "OUTPUT_FAILED", "message": str(error)}}
    export["updateTime"] = call.now


def _size_problem(size: dict[str, Any], config: dict[str, Any] | None) -> str | None:
    if config and (size["type"], size["value"]) not in [
        (config["audienceSizeType"], each) for each in config["audienceSizeBins"]
    ]:
        return f"audienceSize is none of the model's: {config['audienceSizeType']} {config['audienceSizeBins']}"
    if size["type"] == "PERCENTAGE" and size["value"] not in PERCENTAGES:
        return f"audienceSize.value: {size['value']} is not a percentage from 1 to 100"
    return None


def _check_others(call: Context, name: str) -> None:
    own = [export for export in call.shared.export_jobs.live() if export["startedBy"] == call.account]
    if any(export["name"] == name for export in own):
        raise ServiceError("ConflictException", f"an audience export job named '{name}' exists")
    if sum("outcome" not in export for export in own) >= MAX_PENDING_EXPORT_JOBS:
        raise ServiceError(
            "ServiceQuotaExceededException",
            f"{MAX_PENDING_EXPORT_JOBS} audience export jobs are pending, no more are allowed",
            quotaName="Pending audience export jobs",
            quotaValue=MAX_PENDING_EXPORT_JOBS,
        )


def _shown(call: Context, export: dict[str, Any]) -> dict[str, Any]:
    status = export["outcome"] if "outcome" in export else f"CREATE_{_runs(call, export)}"
    own = {"name": generation_jobs.name_of(call, export), "audienceGenerationJobArn": _job_arn(call, export)}
    return {**export, **own, "status": status}


def _is_visible(call: Context, export: dict[str, Any]) -> bool:
    job = (each for each in call.shared.generation_jobs.live() if each["id"] == export["job"])
    return any(generation_jobs.is_visible(call, each) for each in job)


def _job_arn(call: Context, export: dict[str, Any]) -> str:
    return call.arn("cleanrooms-ml", f"audience-generation-job/{export['job']}")


def _runs(call: Context, export: dict[str, Any]) -> str | None:
    return progress(export["createTime"], call.now, call.switches.job_seconds)
