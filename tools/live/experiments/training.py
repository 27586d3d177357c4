"""Audience models while they train, and while they are deleted. Each training costs: all have as few as will do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..documents import allow, document
from . import Run, Verdict, experiment, no, seen, told, unknown, yes
from .visibility import shown_after_delete

if TYPE_CHECKING:
    from ..belongings import Belonging
    from ..run import Refusal

NEEDS = {"training_dataset_arn"}
MUST_BE_ACTIVE = (
    "Must the audience model be `ACTIVE` before it is configured? And what does the service say if it isn't?"
)


def training(run: Run, name: str | None = None, **members: object) -> Belonging:
    """Begins to train an audience model.

    Args:
        run: where.
        name: its name; by default a new one.
        members: of CreateAudienceModel, besides.

    Raises:
        ClientError: the service refuses it.
    """
    called = name or run.name("audience-model")

    def create() -> str:
        made = run.ml.create_audience_model(
            name=called, trainingDatasetArn=run.inputs.training_dataset_arn, tags=run.belongings.tags, **members
        )
        return str(made["audienceModelArn"])

    return run.belongings.make("audience model", called, create)


def shown(run: Run, model: Belonging) -> dict[str, Any]:
    """What Get shows of an audience model, as soon as it does."""
    get = run.ml.get_audience_model
    run.seconds_until(lambda: not run.refusal(lambda: get(audienceModelArn=model.id)))
    return dict(get(audienceModelArn=model.id))


def configured_too_early(run: Run) -> tuple[str, Any]:
    """The status of an audience model that isn't ACTIVE, and how a configured one that refers to it is refused."""
    model = run.once(training)
    status = str(shown(run, model)["status"])
    if status == "ACTIVE":
        return status, None
    return status, run.refusal(lambda: run.configured_audience_model(audienceModelArn=model.id))


@experiment(row=MUST_BE_ACTIVE, switch="audience_model_must_be_active", needs=NEEDS)
def audience_model_must_be_active(run: Run) -> Verdict:
    """A configured model that refers to one in training: is it refused?"""
    status, refused = run.once(configured_too_early)
    if status == "ACTIVE":
        return unknown("the audience model is ACTIVE already")
    if refused:
        return yes(f"while it is {status}, Create is refused: {refused}", position=True)
    return no(f"while it is {status}, a Create that refers to it is taken", position=False)


@experiment(row=MUST_BE_ACTIVE, switch="inactive_audience_model_error", needs=NEEDS)
def inactive_audience_model_error(run: Run) -> Verdict:
    """A configured model that refers to one in training: with which error is it refused?"""
    status, refused = run.once(configured_too_early)
    if not refused:
        return unknown(f"nothing is refused while the audience model is {status}")
    return told(str(refused), position=seen("inactive_audience_model_error", refused.code))


def forget_configured(run: Run, model: Belonging) -> None:
    """Deletes the configured models of this run that refer to an audience model, so that it can be deleted."""
    for each in [each for each in run.belongings.all if each.kind == "configured audience model"]:
        if run.shown(each.id)["audienceModelArn"] == model.id:
            run.belongings.remove(each)


def deletion(run: Run) -> tuple[str, Refusal | None, float | None]:
    """The status of an audience model, how its Delete is refused then, and for how long it is shown after it."""
    model = run.once(training)
    status = str(shown(run, model)["status"])
    forget_configured(run, model)
    arn = {"audienceModelArn": model.id}
    if refused := run.refusal(lambda: run.ml.delete_audience_model(**arn)):
        return status, refused, None
    get = run.ml.get_audience_model
    return status, None, run.seconds_until(lambda: run.refusal(lambda: get(**arn)) is not None, at_most=120)


@experiment(row="Can an audience model be deleted while it trains?", switch="training_delete_refused", needs=NEEDS)
def training_delete_refused(run: Run) -> Verdict:
    """A Delete of an audience model in training: is it refused?"""
    status, refused, _ = run.once(deletion)
    if status not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        return unknown(f"the audience model is {status} already")
    if refused:
        return no(f"while it is {status}, it is refused: {refused}", position=True)
    return yes(f"while it is {status}, it is taken", position=False)


@experiment(row="How long does the deletion of an audience model take?", switch="deleting_seconds", needs=NEEDS)
def deleting_seconds(run: Run) -> Verdict:
    """A Delete of an audience model: after how many seconds does nobody find it any more?"""
    status, refused, seconds = run.once(deletion)
    if refused:
        return unknown(f"while it is {status}, it can't be deleted ({refused}): delete it when it is trained, and look")
    if seconds is None:
        return told("more than two minutes")
    late = int(run.once(shown_after_delete) or 0)
    position = seen("deleting_seconds", int(seconds), when=not late)
    return told(f"Get shows it for {seconds:.1f} seconds more, and what is gone at once for {late}", position=position)


@experiment(
    row="what Clean Rooms ML and who trains need of a key, for *custom* models",
    needs=NEEDS,
)
def key_of_an_audience_model(run: Run) -> Verdict:
    """A training with a key whose policy names nobody but the account: is it refused, and in which words?"""
    # Without a key, one is taken: what is refused is the key.
    run.once(training)
    kms, own = run.account.client("kms"), f"arn:{run.account.partition}:iam::{run.account.id}:root"
    arn: list[str] = []

    def create() -> str:
        made = kms.create_key(
            Policy=json.dumps(document(allow("kms:*", Principal={"AWS": own}))),
            Tags=[{"TagKey": key, "TagValue": value} for key, value in run.belongings.tags.items()],
        )
        arn.append(str(made["KeyMetadata"]["Arn"]))
        return arn[0].rpartition("/")[2]

    run.belongings.make("key", run.name("key"), create)
    made: list[Belonging] = []
    refused = run.refusal(lambda: made.append(training(run, kmsKeyArn=arn[0])))
    if refused and refused.code == "ServiceQuotaExceededException":
        return unknown(f"too many are in training: {refused}")
    if refused:
        return told(f"with a key that lets in the account alone, Create is refused: {refused}")
    run.pause(30)
    after = shown(run, made[0])
    why = after.get("statusDetails", {}).get("message", "")
    run.refusal(lambda: run.ml.delete_audience_model(audienceModelArn=made[0].id))
    return told(
        "a key whose policy lets in the account alone is taken, of a caller whose own permissions are those of the "
        f"account's policies; after half a minute the audience model is {after['status']} {why}".strip()
    )
