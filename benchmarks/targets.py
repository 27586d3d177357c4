"""What was to be reached, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cases import AWS_CUSTOM_RESOURCE, L1, LIBRARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .figures import Spread
    from .results import Results

WRITES = {
    "deploy": {"CreateConfiguredAudienceModel": 1.0},
    "update all": {"GetConfiguredAudienceModel": 1.0, "UpdateConfiguredAudienceModel": 1.0},
    "deploy again": {},
}
"""The calls for a model that a deployment is to make."""


@dataclass(frozen=True)
class Target:
    """A figure with its target.

    Attributes:
        figure: what it is.
        output: `own` or `shared`; None if that makes no difference.
        wanted: the target, in words.
        found: the figure, in words.
        reached: whether it is; None when there is nothing to reach.
    """

    figure: str
    output: str | None
    wanted: str
    found: str
    reached: bool | None


def targets(results: Results) -> Iterator[Target]:
    """All targets."""
    for output in ("own", "shared"):
        yield from _of_output(results, output)
    yield from _of_function(results)


def _of_output(results: Results, output: str) -> Iterator[Target]:
    own = output == "own"
    each = results.counted(LIBRARY, output, "resources").each
    yield _at_most("resources a model", output, each, 6 if own else 1, digits=1)
    yield _at_least("models in one stack", output, min(results.models_in_a_stack(LIBRARY, output)), 80 if own else 450)
    if not own:
        yield _permissions(results)
    messages = results.counted(LIBRARY, output, "messages").each
    yield _at_most("messages a model", output, messages, 16 if own else 8, digits=1)
    against = results.time_ratio(AWS_CUSTOM_RESOURCE, output)
    yield _ratio("time a model, against AwsCustomResource", output, against, 0.7 if own else 0.5)
    floor = results.time_ratio(L1, output)
    yield _ratio("time a model, against the L1 floor", output, floor, 1.5 if own else None)
    case = results.template_case(output)
    ours, theirs = (results.count(side, case, "template_bytes") for side in (LIBRARY, AWS_CUSTOM_RESOURCE))
    figure = f"template bytes at N = {case.models}, against AwsCustomResource"
    yield _at_most(figure, output, ours / theirs, 0.7 if own else 0.6, digits=2)


def _of_function(results: Results) -> Iterator[Target]:
    case = results.template_case("own")
    assets, size = (results.count(LIBRARY, case, figure) for figure in ("assets", "asset_bytes"))
    found = f"{assets}, {size / 1000:.1f} kB"
    yield Target("asset", None, "one, ≤ 24 kB zipped", found, assets == 1 and size <= 24_000)
    for case in results.cases("deployments")[-1:]:
        for phase, wanted in WRITES.items():
            calls = results.calls_a_model(LIBRARY, case, phase)
            yield Target(f"service calls, {phase}", None, _calls(wanted), _calls(calls), calls == wanted)
    starts = results.ratio("starts", "seconds", {"what": "library"}, {"what": "bare"})
    yield _ratio("function start to first call, against a bare client", None, starts, 1.1)
    imports = results.ratio("imports", "seconds", {"what": "library"}, {"what": "needed"})
    yield _ratio("import, against the CDK modules it needs", None, imports, 1.1)


def _permissions(results: Results) -> Target:
    sizes = [
        results.count(LIBRARY, case, "permission_bytes") for case in results.cases("counts", output="shared", stacks=1)
    ]
    found = f"{min(sizes)} bytes" if len(set(sizes)) == 1 else f"{min(sizes)} to {max(sizes)} bytes"
    return Target("the function's permissions", "shared", "don't grow with the models", found, len(set(sizes)) == 1)


def _at_most(figure: str, output: str | None, found: float, most: float, *, digits: int) -> Target:
    return Target(figure, output, f"≤ {most}", f"{found:.{digits}f}", round(found, digits) <= most)


def _at_least(figure: str, output: str | None, found: int, least: int) -> Target:
    return Target(figure, output, f"≥ {least}", str(found), found >= least)


def _ratio(figure: str, output: str | None, found: Spread, most: float | None) -> Target:
    if found.low <= 0:
        # A line that falls: the runs differ by more than the models cost.
        wanted = "reported" if most is None else f"≤ {most}"
        return Target(figure, output, wanted, "too much noise to tell", None if most is None else False)
    text = f"{found.median:.2f} ({found.low:.2f}-{found.high:.2f})"
    if most is None:
        return Target(figure, output, "reported", text, None)
    return Target(figure, output, f"≤ {most}", text, round(found.median, 2) <= most)


def _calls(calls: dict[str, float]) -> str:
    short = {operation.removesuffix("s").removesuffix("ConfiguredAudienceModel"): n for operation, n in calls.items()}
    return ", ".join(f"{times:.3g} {operation}" for operation, times in short.items()) or "none"
