"""`python -m cdk_cleanroomsml.local`: an AWS on loopback, to deploy to.

python -m cdk_cleanroomsml.local                     runs until Ctrl-C, prints the environment to use
python -m cdk_cleanroomsml.local -- cdk deploy …     runs one command in it, and exits as the command does
python -m cdk_cleanroomsml.local status              at another terminal: what the running engine holds; see operate.py
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shlex
import shutil
import signal
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..pins import DISTRIBUTION, EngineError, check_installed
from ..programs import own_node, search_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine import Engine


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: what follows the program's name; by default this process's own.

    Returns:
        The exit code: the command's, 130 after Ctrl-C, 143 after SIGTERM, 1 when the engine can't be used.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        check_installed()
        options, command = _parse(list(sys.argv[1:] if arguments is None else arguments))
        if options.run is not None:
            options.run(options)
            return 0
        _check_accounts(options)
        _check_program(command)
        return _serve(options, command)
    except EngineError as error:
        _say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _serve(options: argparse.Namespace, command: list[str]) -> int:
    from ..engine import Engine  # after the check: it needs the extra's packages

    with Engine(
        account=options.account,
        region=options.region,
        port=options.port,
        auth=options.auth,
        audience_models=options.audience_model,
    ) as engine:
        _say(f"engine at {engine.url}, log in {engine.log}")
        if command:
            return _run(engine, command, bootstrap=not options.no_bootstrap)
        _show_environment(engine)
        while True:
            signal.pause()


def _run(engine: Engine, command: list[str], *, bootstrap: bool) -> int:
    from . import command as commands

    environment = engine.child_environment()
    if bootstrap:
        start = time.monotonic()
        commands.bootstrap(engine.account, engine.region, environment)
        _say(f"bootstrapped aws://{engine.account}/{engine.region} in {time.monotonic() - start:.0f} s")
    return commands.run(command, environment)


def _show_environment(engine: Engine) -> None:
    own = engine.environment()
    foreign = sorted(name for name in os.environ if name.startswith("AWS_") and name not in own)
    lines = [f"unset {' '.join(foreign)}"] if foreign else []
    lines += [f"export {name}={shlex.quote(value)}" for name, value in own.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    cdk = "cdk" if shutil.which("cdk") else "npx cdk"
    _say(f"once, before the first deployment: {cdk} bootstrap aws://{engine.account}/{engine.region}")
    _say("Ctrl-C stops the engine")


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    from .operate import add_commands  # after the check: it needs the extra's packages

    split = arguments.index("--") if "--" in arguments else len(arguments)
    parser = _Parser(
        prog="python -m cdk_cleanroomsml.local",
        description="Starts a local AWS with Clean Rooms ML in it, on loopback only, all in memory.",
        epilog="What follows -- is a command to run in it: python -m cdk_cleanroomsml.local -- cdk deploy",
    )
    parser.add_argument("--version", action="version", version=f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: a free one)")
    parser.add_argument("--account", default="111122223333", help="(default: %(default)s)")
    parser.add_argument("--region", default="us-east-1", help="(default: %(default)s)")
    parser.add_argument("--auth", action="store_true", help="enforce signatures and IAM policies")
    parser.add_argument(
        "--audience-model",
        metavar="ARN",
        action="append",
        default=[],
        help="an ACTIVE audience model with this ARN is there from the start (repeatable)",
    )
    parser.add_argument("--no-bootstrap", action="store_true", help="don't run cdk bootstrap before the command")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="at another terminal, of an engine that runs", metavar="command")
    add_commands(commands)
    _check_separator(arguments[:split], set(commands.choices))
    _check_time(arguments[:split])
    return parser.parse_args(arguments[:split]), arguments[split + 1 :]


class _Parser(argparse.ArgumentParser):
    """What is wrong is said in one sentence, as everything else that is wrong."""

    def error(self, message: str) -> NoReturn:
        raise EngineError(f"{message}; {self.prog} --help says what there is")


def _check_separator(arguments: list[str], commands: set[str]) -> None:
    """A command of the user's must be told from this program's."""
    with_value = {"--port", "--account", "--region", "--audience-model"}
    for position, word in enumerate(arguments):
        is_value = position > 0 and arguments[position - 1] in with_value
        if word in commands and not is_value:
            return
        if not word.startswith("-") and not is_value:
            rest = shlex.join(arguments[position:])
            before = "".join(f"{each} " for each in arguments[:position])
            raise EngineError(
                f"'{word}' is no command of this program; to run one of yours in an engine:"
                f" python -m cdk_cleanroomsml.local {before}-- {rest}"
            )


def _check_time(arguments: list[str]) -> None:
    """A time with a minus would be taken for an option."""
    for word, value in itertools.pairwise(arguments):
        if word == "advance" and re.match("-[0-9.]", value):
            raise EngineError(f"'{value}' is no time to advance by: the clock is only turned forward")


def _check_accounts(options: argparse.Namespace) -> None:
    for arn in options.audience_model:
        owner = re.search(":([0-9]{12}):audience-model/", arn)
        if owner and owner[1] != options.account:
            raise EngineError(f"{arn} is not an audience model of account {options.account}: add --account {owner[1]}")


def _check_program(command: list[str]) -> None:
    """What isn't there is told before the engine starts, and is bootstrapped."""
    from .command import check_programs

    path = search_path(Path.cwd(), os.environ.get("PATH", ""), own_node())
    check_programs(*command[:1], path=path)


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _say(text: str) -> None:
    sys.stderr.write(f"cdk_cleanroomsml.local: {text}\n")
