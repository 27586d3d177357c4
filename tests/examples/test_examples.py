"""The examples synthesise, with the recommended feature flags and without any."""

from __future__ import annotations

import json
import os
import runpy
import shlex
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aws_cdk
import pytest

from ..by_night import NIGHT

REPOSITORY = Path(__file__).parents[2]
CONTEXT: dict[str, Any] = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
OWN = {key: value for key, value in CONTEXT.items() if not key.startswith("@aws-cdk")}
STACKS = {
    "quickstart": {"Quickstart": 1},
    "training": {"Training": 0},
    "retail_media": {"Training": 0, "Offer": 1, "Campaign": 0},
    "own_output": {"OwnOutput": 1},
    "larger_application": {"BetaCatalogue": 0, "BetaModels": 3, "ProductionCatalogue": 0, "ProductionModels": 3},
}
VALIDATED = {"retail_media"} if NIGHT else set[str]()
"""cdk.json wants errors of the CDK's own validation to fail the synthesis; by day it looks at the chain in a test."""


@pytest.mark.parametrize(
    ("example", "context"),
    [*((example, CONTEXT) for example in STACKS), ("quickstart", OWN)],
    ids=[*STACKS, "no flags"],
)
def test_an_example_synthesises(
    example: str, context: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process; a program by itself is run by the CDK CLI in test_getting_started.py."""
    script = REPOSITORY / "examples" / example / "app.py"
    if example in VALIDATED:
        told = {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context), "CDK_VALIDATION": "true"}
        subprocess.run([sys.executable, script], env=os.environ | told, check=True)
    else:
        # What the CDK CLI tells it by variables, which CDK reads once in a process.
        monkeypatch.setattr(aws_cdk, "App", partial(aws_cdk.App, outdir=str(tmp_path), context=context))
        runpy.run_path(str(script), run_name="__main__")
    check(example, tmp_path)


def check(example: str, output: Path) -> None:
    """It has the stacks and the models that it is to have."""
    models = {}
    for path in output.rglob("*.template.json"):
        resources = json.loads(path.read_text())["Resources"].values()
        count = sum(r["Type"] == "Custom::CleanRoomsMLConfiguredAudienceModel" for r in resources)
        models[path.name.removesuffix(".template.json")] = count
        if path.name == "Campaign.template.json":
            assert has_all_that_a_partner_needs(json.loads(path.read_text()))
    assert sum(models.values()) == sum(STACKS[example].values())
    assert len(models) == len(STACKS[example])


def has_all_that_a_partner_needs(campaign: dict[str, Any]) -> bool:
    """One call in the advertiser's application (User Guide, "IAM behaviors for AWS Clean Rooms ML")."""
    policies = [each["Properties"] for each in campaign["Resources"].values() if each["Type"] == "AWS::IAM::Policy"]
    (statements,) = (
        each["PolicyDocument"]["Statement"] for each in policies if "cleanrooms:ListMembers" in json.dumps(each)
    )
    said = {str(each["Action"]): json.dumps(each["Resource"]) for each in statements}
    start = said["cleanrooms-ml:StartAudienceGenerationJob"]
    # The model, and the job as its owner and its starter see it.
    return (
        start.count("audience-generation-job/*") == 2
        and '{"Ref": "ConfiguredAudienceModelArn"}' in start
        and '{"Fn::Split": [":", {"Ref": "ConfiguredAudienceModelArn"}]}' in start
        and "CollaborationId" in said["cleanrooms:ListMembers"]
        and "SeedRole" in said["iam:PassRole"]
        # And the step after it.
        and any("StartAudienceExportJob" in each for each in said)
    )


def test_the_demonstration_of_the_chain_runs_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The CDK CLI gives the command to a shell."""
    python = "/one's own clone/.venv/bin/python"
    monkeypatch.setattr(sys, "executable", python)
    sts = SimpleNamespace(get_caller_identity=lambda: {"Account": OWN["publisherAccount"]})
    monkeypatch.setattr("boto3.client", lambda _: sts)
    folder = REPOSITORY / "examples" / "retail_media"
    told: list[str] = []
    steps = SimpleNamespace(run=lambda command, _: told.extend(command))
    runpy.run_path(str(folder / "demo.py"))["Cdk"](steps, tmp_path).synthesise("Readers")
    assert shlex.split(told[told.index("--app") + 1]) == [python, str(folder / "app.py")]


def test_each_example_is_tested() -> None:
    assert {path.parent.name for path in (REPOSITORY / "examples").glob("*/app.py")} == {*STACKS}


def test_cdk_json_has_the_recommended_feature_flags() -> None:
    (bundle,) = (Path(aws_cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.tgz")
    with tarfile.open(bundle, "r|gz") as files:
        # As a stream: it is far from the end.
        found = next(file for file in files if file.name == "package/recommended-feature-flags.json")
        recommended = files.extractfile(found)
        assert recommended is not None
        flags = {key: value for key, value in CONTEXT.items() if key.startswith("@aws-cdk")}
        assert flags == json.load(recommended)
