"""The plot: synth time over the number of models, a panel for each output."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .cases import SIDES
from .results import Results

if TYPE_CHECKING:
    from pathlib import Path

    from .cases import Json

TITLES = {"own": "own output each", "shared": "one shared output"}


def draw(raw: Json, path: Path) -> bool:
    """Draws the plot as SVG, if matplotlib is installed; returns whether it is."""
    try:
        matplotlib = importlib.import_module("matplotlib")
        figure_module = importlib.import_module("matplotlib.figure")
    except ImportError:
        return False
    # The same picture from the same figures: no random ids, no date.
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"
    figure = figure_module.Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, len(TITLES), sharey=True)
    for panel, (output, title) in zip(panels, TITLES.items(), strict=True):
        _draw_panel(panel, Results(raw), output)
        panel.set(title=title, xlabel="models in one stack")
        panel.grid(alpha=0.3)
    panels[0].set(ylabel="seconds of a synth, validation off", ylim=(0, None))
    panels[0].legend()
    figure.savefig(path, metadata={"Date": None})
    return True


def _draw_panel(panel: Any, results: Results, output: str) -> None:  # noqa: ANN401 - matplotlib's, which is optional
    for side, label in SIDES.items():
        models, medians, below, above = [], [], [], []
        for case in sorted(results.cases("synth", output=output, stacks=1, validation="off")):
            found = results.spread(
                "synth", "seconds", side=side, output=output, models=case.models, stacks=1, validation="off"
            )
            models.append(case.models)
            medians.append(found.median)
            below.append(found.median - found.low)
            above.append(found.high - found.median)
        panel.errorbar(models, medians, yerr=[below, above], label=label, marker="o", markersize=4, capsize=3)
