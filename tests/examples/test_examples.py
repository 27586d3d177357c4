"""The examples synthesise, with the recommended feature flags and without any."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk
import pytest

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
BY_NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
VALIDATED = {"retail_media"} if BY_NIGHT else set[str]()
"""cdk.json wants errors of the CDK's own validation to fail the synthesis; by day it looks at the chain in a test."""

# Without flags just the smallest: each takes seconds, and other tests go without flags, too.
RUNS = [*((example, CONTEXT) for example in STACKS), ("quickstart", OWN)]


@pytest.mark.parametrize(("example", "context"), RUNS)
def test_an_example_synthesises(example: str, context: dict[str, Any], tmp_path: Path) -> None:
    # A process of its own: CDK reads these variables once, when it starts.
    environment = os.environ | {"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)}
    if example in VALIDATED:
        environment["CDK_VALIDATION"] = "true"
    subprocess.run([sys.executable, REPOSITORY / "examples" / example / "app.py"], env=environment, check=True)
    models = {}
    for path in tmp_path.rglob("*.template.json"):
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


def test_each_example_is_tested() -> None:
    assert {path.parent.name for path in (REPOSITORY / "examples").glob("*/app.py")} == {*STACKS}


def test_cdk_json_has_the_recommended_feature_flags() -> None:
    (bundle,) = (Path(aws_cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.tgz")
    with tarfile.open(bundle) as files:
        member = files.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        assert {key: value for key, value in CONTEXT.items() if key.startswith("@aws-cdk")} == json.load(member)
