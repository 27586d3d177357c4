"""The table of compositions, row by row, from one application; and the page that is made from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from constructs import Construct

from ...by_night import NIGHT
from ..conftest import an_app, warnings_in
from ..graph import circles
from .compositions import PAGE, ROWS, WHATS, Row, page

if TYPE_CHECKING:
    from pathlib import Path


BY_DAY = {
    "`ConfiguredAudienceModel(audience_model=)`",
    "`AudienceOutput(encryption_key=)`",
    "`TrainingDataset(role=)`",
    "`AudienceModel(training_dataset=)`",
    "`AudienceModelRetraining(configured_audience_model=)`",
    "`AudienceModelRetraining(failure_topic=)`",
    "`ConfiguredAudienceModelAssociation(membership=)`",
    "`grants.manage()` of a model, for a role",
    "`CleanRoomsMLMonitoring(retrainings=)`",
    "`CleanRoomsMLProvider(vpc=)`",
}
"""One parameter of each construct, and of each kind of part: whence a part is doesn't depend on what takes it."""
LOOKED_AT = [what for what in WHATS if NIGHT or what.name in BY_DAY]


class Outcomes:
    """What came out of each row."""

    def __init__(self, folder: Path) -> None:
        self.errors: dict[Row, str] = {}
        self.warnings: dict[Row, list[str]] = {}
        self.templates: dict[str, Any] = {}
        # CDK's time grows with the square of an application.
        for number, what in enumerate(LOOKED_AT):
            self._look_at([row for row in ROWS if row.what is what], folder / str(number))

    def _look_at(self, rows: list[Row], folder: Path) -> None:
        app = an_app(
            outdir=str(folder),
            analytics_reporting=False,
            # CDK asks to choose one, with a warning.
            context={"@aws-cdk/core:defaultCrossStackReferences": "strong"},
        )
        for number, row in enumerate(rows):
            self._define(row, Construct(app, f"Row{number}"))
        try:
            app.synth()
        except RuntimeError as error:
            # One of them is at fault: each by itself.
            for number, row in enumerate(rows if rows[1:] else []):
                self._look_at([row], folder / str(number))
            if not rows[1:]:
                self.errors[rows[0]] = str(error)
            return
        self.templates |= {str(each): json.loads(each.read_text()) for each in folder.glob("*.template.json")}
        manifest = json.loads((folder / "manifest.json").read_text())
        for artifact in manifest["artifacts"].values():
            for path, found in warnings_in(folder, artifact).items():
                if found:
                    row = rows[int(path.split("/")[1].removeprefix("Row"))]
                    self.warnings.setdefault(row, []).extend(found)

    def _define(self, row: Row, scope: Construct) -> None:
        try:
            row.define(scope)
        except (ValueError, RuntimeError) as error:
            self.errors[row] = str(error)
            scope.node.root.node.try_remove_child(scope.node.id)

    def of(self, row: Row) -> tuple[str, str]:
        """The kind of the outcome, and its words."""
        if row in self.errors:
            return "error", self.errors[row]
        warnings = self.warnings.get(row, [])
        return ("warning", "\n".join(warnings)) if warnings else ("works", "")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return Outcomes(tmp_path_factory.mktemp("compositions"))


def marks(row: Row) -> list[pytest.MarkDecorator]:
    return [] if row.what.name in BY_DAY else [pytest.mark.nightly("a parameter of each construct is tried by day")]


@pytest.mark.sweep
@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{row.what.name} {row.source}", marks=marks(row)) for row in ROWS]
)
def test_a_row(outcomes: Outcomes, row: Row) -> None:
    kind, words = outcomes.of(row)
    assert (kind, row.expected.words in words) == (row.expected.kind, True), words


def test_no_template_has_a_circle(outcomes: Outcomes) -> None:
    found = {name: circles(template.get("Resources", {})) for name, template in outcomes.templates.items()}
    assert {name: circle for name, circle in found.items() if circle} == {}
    assert len(found) > sum(row.what in LOOKED_AT for row in ROWS) / 2


def test_those_by_day_are_there() -> None:
    assert {what.name for what in WHATS} >= BY_DAY


def test_a_circle_would_be_found() -> None:
    a_to_b: dict[str, Any] = {"Properties": {"X": {"Fn::Join": ["", [{"Fn::GetAtt": ["B", "Arn"]}]]}}}
    ways: list[dict[str, Any]] = [
        {"DependsOn": ["A"]},
        {"DependsOn": "A"},
        {"Properties": {"Y": [{"Ref": "A"}]}},
        {"Properties": {"Y": {"Fn::Sub": "x-${A.Arn}"}}},
        {"Properties": {"Y": {"Fn::Sub": ["${A}", {"Z": 1}]}}},
        {"Properties": {"Y": {"Fn::GetAtt": "A.Arn"}}},
    ]
    for way in ways:
        assert circles({"A": a_to_b, "B": way}) == ["A", "B"], way
    assert circles({"A": a_to_b, "B": {"Properties": {"Y": {"Ref": "C"}}}, "C": {}}) == []


def test_the_page_is_that_of_the_table() -> None:
    """`python -m tests.constructs.composition.compositions` writes it anew."""
    assert PAGE.read_text() == page()
