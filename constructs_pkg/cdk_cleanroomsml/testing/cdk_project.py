"""A CDK application, deployed to the engine by the CDK CLI."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..common.articles import with_article
from ..local.cli.command import check_programs

if TYPE_CHECKING:
    import aws_cdk as cdk

    from ..local.engine import Engine


class CdkError(Exception):
    """A command of the CDK CLI failed; the message is all that it said."""


class CdkProject:
    """The CDK CLI in a project's folder, with an engine in place of AWS.

    It is the project's own CLI: what npm installed in the folder or its parents, else one on the path.

    Args:
        engine: The engine, which runs.
        folder: Where ``cdk.json`` is, if there is one. Default: the working directory.
    """

    def __init__(self, engine: Engine, folder: str | Path = ".") -> None:
        self.engine: Engine = engine
        """The engine, for clients, faults and its clock."""
        self.folder: Path = Path(folder).resolve()
        """The folder that commands run in."""

    def deploy(
        self, *stacks: str, app: cdk.App | cdk.Stack | None = None, options: Sequence[str] = ()
    ) -> dict[str, dict[str, str]]:
        """Deploys an application. An engine that isn't yet is bootstrapped first, for its own account and Region.

        Args:
            stacks: The names of those to deploy, with what they depend on. Default: all.
            app: An application that the test defines, or a stack of one, which is deployed with what it depends on.
                It is synthesised in the test's own process, where it has no context from ``cdk.json``. Default: the
                application of ``cdk.json``.
            options: Further options of ``cdk deploy``, such as ``["--context", "stage=beta"]``.

        Returns:
            The outputs of each stack that has some, by the stack's name.

        Raises:
            CdkError: It failed; the message has the reason of each resource that did.
            EngineError: Node.js or the CDK CLI is missing.
            TypeError: Something of it is of another type.
        """
        __tracebackhide__ = True
        _check(stacks, app, options)
        if not self._is_bootstrapped():
            self.bootstrap()
        with tempfile.TemporaryDirectory(prefix="cdk-cleanroomsml-") as folder:
            outputs = Path(folder, "outputs.json")
            which = self._which(stacks, app, Path(folder))
            self.run("deploy", *which, "--require-approval", "never", "--outputs-file", str(outputs), *options)
            return cast("dict[str, dict[str, str]]", json.loads(outputs.read_text()) if outputs.exists() else {})

    def destroy(self, *stacks: str, app: cdk.App | cdk.Stack | None = None, options: Sequence[str] = ()) -> None:
        """Destroys an application, or some of its stacks.

        Args:
            stacks: As for :meth:`deploy`.
            app: As for :meth:`deploy`.
            options: Further options of ``cdk destroy``.

        Raises:
            CdkError: It failed; the message has the reason of each resource that did.
            EngineError: Node.js or the CDK CLI is missing.
            TypeError: Something of it is of another type.
        """
        __tracebackhide__ = True
        _check(stacks, app, options)
        with tempfile.TemporaryDirectory(prefix="cdk-cleanroomsml-") as folder:
            self.run("destroy", *self._which(stacks, app, Path(folder)), "--force", *options)

    def bootstrap(self, *options: str) -> None:
        """Bootstraps the engine's account and Region, as :meth:`deploy` does by itself.

        Args:
            options: Further options of ``cdk bootstrap``, such as a qualifier.

        Raises:
            CdkError: It failed.
            EngineError: Node.js or the CDK CLI is missing.
        """
        __tracebackhide__ = True
        # The application needn't be run for this; the context of its cdk.json counts, a qualifier, say.
        self.run("bootstrap", f"aws://{self.engine.account}/{self.engine.region}", "--app", "", *options)

    def run(self, *arguments: str) -> str:
        """Runs any command of the CDK CLI.

        Args:
            arguments: The command, and what follows it: ``"diff", "--all"``.

        Returns:
            What it said.

        Raises:
            CdkError: It failed.
            EngineError: Node.js or the CDK CLI is missing.
            TypeError: A part of it is no text.
        """
        __tracebackhide__ = True
        _check_texts("arguments", arguments, "write 'deploy', '--all', each by itself")
        environment = self.engine.child_environment(folder=self.folder)
        check_programs("node", "cdk", path=environment["PATH"])
        command = ["cdk", *arguments]
        done = subprocess.run(  # noqa: S603 - no shell
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CdkError(f"{shlex.join(command)} failed:\n{done.stdout}")
        return done.stdout

    def _is_bootstrapped(self) -> bool:
        ssm = self.engine.client("ssm")
        return bool(ssm.get_parameters_by_path(Path="/cdk-bootstrap/", Recursive=True)["Parameters"])

    def _which(self, stacks: Sequence[str], app: cdk.App | cdk.Stack | None, folder: Path) -> list[str]:
        if app is None:
            # Another test of the same project may be at it at the same time.
            return [*(stacks or ["--all"]), "--output", str(folder / "cdk.out")]
        own = [] if app.node.root is app else [app.node.path]
        return [*(stacks or own or ["--all"]), "--app", _assembly(app)]


def _assembly(app: cdk.App | cdk.Stack) -> str:
    """What an application is now: it may have changed since it was synthesised, and so may each stage in it."""
    from aws_cdk import Stage

    stages = [each for each in app.node.root.node.find_all() if isinstance(each, Stage)]
    assemblies = [each.synth(force=True) for each in reversed(stages)]
    directory: str = assemblies[-1].directory
    return directory


def _check(stacks: Sequence[object], app: object, options: object) -> None:
    """Refuses what the CDK CLI would misunderstand, or Python pass on as something else."""
    __tracebackhide__ = True
    _check_texts("stacks", stacks, "a stack that the test defines is app=…")
    _check_texts("options", options, "write options=['--context', 'stage=beta']")
    if app is None:
        return
    import aws_cdk as cdk

    if isinstance(app, (cdk.App, cdk.Stack)):
        return
    how = "leave it out for the application of cdk.json"
    if isinstance(app, str):
        how += f"; another command for it is options=['--app', {app!r}]"
    elif isinstance(app, type) and issubclass(app, (cdk.App, cdk.Stack)):
        how = f"that is the class, write {app.__name__}(…)"
    elif isinstance(app, cdk.Stage):
        how = "give one of its stacks, or the App that it is in"
    elif hasattr(app, "node"):
        how = "give cdk.Stack.of(…) it"
    raise TypeError(f"app must be a cdk.App or a cdk.Stack, got {_shown(app)}: {how}")


def _check_texts(parameter: str, given: object, how: str) -> None:
    __tracebackhide__ = True
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"{parameter} must be a list of texts, got {_shown(given)}: {how}")
    for at, each in enumerate(given):
        if not isinstance(each, str):
            raise TypeError(f"{parameter}[{at}] must be a text, got {_shown(each)}: {how}")


def _shown(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (str, int, float, bool, type(None))):
        return repr(value)
    return with_article(type(value).__name__)
