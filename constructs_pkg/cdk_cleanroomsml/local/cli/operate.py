"""What the person at the other terminal asks of a running engine: what it holds, what goes wrong, what time it is."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ..pins import EngineError
from ..running import RunningEngine
from ..service import Fault

if TYPE_CHECKING:
    import argparse

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps the type to itself
    """Adds the subcommands to a parser's."""
    status = commands.add_parser("status", help="what Clean Rooms ML holds in the running engine")
    status.set_defaults(run=_status)
    advance = commands.add_parser("advance", help="turns its clock forward")
    advance.add_argument("time", type=_seconds, help="such as 36h, 7d, 90m, or 1d12h")
    advance.set_defaults(run=_advance)
    fault = commands.add_parser(
        "fault", help="makes the next calls of an operation go wrong; without one, lists faults"
    )
    fault.add_argument("operation", nargs="?", help="such as CreateConfiguredAudienceModel, or '*'")
    fault.add_argument("--kind", default="error", help="error, connection_lost, hang or slow (default: %(default)s)")
    fault.add_argument("--error", default="InternalServiceException", help="its code (default: %(default)s)")
    fault.add_argument("--message", default="injected fault", help="its text (default: %(default)s)")
    fault.add_argument("--times", type=_times, default=1, help="how many calls, or 'always' (default: %(default)s)")
    fault.add_argument("--after-effect", action="store_true", help="the call takes effect first")
    fault.add_argument("--clear", action="store_true", help="takes all faults of single calls away")
    fault.set_defaults(run=_fault)
    switch = commands.add_parser(
        "switch", help="sets what nobody outside AWS knows; without a name, lists the switches"
    )
    switch.add_argument("settings", nargs="*", metavar="name=value", type=_setting)
    switch.set_defaults(run=_switch)
    seed = commands.add_parser("seed", help="puts an audience model in place, without a training")
    seed.add_argument("arn", help="its ARN")
    seed.add_argument("--status", default="ACTIVE", help="its status, for good (default: %(default)s)")
    seed.set_defaults(run=_seed)
    calls = commands.add_parser("calls", help="what Clean Rooms ML and Clean Rooms were asked")
    calls.add_argument("--forget", action="store_true", help="starts the record anew afterwards")
    calls.set_defaults(run=_calls)
    for command in (status, fault, switch, calls):
        command.add_argument("--json", action="store_true", help="as JSON")


def _status(options: argparse.Namespace) -> None:
    state = RunningEngine()("GET", "state")
    if options.json:
        return _print_json(state)
    turned = f", turned forward by {_words(state['turned'])}" if state["turned"] else ""
    now = datetime.fromisoformat(state["now"])
    _show(f"It is {now:%Y-%m-%d %H:%M} in the engine{turned}.")
    if not state["resources"]:
        return _show("Clean Rooms ML holds nothing.")
    table = _table("type", "account", "name", "status", "about")
    for row in state["resources"]:
        about = "\n".join(f"{key}: {_short(value)}" for key, value in row["about"].items() if value)
        place = "" if row["region"] == "us-east-1" else f" {row['region']}"
        table.add_row(row["type"], row["account"] + place, _named(row), _still(row, now), about)
    return _show(table)


def _advance(options: argparse.Namespace) -> None:
    told = RunningEngine()("POST", "clock", {"seconds": options.time})
    _show(f"It is {datetime.fromisoformat(told['now']):%Y-%m-%d %H:%M} in the engine now.")


def _fault(options: argparse.Namespace) -> None:
    engine = RunningEngine()
    if options.clear:
        engine("PATCH", "faults", {"queue": []})
    if options.operation:
        chosen = {field.name: getattr(options, field.name) for field in fields(Fault) if hasattr(options, field.name)}
        try:
            fault = asdict(Fault(**chosen))
        except ValueError as error:
            raise EngineError(str(error)) from error
        engine("PATCH", "faults", {"queue": [*engine("GET", "faults")["queue"], fault]})
    faults = engine("GET", "faults")
    if options.json:
        return _print_json(faults)
    waiting = [each for each in faults["queue"] if each["times"] != 0]
    table = _table("operation", "goes wrong with", "calls")
    for each in waiting:
        what = each["error"] if each["kind"] == "error" else each["kind"]
        late = ", after it took effect" if each["after_effect"] else ""
        table.add_row(each["operation"], what + late, "all" if each["times"] is None else str(each["times"]))
    return _show(table if waiting else "No fault of a single call is waiting.")


def _switch(options: argparse.Namespace) -> None:
    engine = RunningEngine()
    switches = engine("PATCH", "switches", dict(options.settings)) if options.settings else engine("GET", "switches")
    if options.json:
        return _print_json(switches)
    table = _table("switch", "value")
    for name, value in switches.items():
        table.add_row(name, json.dumps(value))
    return _show(table)


def _seed(options: argparse.Namespace) -> None:
    RunningEngine()("POST", "audience-models", {"arn": options.arn, "status": options.status})
    _show(f"{options.arn} is {options.status}.")


def _calls(options: argparse.Namespace) -> None:
    engine = RunningEngine()
    calls = engine("GET", "calls")
    if options.forget:
        engine("DELETE", "calls")
    if options.json:
        return _print_json(calls)
    table = _table("account", "operation", "outcome")
    for call in calls:
        table.add_row(call["account"], call["operation"], call["outcome"])
    return _show(table if calls else "It was asked nothing.")


def _show(what: Table | str) -> None:
    """As wide as the terminal; what is piped is not cut, and no line ends with spaces."""
    if sys.stdout.isatty():
        Console(highlight=False).print(what)
        return
    console = Console(highlight=False, width=160, soft_wrap=True)
    with console.capture() as shown:
        console.print(what)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()))


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _named(row: dict[str, Any]) -> str:
    return "\n".join(dict.fromkeys(filter(None, [row["name"], row["arn"].rpartition(":")[2]])))


def _still(row: dict[str, Any], now: datetime) -> str:
    if not row["until"]:
        return row["status"] or ""
    left = max(0.0, (datetime.fromisoformat(row["until"]) - now).total_seconds())
    return f"{row['status']}\n{_words(left)} left"


def _short(value: object) -> str:
    if isinstance(value, str) and value.startswith("arn:"):
        return value.split(":", 5)[5]
    return value if isinstance(value, str) else json.dumps(value)


def _words(seconds: float) -> str:
    """A time in its two largest units."""
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(round(seconds), length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _seconds(text: str) -> float:
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([smhdw])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise EngineError(f"'{text}' is no time: such as 36h, 7d, 90m or 1d12h")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _times(text: str) -> int | None:
    if text == "always":
        return None
    if not re.fullmatch("[1-9][0-9]*", text):
        raise EngineError(f"'{text}' is no number of calls: 1 or more, or always")
    return int(text)


def _setting(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator:
        raise EngineError(f"'{text}' sets nothing: write {name}=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
