"""A command of the user's, run against the engine."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..pins import CDK_CLI_VERSION, DISTRIBUTION, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_GRACE_SECONDS = 5.0
_SHELLS = ("sh", "bash", "dash", "fish", "ksh", "zsh")
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bootstrap(account: str, region: str, environment: Mapping[str, str]) -> None:
    """Prepares an account and Region for the CDK, as `cdk bootstrap` does.

    Raises:
        EngineError: Node.js or the CDK CLI is missing, or the CLI failed.
    """
    check_programs("node", "cdk", path=environment["PATH"])
    command = ["cdk", "bootstrap", f"aws://{account}/{region}"]
    # An app in the working directory gives its context (a qualifier, say), but needn't run for this.
    without_app = [*command, "--app", ""]
    done = subprocess.run(without_app, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise EngineError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a command to its end; an exception that ends the wait ends the command, too.

    A shell says that it is inside first.

    Returns:
        Its exit code; 128 and the signal's number when a signal ended it, as a shell has it.
    """
    if Path(command[0]).name in _SHELLS and len(command) == 1:
        sys.stderr.write(
            "cdk_cleanroomsml.local: you are in the engine: cdk, aws and boto3 talk to"
            f" {environment['AWS_ENDPOINT_URL']}; exit ends both\n"
        )
    child: subprocess.Popen[bytes] | None = None
    try:
        with _signals_deferred():
            child = subprocess.Popen(command, env=environment)  # noqa: S603 - no shell
        code = child.wait()
    except BaseException:
        if child is not None:
            _end(child)
        raise
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defers what a signal raises to the end: a child that is just being started would be lost to it."""
    deferred: list[int] = []
    previous = {each: signal.signal(each, lambda number, _: deferred.append(number)) for each in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)
        for number in deferred:
            signal.raise_signal(number)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE_SECONDS)
    child.kill()
    child.wait()


def check_programs(*programs: str, path: str) -> None:
    """Checks that programs are there.

    Args:
        programs: their names, or paths.
        path: where they are looked for, a value of the variable PATH.

    Raises:
        EngineError: one of them isn't.
    """
    for program in programs:
        if shutil.which(program, path=path) is None:
            raise EngineError(_missing(program))


def _missing(program: str) -> str:
    if program == "node":
        return (
            f"the CDK needs Node.js, and there is no node on the path: pip install '{DISTRIBUTION}[local]' brings one"
        )
    if program == "cdk":
        return f"there is no CDK CLI on the path or in node_modules: npm install aws-cdk@{CDK_CLI_VERSION}"
    return f"there is no program {program} on the path"
