"""What becomes of members that are left out, or emptied."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from . import Run, Verdict, experiment, no, seen, told, unknown, yes

SIZES = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]}


@experiment(row='`description=""` clears a description', switch="empty_description")
def empty_description(run: Run) -> Verdict:
    """An Update with an empty description: what does Get show then?"""
    model = run.configured_audience_model(description="something")
    run.shown(model.id)
    update = run.ml.update_configured_audience_model
    if refused := run.refusal(lambda: update(configuredAudienceModelArn=model.id, description="")):
        return no(f"it is refused: {refused}", position="refused")
    description = run.shown(model.id).get("description")
    if description == "":
        return yes('Get shows "" then', position="kept")
    if description is None:
        return yes("Get shows no description then", position="left_out")
    return no("the description stays")


def updated(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Get shows of a model before and after an Update that is given next to nothing."""
    model = run.configured_audience_model(description="something", minMatchingSeedSize=25, audienceSizeConfig=SIZES)
    before = run.shown(model.id)
    run.ml.update_configured_audience_model(configuredAudienceModelArn=model.id, sharedAudienceMetrics=["ALL"])
    return before, run.shown(model.id)


@experiment(row="Update leaves members alone that it isn't given", switch="update_resets")
def update_resets(run: Run) -> Verdict:
    """An Update of one member: are the others what they were?"""
    before, after = run.once(updated)
    optional = ("description", "minMatchingSeedSize", "audienceSizeConfig")
    others = (*optional, "outputConfig", "audienceModelArn", "tags")
    reset = [each for each in others if after.get(each) != before.get(each)]
    if not reset:
        return yes("they are what they were", position=False)
    return no(f"it resets {', '.join(reset)}", position=seen("update_resets", True, when=reset == [*optional]))


@experiment(row="an Update can't take sizes away")
def sizes_are_unset(run: Run) -> Verdict:
    """An Update without sizes, and one with an empty list of them: is there any size left?"""
    if "audienceSizeConfig" not in run.once(updated)[1]:
        return no("an Update that isn't given any takes them away")
    model = run.configured_audience_model(audienceSizeConfig=SIZES)
    run.shown(model.id)
    empty = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": []}
    update = run.account.unchecked("cleanroomsml").update_configured_audience_model
    refused = run.refusal(lambda: update(configuredAudienceModelArn=model.id, audienceSizeConfig=empty))
    if refused:
        return yes(f"an Update leaves them alone when it isn't given any, and refuses an empty list: {refused}")
    left = run.shown(model.id).get("audienceSizeConfig")
    return no(f"an empty list is taken, and Get shows {left} then")


@experiment(
    row="What is `childResourceTagOnCreatePolicy` when nobody says?", switch="child_resource_tag_on_create_policy"
)
def default_tag_policy(run: Run) -> Verdict:
    """A Create that says nothing of it: what does Get show?"""
    policy = run.shown(run.configured_audience_model().id).get("childResourceTagOnCreatePolicy")
    return told(f"Get shows {policy}", position=seen("child_resource_tag_on_create_policy", policy))


@experiment(row="What do the service's errors say in words?", switch="error_messages")
def error_words(run: Run) -> Verdict:
    """A Get of what doesn't exist: is that in its message?"""
    arn = run.account.arn("cleanrooms-ml", "configured-audience-model/00000000-0000-4000-8000-000000000000")
    try:
        run.ml.get_configured_audience_model(configuredAudienceModelArn=arn)
    except ClientError as error:
        words, code = error.response["Error"]["Message"], error.response["Error"]["Code"]
    else:
        return unknown("there is a model where there should be none")
    if code != "ResourceNotFoundException":
        return unknown(f"it is {code}, and not one of a model that doesn't exist: {words}")
    known = [each for each in (arn, "not exist", "not found", "No such") if each.lower() in words.lower()]
    return told(f"of a model that doesn't exist: {words!r}", position="telling" if known else "bare")
