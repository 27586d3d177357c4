"""What a state takes and gives has a limit, and some errors are caught by no wildcard."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Json = Any
"""Whatever a JSON document holds."""

LIMIT = 262_144
"""Bytes in UTF-8 (developer guide, "Step Functions service quotas")."""

_TERMINAL = ("States.DataLimitExceeded", "States.Runtime")
_PAYLOADS = ("stateExitedEventDetails", "taskSucceededEventDetails")


def install() -> None:
    """Patches ministack's Step Functions."""
    stepfunctions._add_event = partial(_add_event, stepfunctions._add_event)
    stepfunctions._apply_jsonata_arguments = partial(_arguments, stepfunctions._apply_jsonata_arguments)
    stepfunctions._error_matches = partial(_error_matches, stepfunctions._error_matches)


def _add_event(original: Callable[..., Json], execution: Json, kind: str, details: Json = None) -> Json:
    for name in _PAYLOADS:
        if name in (details or {}):
            _check(details[name]["output"])
    return original(execution, kind, details)


def _arguments(original: Callable[..., Json], state: Json, given: Json, context: Json) -> Json:
    arguments = original(state, given, context)
    _check(json.dumps(arguments))
    return arguments


def _error_matches(original: Callable[[Sequence[str], str], bool], wanted: Sequence[str], error: str) -> bool:
    return error in wanted if error in _TERMINAL else original(wanted, error)


def _check(text: str) -> None:
    size = len(json.dumps(json.loads(text), ensure_ascii=False).encode())
    if size > LIMIT:
        cause = f"a state or a task gives {size} bytes, the maximum number of bytes service limit is {LIMIT}"
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", cause)
