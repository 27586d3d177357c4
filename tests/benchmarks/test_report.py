from __future__ import annotations

import json
import platform
import sys
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks.__main__ import read, save, write
from benchmarks.cases import AWS_CUSTOM_RESOURCE, L1, LIBRARY, SIDES
from benchmarks.plot import draw
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.targets import Target, targets
from benchmarks.work import ROOT

from ..clone import left_out
from .raw_results import raw_results

if TYPE_CHECKING:
    from pathlib import Path

RESULTS = ROOT / "benchmarks" / "results"


@pytest.fixture
def raw() -> dict[str, Any]:
    return raw_results()


def target(raw: dict[str, Any], figure: str, work: str | None = None) -> Target:
    (found,) = (each for each in targets(Results(raw)) if each.figure.startswith(figure) and each.work == work)
    return found


def library_rows(raw: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return [row for row in raw[part] if row["side"] == LIBRARY]


def test_a_model_costs_what_the_line_through_the_stacks_says(raw: dict[str, Any]) -> None:
    lines = Results(raw).synth_lines(LIBRARY, "own")
    assert [line.each for line in lines.values()] == pytest.approx([0.006, 0.012, 0.018])
    assert [line.fixed for line in lines.values()] == pytest.approx([2, 4, 6])


def test_a_slow_round_is_slow_for_all_and_changes_no_ratio(raw: dict[str, Any]) -> None:
    found = Results(raw).time_ratio(AWS_CUSTOM_RESOURCE, "own")
    assert [found.median, found.low, found.high] == pytest.approx([0.5, 0.5, 0.5])


def test_models_in_a_stack_by_each_limit(raw: dict[str, Any]) -> None:
    assert Results(raw).models_in_a_stack(LIBRARY, "shared") == (490, 141)


def test_every_target_of_these_figures_is_reached_but_for_one(raw: dict[str, Any]) -> None:
    missed = [each.figure for each in targets(Results(raw)) if each.reached is False]
    # At 7 kB a model no more than 141 fit into a template.
    assert missed == ["time a model, against the L1 floor", "models in one stack"]


def test_the_ratios_of_the_targets(raw: dict[str, Any]) -> None:
    assert target(raw, "time a model, against AwsCustomResource", "shared").found == "0.40 (0.40-0.40)"
    floor = target(raw, "time a model, against the L1 floor", "own")
    assert (floor.found, floor.reached) == ("2.00 (2.00-2.00)", False)
    assert target(raw, "time a model, against the L1 floor", "shared").reached is None
    assert target(raw, "template bytes at N = 50", "own").found == "0.51"


def test_messages_over_the_target(raw: dict[str, Any]) -> None:
    for row in library_rows(raw, "counts"):
        row["messages"] += 16 * row["models"] if row["output"] == "own" else 0
    assert target(raw, "messages a model", "own") == Target("messages a model", "own", "≤ 30", "31.0", False)
    assert target(raw, "messages a model", "shared").reached


def test_a_second_asset_and_a_large_one(raw: dict[str, Any]) -> None:
    assert target(raw, "asset").reached
    for row in library_rows(raw, "counts"):
        row["asset_bytes"] = 24_100
    assert target(raw, "asset").reached is False
    for row in library_rows(raw, "counts"):
        row.update(assets=2, asset_bytes=20_000)
    assert target(raw, "asset").reached is False


def test_a_call_too_many(raw: dict[str, Any]) -> None:
    assert target(raw, "service calls, update all").reached
    for row in library_rows(raw, "deployments"):
        if row["phase"] == "deploy":
            row["calls"]["ListConfiguredAudienceModels"] = row["models"]
    found = next(each for each in targets(Results(raw)) if each.figure == "service calls, deploy")
    assert (found.found, found.reached) == ("1 Create, 1 List", False)


def test_permissions_that_grow(raw: dict[str, Any]) -> None:
    for row in library_rows(raw, "counts"):
        row["permission_bytes"] += row["models"]
    found = target(raw, "the function's permissions", "shared")
    assert (found.found, found.reached) == ("901 to 950 bytes", False)


def test_noise_is_no_success(raw: dict[str, Any]) -> None:
    for row in library_rows(raw, "synth"):
        row["seconds"] = 2 - row["models"] / 1000
    found = target(raw, "time a model, against AwsCustomResource", "shared")
    assert (found.found, found.reached) == ("too much noise to tell", False)


def test_the_report_names_sides_versions_date_and_what_did_not_run(raw: dict[str, Any]) -> None:
    text = report(raw, plot="synth.svg")
    for words in (*SIDES.values(), "python 3.14.0", "jsii 1.2.3", "2026-01-31", "(synth.svg)", "one call in 10"):
        assert words in text
    assert "AwsCustomResource was not deployed: its package is missing." in text
    assert "450 models in one stack" in text


def test_the_report_does_not_name_the_machine(raw: dict[str, Any]) -> None:
    assert platform.node() not in report(raw)


def test_every_table_is_well_formed(raw: dict[str, Any]) -> None:
    tables = [block.splitlines() for block in report(raw).split("\n\n") if block.lstrip().startswith("|")]
    assert len(tables) >= 9
    for table in tables:
        assert len({line.count("|") for line in table}) == 1


def test_the_same_results_give_the_same_report(raw: dict[str, Any]) -> None:
    assert report(raw) == report(json.loads(json.dumps(raw)))


@left_out("benchmarks/results")
def test_the_report_in_the_tree_is_that_of_the_figures_beside_it(tmp_path: Path) -> None:
    measured = read(RESULTS / "raw.json.gz")
    assert report(measured, plot="synth.svg") == (RESULTS / "README.md").read_text()
    save(measured, tmp_path / "raw.json.gz")
    assert read(tmp_path / "raw.json.gz") == measured


def test_without_matplotlib_the_plot_is_skipped_and_said_so(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write(raw, tmp_path)
    assert "matplotlib isn't installed; `pip install -r benchmarks/requirements.txt`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert "synth.svg" not in (tmp_path / "README.md").read_text()


class Canvas:
    """Stands for matplotlib's figure and its panels, and notes what is drawn."""

    def __init__(self, **_: object) -> None:
        self.lines: list[tuple[str, list[int], list[float]]] = []

    def subplots(self, rows: int, columns: int, **_: object) -> list[Canvas]:
        return [self] * rows * columns

    def errorbar(self, x: list[int], y: list[float], *, label: str, **_: object) -> None:
        self.lines.append((label, x, y))

    def savefig(self, path: Path, **_: object) -> None:
        path.write_text(json.dumps(self.lines))

    def set(self, **_: object) -> None: ...
    def grid(self, **_: object) -> None: ...
    def legend(self) -> None: ...


def test_the_plot_has_a_line_for_each_side_and_output(
    raw: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {"matplotlib": type("", (), {"rcParams": {}}), "matplotlib.figure": type("", (), {"Figure": Canvas})}
    monkeypatch.setattr("importlib.import_module", modules.__getitem__)
    assert draw(raw, tmp_path / "plot.svg")
    lines = json.loads((tmp_path / "plot.svg").read_text())
    assert [label for label, _, _ in lines] == [*SIDES.values()] * 2
    (_, models, seconds) = next(line for line in lines if line[0] == SIDES[L1])
    assert models == [1, 10, 50]
    assert seconds == pytest.approx([4.006, 4.06, 4.3])
