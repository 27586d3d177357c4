"""What one more construct costs in messages to the jsii kernel, which is what synthesis takes its time for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from benchmarks import work
from benchmarks.cases import ASSOCIATION, AUDIENCE_MODEL, POLICY, RETRAINING, Case, Link
from benchmarks.chain import library as chain_library
from benchmarks.chain import work as chain_work
from benchmarks.count_messages import counted
from benchmarks.sides import library
from benchmarks.targets import CHAIN_MESSAGES, MESSAGES

from cdk_cleanroomsml import AudienceOutput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODELS = {**MESSAGES, "own": 29}
CHAIN = {**CHAIN_MESSAGES, RETRAINING: 47}
"""What there are now; the targets are those of the figures in the report."""

DEFINITIONS = {
    AUDIENCE_MODEL: chain_library.audience_models,
    POLICY: chain_library.policies,
    ASSOCIATION: chain_library.associations,
    RETRAINING: chain_library.retrainings,
}


def each(synthesise: Callable[[int], None]) -> float:
    """Messages for one more construct; what is asked for once a process is asked for by the first synth."""
    synthesise(1)
    counts = []
    for number in (2, 6):
        with counted() as messages:
            synthesise(number)
        counts.append(messages.call_count)
    return (counts[1] - counts[0]) / 4


@pytest.mark.parametrize("output", MODELS)
def test_a_configured_audience_model_takes_no_more_messages(output: str, tmp_path: Path) -> None:
    def synthesise(models: int) -> None:
        arguments = [*Case(output, models).arguments, "--validation", "off", "--outdir", str(tmp_path)]
        work.run(AudienceOutput, library.define, arguments)

    assert each(synthesise) <= MODELS[output]


@pytest.mark.parametrize("kind", CHAIN)
def test_a_construct_of_the_chain_takes_no_more_messages(kind: str, tmp_path: Path) -> None:
    def synthesise(constructs: int) -> None:
        chain_work.run(DEFINITIONS, [*Link(kind, constructs).arguments, "--outdir", str(tmp_path)])

    assert each(synthesise) <= CHAIN[kind]
