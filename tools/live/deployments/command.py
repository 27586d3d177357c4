"""The CDK CLI, on the run's application."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from ..account import Answer, LiveError
from ..documented import ROOT

if TYPE_CHECKING:
    from ..run import Run

_APPLICATION = shlex.join([sys.executable, "-m", "tools.live.deployments.application"])

_LAST_LINES = 12


def deploy(run: Run, stage: str, *, adopt: str | None = None) -> float:
    """Deploys both stacks as a stage has them.

    Args:
        run: whose they are.
        stage: of `STAGES`.
        adopt: the ARN of a model to adopt.

    Returns:
        How many seconds it took.

    Raises:
        LiveError: the CLI is missing, or says that it failed.
    """
    return _cdk(run, stage, adopt, "deploy", "--all", "--require-approval", "never", "--concurrency", "2")


def destroy(run: Run, stage: str, *, adopt: str | None = None) -> float:
    """Destroys both stacks, as `deploy` deploys them."""
    return _cdk(run, stage, adopt, "destroy", "--all", "--force", "--concurrency", "2")


def _cdk(run: Run, stage: str, adopt: str | None, *words: str) -> float:
    if shutil.which("cdk") is None:
        raise LiveError("there is no CDK CLI: `make live` installs the one that package-lock.json pins")
    live = {
        "prefix": run.belongings.prefix,
        "run_id": run.belongings.run_id,
        "bucket": run.bucket,
        "role": run.role,
        "audience_model_arn": run.inputs.audience_model_arn,
        "stage": stage,
        "adopt": adopt,
    }
    with tempfile.TemporaryDirectory(prefix="cdk-cleanroomsml-") as output:
        command = ["cdk", *words, "--app", _APPLICATION, "--output", output, "--context", f"live={json.dumps(live)}"]
        began = run.clock()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "AWS_REGION": run.account.region, "CDK_NOTICES": "false"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        _fail(run, words[0], done.stdout)
    return run.clock() - began


def _fail(run: Run, word: str, said: str) -> None:
    """What the CLI said is on record, so that a permission that is missing is found in it."""
    said = run.account.masks.mask(said)
    refused = [line.strip() for line in said.splitlines() if "is not authorized to perform" in line]
    run.account.record += [Answer(f"cdk:{word}", "", "AccessDenied", line) for line in refused]
    last = "\n".join(line for line in said.splitlines() if line.strip())[-_LAST_LINES * 120 :]
    raise LiveError(f"cdk {word} failed:\n{last}")
