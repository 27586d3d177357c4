"""What was to be reached, and whether it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cases import ASSOCIATION, AUDIENCE_MODEL, AWS_CUSTOM_RESOURCE, L1, LIBRARY, POLICY
from .chain.results import ChainResults
from .tables import from_to, ranged

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

MESSAGES = {"own": 30, "shared": 6}
CHAIN_MESSAGES = {AUDIENCE_MODEL: 6, POLICY: 18, ASSOCIATION: 5}
"""Messages to the jsii kernel for one more construct, which is what synthesis takes its time for.

A custom resource takes five: the construct, its tags, what they render to, the resource, the policy that it waits for.
These are what there are, so that none comes without a reason; a test counts.
"""

CHAIN_WRITES: dict[str, dict[str, dict[str, float]]] = {
    AUDIENCE_MODEL: {"deploy": {"CreateAudienceModel": 1}, "deploy again": {}},
    POLICY: {
        "deploy": {"PutConfiguredAudienceModelPolicy": 1},
        "update all": {"GetConfiguredAudienceModelPolicy": 1, "PutConfiguredAudienceModelPolicy": 1},
        "deploy again": {},
    },
    ASSOCIATION: {"deploy": {"CreateConfiguredAudienceModelAssociation": 1}, "deploy again": {}},
}
"""The same for the constructs of the chain."""


@dataclass(frozen=True)
class Target:
    """A figure with its target.

    Attributes:
        figure: what it is.
        work: `own` or `shared` output, or a kind of the chain; None if the output makes no difference.
        wanted: the target, in words.
        found: the figure, in words.
        reached: whether it is; None when there is nothing to reach.
    """

    figure: str
    work: str | None
    wanted: str
    found: str
    reached: bool | None


def targets(results: Results) -> Iterator[Target]:
    """All targets."""
    for output in ("own", "shared"):
        yield from _of_output(results, output)
    yield from _of_function(results)
    for kind in CHAIN_MESSAGES:
        yield from _of_chain(ChainResults(results.raw["chain"]), kind)


def _of_output(results: Results, output: str) -> Iterator[Target]:
    own = output == "own"
    each = results.counted(LIBRARY, output, "resources").each
    yield _at_most("resources a model", output, each, 6 if own else 1, digits=1)
    yield _at_least("models in one stack", output, min(results.models_in_a_stack(LIBRARY, output)), 80 if own else 450)
    if not own:
        cases = results.cases("counts", output=output, stacks=1)
        yield _permissions(output, [results.count(LIBRARY, case, "permission_bytes") for case in cases])
    messages = results.counted(LIBRARY, output, "messages").each
    yield _at_most("messages a model", output, messages, MESSAGES[output], digits=1)
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


def _of_chain(results: ChainResults, kind: str) -> Iterator[Target]:
    messages = results.each(LIBRARY, kind, "messages")
    yield _at_most("messages a construct", kind, messages, CHAIN_MESSAGES[kind], digits=1)
    against = results.time_ratio(AWS_CUSTOM_RESOURCE, kind)
    yield _ratio("time a construct, against AwsCustomResource", kind, against, 0.5)
    (number, ours), (_, theirs) = (results.template_bytes(side, kind) for side in (LIBRARY, AWS_CUSTOM_RESOURCE))
    figure = f"template bytes at N = {number}, against AwsCustomResource"
    yield _at_most(figure, kind, ours / theirs, 0.5, digits=2)
    yield _permissions(kind, results.permissions(LIBRARY, kind))
    for phase, wanted in CHAIN_WRITES[kind].items():
        calls = results.calls(kind, phase)
        yield Target(f"service calls, {phase}", kind, _calls(wanted), _calls(calls), calls == wanted)


def _permissions(work: str, sizes: list[int]) -> Target:
    found = f"{from_to(sizes)} bytes"
    return Target("the function's permissions", work, "don't grow with the number", found, len(set(sizes)) == 1)


def _at_most(figure: str, work: str | None, found: float, most: float, *, digits: int) -> Target:
    return Target(figure, work, f"≤ {most}", f"{found:.{digits}f}", round(found, digits) <= most)


def _at_least(figure: str, work: str | None, found: int, least: int) -> Target:
    return Target(figure, work, f"≥ {least}", str(found), found >= least)


def _ratio(figure: str, work: str | None, found: Spread, most: float | None) -> Target:
    if found.low <= 0:
        # A line that falls: the runs differ by more than the models cost.
        wanted = "reported" if most is None else f"≤ {most}"
        return Target(figure, work, wanted, "too much noise to tell", None if most is None else False)
    text = ranged(found)
    if most is None:
        return Target(figure, work, "reported", text, None)
    return Target(figure, work, f"≤ {most}", text, round(found.median, 2) <= most)


def _calls(calls: dict[str, float]) -> str:
    short = {operation.removesuffix("s").removesuffix("ConfiguredAudienceModel"): n for operation, n in calls.items()}
    return ", ".join(f"{times:.3g} {operation}" for operation, times in short.items()) or "none"
