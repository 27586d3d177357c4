"""The larger examples, deployed by the real CLI; the quickstart is the demo's, and the documentation's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import bootstrap

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

REPOSITORY = Path(__file__).parents[2]
AUDIENCE_MODEL_ARN: str = json.loads((REPOSITORY / "cdk.json").read_text())["context"]["audienceModelArn"]


@pytest.mark.nightly("by day they are synthesised, and the quickstart is deployed")
@pytest.mark.timeout(180)
def test_the_examples_deploy(engine: Engine, tmp_path: Path) -> None:
    engine.seed_audience_model(AUDIENCE_MODEL_ARN)
    binaries = [str(Path(sys.executable).parent), str(REPOSITORY / "node_modules" / ".bin"), os.environ["PATH"]]
    environment = engine.child_environment() | {"PATH": os.pathsep.join(binaries)}

    def cdk(*command: str) -> None:
        done = subprocess.run(
            ["cdk", *command], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    bootstrap(engine, engine.account)
    for example, stacks in (("own_output", "OwnOutput"), ("larger_application", "Beta/**")):
        app = ("--app", f"python3 examples/{example}/app.py", "--output", str(tmp_path / example))
        cdk("deploy", *app, "--require-approval", "never", stacks)

    cleanroomsml = engine.client("cleanroomsml")
    models = cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]
    destinations = {m["name"]: m["outputConfig"]["destination"]["s3Destination"]["s3Uri"] for m in models}
    assert destinations.pop("sports-readers").endswith("/segments/sports/")
    assert len(destinations) == 3
    assert len(set(destinations.values())) == 1, "they share an output"
    parameters = engine.client("ssm").get_parameters_by_path(Path="/lookalikes", Recursive=True)["Parameters"]
    told = {parameter["Value"] for parameter in parameters}
    assert told == {m["configuredAudienceModelArn"] for m in models if m["name"] != "sports-readers"}
