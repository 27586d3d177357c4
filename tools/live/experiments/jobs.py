"""Jobs on a model: they begin here, and are looked at again when all else was tried (`when_done`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..documents import allow, document
from . import Run, Verdict, experiment, no, unknown, yes

if TYPE_CHECKING:
    from ..belongings import Belonging
    from ..run import Refusal

HOLDS = "When exactly is a delete refused because of jobs? Do those that have ended hold a model, too?"

RUNNING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")


@dataclass(frozen=True)
class Started:
    """A job.

    Attributes:
        model: the configured audience model that it is on.
        job: it.
    """

    model: Belonging
    job: Belonging


def made_up_seed(run: Run) -> str:
    """A seed of users that there are not, so that a job on it ends soon, and costs nothing."""
    users = "".join(json.dumps({"user_id": f"nobody-{number}"}) + "\n" for number in range(25))
    run.account.client("s3").put_object(Bucket=run.bucket, Key="seeds/nobody.jsonl", Body=users.encode())
    return f"s3://{run.bucket}/seeds/nobody.jsonl"


def seed_role(run: Run) -> str:
    """A role that reads seeds: those that the run writes, and the one that was given."""
    places = [f"{run.bucket}/seeds/*"]
    places += [run.inputs.seed_s3_uri.removeprefix("s3://")] if run.inputs.seed_s3_uri else []
    arn = f"arn:{run.account.partition}:s3:::"
    buckets = [arn + each.partition("/")[0] for each in places]
    see = allow("s3:GetBucketLocation", "s3:ListBucket", on=buckets)
    return run.new_role("seed", document(see, allow("s3:GetObject", on=[arn + each for each in places])))


def start(run: Run, model: Belonging, seed: str) -> Belonging:
    """Starts an audience generation job as the model's owner.

    Raises:
        ClientError: it is refused for a minute, so that isn't because its role is new.
    """
    name, make = run.name("job"), run.belongings.make
    seed_audience = {"roleArn": run.once(seed_role), "dataSource": {"s3Uri": seed}}

    def create() -> str:
        job = run.ml.start_audience_generation_job(
            name=name, configuredAudienceModelArn=model.id, seedAudience=seed_audience, tags=run.belongings.tags
        )
        return str(job["audienceGenerationJobArn"])

    run.shown(model.id)
    made: list[Belonging] = []
    run.seconds_until(lambda: not run.refusal(lambda: made.append(make("generation job", name, create))), every=5)
    return made[0] if made else make("generation job", name, create)


def job_of(run: Run, job: Belonging) -> dict[str, Any]:
    """What Get shows of a job."""
    return dict(run.ml.get_audience_generation_job(audienceGenerationJobArn=job.id))


def is_running(run: Run, job: Belonging) -> bool:
    """Whether a job hasn't ended."""
    return job_of(run, job)["status"] in RUNNING


def delete_refused(run: Run, model: Belonging) -> Refusal | None:
    """How a Delete of a model is refused."""
    return run.refusal(lambda: run.belongings.remove(model))


def job_on_nobody(run: Run) -> Started:
    """A job that finds nobody."""
    model = run.configured_audience_model()
    return Started(model, start(run, model, made_up_seed(run)))


def destination(run: Run) -> str:
    """A destination without a slash at its end."""
    return f"s3://{run.bucket}/segments/of"


def job_on_seed(run: Run) -> Started:
    """A job on the seed that was given; what it finds can be exported."""
    model = run.configured_audience_model(minMatchingSeedSize=25, s3Uri=destination(run))
    return Started(model, start(run, model, str(run.inputs.seed_s3_uri)))


@experiment(row=HOLDS)
def running_jobs_hold_models(run: Run) -> Verdict:
    """A Delete of a model while a job on it runs: is it refused?"""
    if run.inputs.seed_s3_uri:
        run.once(job_on_seed)
    started = run.once(job_on_nobody)
    status = str(job_of(run, started.job)["status"])
    if status not in RUNNING:
        return unknown(f"the job is {status} already")
    if refused := delete_refused(run, started.model):
        return yes(f"while a job on it is {status}, it is refused: {refused}")
    return no(f"while a job on it is {status}, it is taken")
