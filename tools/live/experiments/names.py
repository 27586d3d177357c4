"""Whether names repeat."""

from __future__ import annotations

from . import Run, Verdict, experiment, told

ROW = (
    "Must the name of a model be unique? May it repeat? Or does a Create under a taken name answer with the model "
    "that has it, silently?"
)


@experiment(row=ROW, switch="configured_audience_model_names")
def configured_audience_model_names(run: Run) -> Verdict:
    """Two Creates under one name: what becomes of the second one?"""
    first = run.configured_audience_model()
    made: list[str] = []
    refused = run.refusal(lambda: made.append(run.configured_audience_model(first.name).id))
    if refused:
        return told(f"the second Create is refused: {refused.code}", position="unique")
    if made == [first.id]:
        return told("the second Create answers with the ARN of the first", position="answered")
    return told("the second Create makes another model", position="repeat")
