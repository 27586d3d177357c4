"""How soon what is new is seen, and for how long what is deleted; and in what portions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import Run, Verdict, experiment, told, unknown

if TYPE_CHECKING:
    from ..belongings import Belonging

LISTS = (
    ("list_audience_models", "audienceModels"),
    ("list_configured_audience_models", "configuredAudienceModels"),
    ("list_training_datasets", "trainingDatasets"),
    ("list_audience_generation_jobs", "audienceGenerationJobs"),
)


def is_listed(run: Run, model: Belonging) -> bool:
    """Whether a List shows a configured audience model."""
    pages = run.ml.get_paginator("list_configured_audience_models").paginate()
    return any(each["configuredAudienceModelArn"] == model.id for page in pages for each in page[LISTS[1][1]])


def is_found(run: Run, model: Belonging) -> bool:
    """Whether Get shows a configured audience model."""
    get = run.ml.get_configured_audience_model
    return run.refusal(lambda: get(configuredAudienceModelArn=model.id)) is None


def measured(seconds: float | None, what: str) -> Verdict:
    """A verdict on how long something took."""
    if seconds is None:
        return told(f"not within a minute {what}")
    return told(f"{seconds:.1f} seconds {what}", position=int(seconds))


@experiment(row="How soon does List show a new model?", switch="listed_after_seconds")
def listed_after_seconds(run: Run) -> Verdict:
    """Lists, one each second, until there is a model that was made a moment ago."""
    model = run.configured_audience_model()
    return measured(run.seconds_until(lambda: is_listed(run, model)), "after its Create, List shows it")


@experiment(row="How soon does Get show a new model?", switch="readable_after_seconds")
def readable_after_seconds(run: Run) -> Verdict:
    """Gets, one each second, until there is a model that was made a moment ago."""
    model = run.configured_audience_model()
    return measured(run.seconds_until(lambda: is_found(run, model)), "after its Create, Get shows it")


def shown_after_delete(run: Run) -> float | None:
    """For how many seconds Get or List show a configured model that is deleted."""
    model = run.configured_audience_model()
    run.seconds_until(lambda: is_found(run, model) and is_listed(run, model))
    run.belongings.remove(model)
    return run.seconds_until(lambda: not is_found(run, model) and not is_listed(run, model))


@experiment(row="For how long do Get and List show a model that is deleted?", switch="deleted_after_seconds")
def deleted_after_seconds(run: Run) -> Verdict:
    """Gets and Lists, one each second, until both don't show a model that was deleted a moment ago."""
    return measured(run.once(shown_after_delete), "after its Delete, neither shows it any more")


@experiment(row="How many items has a page of a List when nobody says?", switch="default_page_size")
def default_page_size(run: Run) -> Verdict:
    """Lists of what there is: has one of them a second page?"""
    longest = 0
    for operation, items in LISTS:
        page = getattr(run.ml, operation)()
        if page.get("nextToken"):
            return told(f"{operation} shows {len(page[items])} at a time", position=len(page[items]))
        longest = max(longest, len(page[items]))
    return unknown(f"no List of this account has a second page; the longest has {longest} items on its first")
