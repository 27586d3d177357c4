"""In a world in which every answer surprises, it runs whole, leaves nothing, and what it tells can be applied."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from tools.live import __main__ as command
from tools.live import apply, conduct, report
from tools.live.documented import ANSWERED, LIMITATIONS, ROOT, SWITCHES, rows
from tools.live.earlier import earlier_runs
from tools.live.findings import Findings
from tools.live.masks import Masks

from cdk_cleanroomsml.local.service import Switches, surprised

from .conftest import AUDIENCE_MODEL, open_inputs, passing_time

if TYPE_CHECKING:
    from pathlib import Path

    from tools.live.account import Account
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

WORLD = asdict(surprised())


def told(made: dict[str, Any]) -> dict[str, Any]:
    """The positions of the switches that were seen."""
    assert [seen for seen in report.positions(made).values() if len(seen) > 1] == []
    return {switch: seen[0] for switch, seen in report.positions(made).items()}


def defaults(module: str) -> dict[str, Any]:
    """The defaults of the switches in a module's text."""
    (switches,) = [
        each for each in ast.parse(module).body if isinstance(each, ast.ClassDef) and each.name == "Switches"
    ]
    members = [each for each in switches.body if isinstance(each, ast.AnnAssign)]
    return {ast.unparse(each.target): ast.literal_eval(each.value) for each in members if each.value}


@pytest.mark.nightly("all experiments at once take 6 s of a core; by day each is made in each position of its switch")
def test_what_all_experiments_tell_is_applied_everywhere(run: Run, engine: Engine) -> None:
    open_inputs(run, engine, ("membership_id", "training_dataset_arn"))
    engine.set_switches(**WORLD)
    findings = Findings()
    conduct.ask_everything(run, findings, str)
    assert conduct.destroy(run.belongings, str) == []
    about = {"date": "2026-11-26", "region": "us-east-1", "complete": True, "missing_permissions": [], "left": []}
    made = json.loads(json.dumps(report.document(findings, Masks(), **about, versions={})))
    seen = told(made)
    switches, page = (
        apply.new_switches(SWITCHES.read_text(), made),
        apply.new_limitations(LIMITATIONS.read_text(), made),
    )
    assert {switch: defaults(switches)[switch] for switch in seen} == seen
    moved = report.answered_rows(made)
    left = [*rows("Unknown", page), *rows("Inferred", page)]
    assert rows(ANSWERED, page).keys() >= {row for row in moved if row in (*rows("Unknown"), *rows("Inferred"))}
    assert [row for row in left if row in moved] == []
    # Where nobody asks IAM and nothing trains, some tell nothing.
    assert len(seen) > len(WORLD) / 2


@pytest.mark.nightly("a whole run takes half a minute of a core")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("world", [Switches(), surprised()], ids=["assumed", "surprised"])
def test_a_whole_run(
    world: Switches,
    engine: Engine,
    connected: dict[str, Account],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in engine.child_environment(folder=ROOT).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(command, "pause", passing_time(engine))
    monkeypatch.setattr(command, "connect", lambda **_: connected["account"])
    # Experiments turn the engine's clock by hours, and a function's isn't turned with it.
    monkeypatch.setattr(conduct, "PARTS", conduct.PARTS[::-1])
    engine.set_switches(**asdict(world))
    assert command.main(["--audience-model-arn", AUDIENCE_MODEL, "--yes", "--folder", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("live-*.json")
    made = json.loads(file.read_text())
    assert [each for each in made["checks"] if not each["passed"]] == []
    assert told(made)
    assert earlier_runs(connected["account"], tmp_path / command.LEDGERS) == []
