"""What the service holds, for the person who looks: all accounts and Regions, oldest first."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import audience_models, generation_jobs
from .context import allow
from .progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clean_rooms_ml import CleanRoomsML
    from .context import Context

Row = dict[str, Any]


def state(service: CleanRoomsML) -> dict[str, Any]:
    """The time of the service, how far its clock was turned, and a row for each resource.

    A row has `type`, `account`, `region`, `name`, `arn`, `status` and `until`, when that status ends by itself, and
    under `about` what it refers to. None stands for what a resource doesn't have.
    """
    rows = {row["arn"]: row for context in service.contexts(allow) for row in _rows(context)}
    return {"now": service.now().isoformat(), "turned": service.turned.total_seconds(), "resources": [*rows.values()]}


def _rows(call: Context) -> Iterator[Row]:
    store, shared = call.store, call.shared
    for each in store.training_datasets.live():
        yield _row(call, "training dataset", each["trainingDatasetArn"], each.get("name"), "ACTIVE")
    for each in store.audience_models.live():
        dataset = {"training dataset": each["trainingDatasetArn"]}
        until = _end(call, each)
        row = _row(call, "audience model", each["audienceModelArn"], each["name"], audience_models.status(call, each))
        yield row | {"until": until, "about": dataset}
    for each in store.configured_audience_models.live():
        uses = {"audience model": each["audienceModelArn"], "output": _uri(each)}
        yield _row(call, "configured audience model", each["configuredAudienceModelArn"], each["name"], "ACTIVE") | {
            "about": uses
        }
    for arn, policy in store.policies.items():
        partners = {"allows": json.loads(policy.text)["Statement"]}
        yield _row(call, "resource policy", f"{arn}/policy", None, None) | {"about": partners}
    for each in shared.collaborations.live():
        if each["creatorAccountId"] == call.account:
            members = {"members": [member["accountId"] for member in each["members"]]}
            yield _row(call, "collaboration", each["arn"], each["name"], "ACTIVE") | {"about": members}
    for each in store.memberships.live():
        yield _row(call, "membership", each["arn"], None, "ACTIVE") | {
            "about": {"collaboration": each["collaborationId"]}
        }
    for each in store.associations.live():
        of = {"configured audience model": each["configuredAudienceModelArn"], "collaboration": each["collaborationId"]}
        yield _row(call, "association", each["arn"], each["name"], "ACTIVE") | {"about": of}
    yield from _jobs(call)


def _jobs(call: Context) -> Iterator[Row]:
    for job in call.shared.generation_jobs.live():
        if job["startedBy"] == call.account:
            arn = call.arn("cleanrooms-ml", f"audience-generation-job/{job['id']}")
            row = _row(call, "audience generation job", arn, job["name"], generation_jobs.status(call, job))
            of = {"configured audience model": job["configuredAudienceModelArn"], **_details(job)}
            yield row | {"until": _job_end(call, job), "about": of}
    for export in call.shared.export_jobs.live():
        if export["startedBy"] == call.account:
            going_on = progress(export["createTime"], call.now, call.switches.job_seconds)
            row = _row(
                call, "audience export job", export["id"], export["name"], export.get("outcome", f"CREATE_{going_on}")
            )
            size = f"{export['audienceSize']['type']} {export['audienceSize']['value']}"
            to = {"size": size, "written to": export.get("outputLocation"), **_details(export)}
            yield row | {"until": _job_end(call, export), "about": to}


def _row(call: Context, type_: str, arn: str, name: object, status: str | None) -> Row:
    return {
        "type": type_,
        "account": call.account,
        "region": call.region,
        "name": name,
        "arn": arn,
        "status": status,
        "until": None,
        "about": {},
    }


def _end(call: Context, model: Row) -> str | None:
    """When a training or a deletion is over, of what is in one."""
    if "deleteTime" in model:
        return _later(model["deleteTime"], call.switches.deleting_seconds)
    return None if "status" in model else _later(model["createTime"], call.switches.training_seconds)


def _job_end(call: Context, job: Row) -> str | None:
    return None if "outcome" in job else _later(job["createTime"], call.switches.job_seconds)


def _later(began: datetime, seconds: float) -> str:
    return (began + timedelta(seconds=seconds)).isoformat()


def _details(job: Row) -> dict[str, str]:
    return {"why": job["statusDetails"]["message"]} if "statusDetails" in job else {}


def _uri(model: Row) -> str:
    return str(model["outputConfig"]["destination"]["s3Destination"]["s3Uri"])
