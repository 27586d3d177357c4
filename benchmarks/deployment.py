"""Cloud assemblies on the embedded engine, sent to its CloudFormation as they are."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cdk_cleanroomsml.local.engine import Engine

from .assembly import archives, templates
from .processes import ProgramError, environment
from .work import AUDIENCE_MODEL_ARN, NODE_PACKAGE, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 0.05
NODE_MODULES = ROOT / "benchmarks" / "node_modules"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


@contextmanager
def running_engine() -> Iterator[Engine]:
    """The engine, with the audience model of the work.

    Its files are in a folder below one where Node finds what is installed for the benchmark.
    """
    with tempfile.TemporaryDirectory() as folder:
        if NODE_MODULES.is_dir():
            (Path(folder) / "node_modules").symlink_to(NODE_MODULES)
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            with Engine(audience_models=[AUDIENCE_MODEL_ARN]) as engine:
                yield engine
        finally:
            tempfile.tempdir = before


def why_not(side: str) -> str | None:
    """Why a side can't run on the engine; None if it can."""
    if side != "aws_custom_resource":
        return None
    path = environment()["PATH"]
    node = shutil.which("node", path=path)
    if node is None:
        return "there is no Node.js on the path"
    program = f"require.resolve('{NODE_PACKAGE}', {{paths: ['{NODE_MODULES.parent}']}})"
    if subprocess.run([node, "-e", program], capture_output=True, check=False).returncode:
        return (
            f"its function needs the npm package {NODE_PACKAGE}, which Lambda brings and this machine hasn't: "
            "npm install --prefix benchmarks"
        )
    return None


class Deployment:
    """The stacks of an application on an engine.

    Args:
        engine: a running one; it is reset first.
    """

    def __init__(self, engine: Engine) -> None:
        engine.reset()
        self._engine = engine
        self._cloudformation = engine.client("cloudformation")
        self._s3 = engine.client("s3")
        self._bucket = f"cdk-hnb659fds-assets-{engine.account}-{engine.region}"
        self._s3.create_bucket(Bucket=self._bucket)
        self._address = f"{engine.url}/{self._bucket}"
        engine.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")

    def create(self, assembly: Path) -> dict[str, Any]:
        """Deploys all stacks anew."""
        self._publish(assembly)
        return self._measure("create", assembly)

    def update(self, assembly: Path) -> dict[str, Any]:
        """Deploys all stacks again; what hasn't changed isn't touched."""
        self._publish(assembly)
        return self._measure("update", assembly)

    def destroy(self, assembly: Path) -> dict[str, Any]:
        """Deletes all stacks, the last one first."""
        return self._measure("delete", assembly)

    def _publish(self, assembly: Path) -> None:
        for _, content, keys in archives(assembly):
            for key in keys:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        # As the CLI does: a template in the request itself may have 51,200 bytes at most.
        for template in templates(assembly):
            self._s3.put_object(Bucket=self._bucket, Key=template.name, Body=template.read_bytes())

    def _measure(self, verb: str, assembly: Path) -> dict[str, Any]:
        """The seconds, and how often each operation of Clean Rooms ML was called."""
        self._engine.forget_calls()
        stacks = templates(assembly)
        started = time.perf_counter()
        for template in stacks if verb != "delete" else reversed(stacks):
            self._send(verb, template)
        seconds = time.perf_counter() - started
        calls = self._engine.calls()
        return {
            "seconds": seconds,
            "calls": dict(sorted(Counter(call.operation for call in calls).items())),
            "refused": sum(call.outcome != "ok" for call in calls),
        }

    def _send(self, verb: str, template: Path) -> None:
        name = template.name.partition(".")[0]
        if verb == "delete":
            self._cloudformation.delete_stack(StackName=name)
        else:
            send = getattr(self._cloudformation, f"{verb}_stack")
            try:
                send(StackName=name, TemplateURL=f"{self._address}/{template.name}", Capabilities=CAPABILITIES)
            except ClientError as error:
                if "No updates are to be performed" in str(error):
                    return
                raise
        self._wait(name, f"{verb.upper()}_COMPLETE")

    def _wait(self, name: str, wanted: str) -> None:
        while True:
            try:
                (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if wanted == "DELETE_COMPLETE" and "does not exist" in str(error):
                    return
                raise
            status = stack["StackStatus"]
            if status == wanted:
                return
            if status.endswith(("_COMPLETE", "_FAILED")) and "CLEANUP" not in status:
                events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
                reasons = [
                    each.get("ResourceStatusReason", "") for each in events if "FAILED" in each["ResourceStatus"]
                ]
                raise ProgramError(f"{name} is {status}, not {wanted}:\n" + "\n".join(reasons))
            time.sleep(POLL_SECONDS)
