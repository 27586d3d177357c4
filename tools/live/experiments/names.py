"""Whether names repeat."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from . import Run, Verdict, experiment, told, unknown
from .training import training

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..belongings import Belonging


def second(run: Run, first: str, create: Callable[[], str]) -> Verdict:
    """What becomes of a second Create under one name.

    Args:
        run: where.
        first: the id of what has the name.
        create: creates another thing of that name, and returns its id.
    """
    made: list[str] = []
    refused = run.refusal(lambda: made.append(create()))
    if refused is None:
        if made == [first]:
            return told("a second Create answers with what has the name", position="answered")
        return told("a second Create makes another one of that name", position="repeat")
    if refused.code in ("ServiceQuotaExceededException", "ThrottlingException", "AccessDeniedException"):
        return unknown(f"the second Create is refused for another reason: {refused}")
    return told(f"the second Create is refused: {refused}", position="unique")


def associate(run: Run, name: str, model: Belonging) -> Belonging:
    """Associates a model with the membership; not for longer than is needed: a membership has room for five."""

    def create() -> str:
        made = run.rooms.create_configured_audience_model_association(
            membershipIdentifier=run.inputs.membership_id,
            configuredAudienceModelArn=model.id,
            configuredAudienceModelAssociationName=name,
            manageResourcePolicies=False,
            tags=run.belongings.tags,
        )
        return str(made["configuredAudienceModelAssociation"]["arn"])

    run.shown(model.id)
    return run.belongings.make("association", name, create)


def is_removed(run: Run, thing: Belonging) -> bool:
    """Tries to delete a thing of this run now; otherwise it is deleted at the end."""
    return run.refusal(lambda: run.belongings.remove(thing)) is None


def take_out(run: Run) -> None:
    """Makes room in the membership: what can't be deleted yet is deleted at the end."""
    for each in [each for each in run.belongings.all if each.kind == "association"]:
        run.seconds_until(partial(is_removed, run, each), at_most=5)


@experiment(
    row="Must the name of a model be unique? May it repeat? Or does a Create under a taken name answer with the model "
    "that has it, silently?",
    switch="configured_audience_model_names",
)
def configured_audience_model_names(run: Run) -> Verdict:
    """Two Creates under one name: what becomes of the second one?"""
    first = run.configured_audience_model()
    run.shown(first.id)
    return second(run, first.id, lambda: run.configured_audience_model(first.name).id)


@experiment(
    row="May two audience models have the same name?", switch="audience_model_names", needs={"training_dataset_arn"}
)
def audience_model_names(run: Run) -> Verdict:
    """Two Creates under one name: what becomes of the second one?"""
    first = run.once(training)
    made: list[Belonging] = []

    def again() -> str:
        made.append(training(run, first.name))
        return made[0].id

    verdict = second(run, first.id, again)
    for each in made if verdict.position == "repeat" else ():
        is_removed(run, each)
    return verdict


ASSOCIATIONS = "Can a model be associated with one membership twice? Can two associations have one name?"


@experiment(row=ASSOCIATIONS, switch="association_names", needs={"membership_id"})
def association_names(run: Run) -> Verdict:
    """Two associations of two models under one name: what becomes of the second one?"""
    name, models = run.name("association"), [run.configured_audience_model() for _ in range(2)]
    try:
        first = associate(run, name, models[0])
        return second(run, first.id, lambda: associate(run, name, models[1]).id)
    finally:
        take_out(run)


@experiment(row=ASSOCIATIONS, switch="one_association_per_model", needs={"membership_id"})
def one_association_per_model(run: Run) -> Verdict:
    """Two associations of one model under two names: is the second one refused?"""
    model = run.configured_audience_model()
    try:
        associate(run, run.name("association"), model)
        verdict = second(run, "", lambda: associate(run, run.name("association"), model).id)
    finally:
        take_out(run)
    if verdict.position == "unique":
        return told(verdict.because.replace("Create", "association of a model"), position=True)
    return told("a model can be associated twice", position=False) if verdict.answer == "told" else verdict
