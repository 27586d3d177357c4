"""Jobs that have ended, and what an export has written: asked last, because jobs take their time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import Run, Verdict, experiment, no, told, unknown, yes
from .jobs import HOLDS, RUNNING, delete_refused, destination, is_running, job_of, job_on_nobody, job_on_seed, start

if TYPE_CHECKING:
    from ..belongings import Belonging

MULTIPART = "Are exports multipart uploads? Then the role needs `kms:Decrypt`, and `s3:AbortMultipartUpload` helps"
SLASH = "Does the service put a slash between the destination and what it writes?"
NEEDS = {"seed_s3_uri"}

JOB_SECONDS = 240
"""For how long a job is waited for, when all else was tried."""
PART_BYTES = 5 * 1024 * 1024
"""The least that a part of an upload has, if it isn't the last (S3 User Guide)."""
AGAIN = 1
"""How often a job that failed is started anew: its role may have been too new."""


@experiment(row=HOLDS, switch="finished_jobs_hold_models")
def finished_jobs_hold_models(run: Run) -> Verdict:
    """A Delete of a model when the job on it has ended: is it refused?"""
    started = run.once(job_on_nobody)
    if started.model not in run.belongings.all:
        return told("not even a job that runs keeps its model from being deleted", position=False)
    status = str(ended(run, started.job)["status"])
    if status in RUNNING:
        return unknown(f"it is {status} after {JOB_SECONDS} seconds; a run with more patience would tell")
    if refused := delete_refused(run, started.model):
        return yes(f"when a job on it is {status}, it is refused: {refused}", position=True)
    return no(f"when a job on it is {status}, it is taken", position=False)


def ended(run: Run, job: Belonging) -> dict[str, Any]:
    """What Get shows of a job when it has ended, or after a while."""
    run.seconds_until(lambda: not is_running(run, job), at_most=JOB_SECONDS, every=5)
    return job_of(run, job)


def exported(run: Run) -> dict[str, Any] | str:
    """An export of the job on the seed that was given, or why there is none."""
    started = run.once(job_on_seed)
    job, of_job = started.job, ended(run, started.job)
    for _ in range(AGAIN):
        if of_job["status"] != "CREATE_FAILED":
            break
        run.pause(15)
        job = start(run, started.model, str(run.inputs.seed_s3_uri))
        of_job = ended(run, job)
    if of_job["status"] != "ACTIVE":
        return why("the job on the seed", of_job)
    made = export_of(run, job)
    for _ in range(AGAIN if made["status"] == "CREATE_FAILED" else 0):
        run.pause(15)
        made = export_of(run, job)
    return made if made["status"] == "ACTIVE" else why("the export", made)


def export_of(run: Run, job: Belonging) -> dict[str, Any]:
    """An export of a job, when it has ended, or after a while."""
    name = run.name("export")
    size = {"type": "ABSOLUTE", "value": 100}
    run.ml.start_audience_export_job(name=name, audienceGenerationJobArn=job.id, audienceSize=size)

    def export() -> dict[str, Any]:
        found = run.ml.list_audience_export_jobs(audienceGenerationJobArn=job.id)["audienceExportJobs"]
        return next((dict(each) for each in found if each["name"] == name), {"status": RUNNING[0]})

    run.seconds_until(lambda: export()["status"] not in RUNNING, at_most=JOB_SECONDS, every=5)
    return export()


def why(what: str, shown: dict[str, Any]) -> str:
    """Why there is nothing to look at."""
    return f"{what} is {shown['status']} {shown.get('statusDetails', {}).get('message', '')}".strip()


@experiment(row=SLASH, switch="slash_before_segments", needs=NEEDS)
def slash_before_segments(run: Run) -> Verdict:
    """An export to a destination without a slash at its end: what comes after it?"""
    export = run.once(exported)
    if isinstance(export, str):
        return unknown(export)
    place, begins = str(export["outputLocation"]), destination(run)
    if not place.startswith(begins):
        return unknown(f"outputLocation is {place}, and the destination was {begins}")
    rest = place.removeprefix(begins)
    if rest.startswith("/"):
        return yes("there is one", position=True)
    return no(f"what it writes begins with {begins.rpartition('/')[2]}{rest[:1]}", position=False)


@experiment(row=MULTIPART, switch="exports_are_multipart", needs=NEEDS)
def exports_are_multipart(run: Run) -> Verdict:
    """An export: do the entity tags of its objects have the number of parts?"""
    export = run.once(exported)
    if isinstance(export, str):
        return unknown(export)
    prefix = str(export["outputLocation"]).removeprefix(f"s3://{run.bucket}/")
    objects = run.account.client("s3").list_objects_v2(Bucket=run.bucket, Prefix=prefix).get("Contents", [])
    written = [each for each in objects if each["Size"]]
    if not written:
        return unknown(f"there is no object below {prefix}")
    parts = [each for each in written if "-" in each["ETag"]]
    largest = max(each["Size"] for each in written)
    if parts:
        return yes(f"{len(parts)} of {len(written)} objects were uploaded in parts", position=True)
    if largest <= PART_BYTES:
        return unknown(
            f"none of {len(written)} objects, but the largest has {largest} bytes only: there was no need to"
        )
    return no(f"none of {len(written)} objects, the largest of which has {largest} bytes", position=False)
