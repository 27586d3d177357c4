"""What becomes of members that are left out, or emptied."""

from __future__ import annotations

from . import Run, Verdict, experiment, no, yes


@experiment(row='`description=""` clears a description', switch="empty_description")
def empty_description(run: Run) -> Verdict:
    """An Update with an empty description: what does Get show then?"""
    model = run.configured_audience_model(description="something")
    arn = {"configuredAudienceModelArn": model.id}
    if refused := run.refusal(lambda: run.ml.update_configured_audience_model(**arn, description="")):
        return no(f"it is refused: {refused.code}: {refused.message}", position="refused")
    shown = run.ml.get_configured_audience_model(**arn).get("description")
    if shown == "":
        return yes('Get shows "" then', position="kept")
    if shown is None:
        return yes("Get shows no description then", position="left_out")
    return no("the description stays")
