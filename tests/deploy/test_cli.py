"""The real CDK CLI deploys the real template: everything that a person at a terminal would see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

REPOSITORY = Path(__file__).parents[2]
AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
APP = f"""
import json, os
import aws_cdk as cdk
from cdk_cleanroomsml import *

app = cdk.App(builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Stack")
parameters = json.loads(os.environ["PARAMETERS"])
if policy := parameters.pop("policy", None):
    parameters["child_resource_tag_on_create_policy"] = TagOnCreatePolicy.of(policy)
ConfiguredAudienceModel(
    stack,
    "Model",
    audience_model=AudienceModel.from_audience_model_arn(stack, "Readers", "{AUDIENCE_MODEL_ARN}"),
    shared_audience_metrics=SharedAudienceMetrics.ALL,
    **parameters,
).add_arn_output(export_name="ModelArn")
app.synth()
"""


class Cli:
    """The CDK CLI in a folder with an application."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._folder = folder
        binaries = [str(Path(sys.executable).parent), str(REPOSITORY / "node_modules" / ".bin"), os.environ["PATH"]]
        self._environment = engine.child_environment() | {"PATH": os.pathsep.join(binaries)}
        (folder / "app.py").write_text(APP)

    def __call__(self, *command: str, **parameters: Any) -> None:
        done = subprocess.run(
            ["cdk", *command],
            cwd=self._folder,
            env=self._environment | {"PARAMETERS": json.dumps(parameters)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def deploy(self, **parameters: Any) -> str:
        """Deploys, and returns the ARN that the CLI shows as an output."""
        arguments = ("--app", "python3 app.py", "--require-approval", "never", "--outputs-file", "outputs.json")
        self("deploy", *arguments, **parameters)
        (arn,) = json.loads((self._folder / "outputs.json").read_text())["Stack"].values()
        return str(arn)


@pytest.mark.nightly("by day the CLI runs all that Getting started says, and test_lifecycle.py replaces")
@pytest.mark.timeout(180)
def test_deploy_replace_destroy(engine: Engine, tmp_path: Path) -> None:
    cdk = Cli(engine, tmp_path)
    cleanroomsml = engine.client("cleanroomsml")

    def models() -> dict[str, dict[str, Any]]:
        arns = [
            model["configuredAudienceModelArn"]
            for model in cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]
        ]
        return {arn: cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=arn) for arn in arns}

    cdk("bootstrap", f"aws://{engine.account}/{engine.region}")

    first = cdk.deploy(description="first")
    assert {arn: model["description"] for arn, model in models().items()} == {first: "first"}
    exports = engine.client("cloudformation").list_exports()["Exports"]
    assert first in [export["Value"] for export in exports]

    # An update in place is in the documentation's own commands, which are run, too.
    replaced = cdk.deploy(description="second", tags={"team": "media"}, policy="FROM_PARENT_RESOURCE")
    assert replaced != first
    assert list(models()) == [replaced]
    assert models()[replaced]["tags"]["team"] == "media"

    cdk("destroy", "--app", "cdk.out", "--force")
    assert models() == {}
