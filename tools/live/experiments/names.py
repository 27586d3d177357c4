"""Whether names repeat."""

from __future__ import annotations

from . import Run, Verdict, experiment, no, yes

ROW = (
    "Must the name of a model be unique? May it repeat? Or does a Create under a taken name answer with the model "
    "that has it, silently?"
)


@experiment(row=ROW, switch="unique_names")
def unique_names(run: Run) -> Verdict:
    """Two Creates under one name: is the second one refused?"""
    first = run.configured_audience_model()
    made: list[str] = []
    refused = run.refusal(lambda: made.append(run.configured_audience_model(first.name).id))
    if refused:
        return yes(f"the second Create is refused: {refused.code}", position=True)
    if made == [first.id]:
        return yes("a second Create answers with the model that has the name, so two never have it")
    return no("two models have one name", position=False)


@experiment(row=ROW, switch="existing_name_is_answered")
def existing_name_is_answered(run: Run) -> Verdict:
    """Two Creates under one name: does the second one answer with the first's model?"""
    first = run.configured_audience_model()
    made: list[str] = []
    refused = run.refusal(lambda: made.append(run.configured_audience_model(first.name).id))
    if refused:
        return no(f"the second Create is refused: {refused.code}", position=False)
    if made == [first.id]:
        return yes("the second Create answers with the ARN of the first", position=True)
    return no("the second Create makes another model", position=False)
