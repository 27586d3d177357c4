"""The command line of `cdk-cleanroomsml`."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import signal
import sys
from difflib import get_close_matches
from importlib import metadata
from typing import TYPE_CHECKING, Any, NoReturn

from . import permissions
from .outcome import DISTRIBUTION, FAILED, WRONG_CALL, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .account import Account

_EXITS = """\
exit codes:
  0   done, and there is nothing to see to
  1   it could not be done; the last line on standard error says why
  2   something was found: drift, an orphan, a failure
  3   nothing was found, but not everything could be known
  64  the command line is wrong
"""

_NEEDS = {"explain": "stack", "generate": "arns"}
"""What a subcommand can't do without, but for `--permissions`."""

_WRITES = {"drift": "fix", "orphans": "delete"}
"""The option that makes a subcommand write, which `--yes` is about."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: what follows the program's name; by default this process's own.

    Returns:
        The exit code, see `outcome`; 130 after Ctrl-C.
    """
    options = _parsed(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal has no character for is shown by its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if options.permissions:
            return _show_permissions(options)
        return _run(options)
    except CommandError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("boto3", "botocore", "rich"):
            raise
        return _fail(f"the command needs {missing}: pip install '{DISTRIBUTION}[cli]'")
    except BrokenPipeError:
        # Whoever read has had enough; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    command = parser.commands[options.command]
    needed, writes = _NEEDS.get(options.command), _WRITES.get(options.command, "")
    if unknown:
        command.error(", ".join(map(command.not_known, unknown)))
    if needed and not options.permissions and not getattr(options, needed):
        command.error(f"{options.command} needs {needed}")
    if writes and options.yes and not getattr(options, writes):
        command.error(f"--yes answers what --{writes} asks")
    return options


def _run(options: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from .account import connect
    from .refusals import explained
    from .screen import Screen

    try:
        account = connect(options.profile, options.region, Screen(as_json=options.json))
        return _subcommand(options.command)(account, options)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(explained(error, options.command)) from error
    except EOFError as error:
        raise CommandError(
            "the profile asks for a code of its MFA device, and there is no terminal to ask at"
        ) from error


def _subcommand(name: str) -> Callable[[Account, argparse.Namespace], int]:
    # Only what is asked for is imported.
    if name == "list":
        from .listing import run
    elif name == "drift":
        from .drift import run
    elif name == "generate":
        from .generate import run
    elif name == "explain":
        from .explain import run
    else:
        from .orphans import run
    return run


def _parser() -> _Parser:
    parser = _Parser(
        prog=DISTRIBUTION,
        description="What there is of AWS Clean Rooms ML lookalike modelling in an account and Region, whose it is, "
        "and what to do. It only reads, unless an option says otherwise.",
    )
    parser.add_argument("--version", action="version", version=f"{DISTRIBUTION} {metadata.version(DISTRIBUTION)}")
    parser.add_common(None, False)
    commands = parser.add_subparsers(title="commands", metavar="command", dest="command", required=True)
    parser.commands = commands.choices
    _command(commands, "list", "what there is, whose it is, who uses it")
    drift = _command(commands, "drift", "how what the services hold differs from the templates")
    drift.add_argument("stack", nargs="?", help="a stack, with those nested in it (default: all of the Region)")
    drift.add_argument("--fix", action="store_true", help="write the templates' values, asking for each resource")
    drift.add_argument("--yes", action="store_true", help="don't ask")
    explain = _command(commands, "explain", "what failed in a stack, call by call, and what to do")
    explain.add_argument("stack", nargs="?", help="its name or ARN; of one that was deleted, too")
    generate = _command(commands, "generate", "Python that defines what exists, exactly as it is")
    generate.add_argument(
        "arns", nargs="*", metavar="arn", help="of a configured audience model, with its chain; of any part"
    )
    orphans = _command(commands, "orphans", "what carries a stack's markers and isn't that stack's")
    orphans.add_argument("--delete", action="store_true", help="delete them, asking for each")
    orphans.add_argument("--yes", action="store_true", help="don't ask, and leave alone what is in use")
    return parser


def _command(commands: argparse._SubParsersAction[_Parser], name: str, does: str) -> _Parser:
    command = commands.add_parser(name, help=does, description=does)
    # What stands before the subcommand counts unless it is said again.
    command.add_common(argparse.SUPPRESS, argparse.SUPPRESS)
    return command


class _Parser(argparse.ArgumentParser):
    """What is wrong ends with a code that isn't that of a find, and says what may have been meant."""

    commands: Mapping[str, _Parser] = {}

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - argparse's own
        # A part of an option's name is none: not every one of them only reads.
        super().__init__(
            **given, epilog=_EXITS, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )

    def add_common(self, no_text: str | None, no_choice: object) -> None:
        """Adds the options that every subcommand has, with these defaults."""
        add = self.add_argument
        add("--profile", default=no_text, help="as of the AWS CLI (default: AWS_PROFILE, or the default one)")
        add("--region", default=no_text, help="as of the AWS CLI (default: AWS_REGION, or the profile's)")
        add("--json", action="store_true", default=no_choice, help="one JSON document on standard output")
        add(
            "--permissions",
            action="store_true",
            default=no_choice,
            help="print the IAM policy that it needs, and do nothing",
        )

    def error(self, message: str) -> NoReturn:
        """Ends the process."""
        wrong = re.match(r"argument command: invalid choice: '(.*?)'", message)
        if wrong:
            meant = _meant(wrong[1], self.commands) or f": there are {', '.join(self.commands)}"
            message = f"there is no command {wrong[1]!r}{meant}"
        self.print_usage(sys.stderr)
        self.exit(WRONG_CALL, f"{self.prog}: error: {message} ({self.prog} --help says what there is)\n")

    def not_known(self, word: str) -> str:
        """What is wrong with a word that nothing is known of."""
        if not word.startswith("-"):
            return f"{word!r} is one too many"
        name = word.partition("=")[0]
        return f"there is no option {name}{_meant(name, self._option_string_actions)}"


def _meant(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _show_permissions(options: argparse.Namespace) -> int:
    writes = any(getattr(options, name, False) for name in ("delete", "fix"))
    document = permissions.policy(options.command, writes=writes, region=options.region)
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(f"{DISTRIBUTION}: {message}\n")
    return FAILED
