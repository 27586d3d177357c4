"""A Succeed state in JSONata has its Output."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]


def install() -> None:
    """Patches ministack's Step Functions."""
    stepfunctions._apply_output_path = partial(_apply_output_path, stepfunctions._apply_output_path)


def _apply_output_path(original: Callable[..., Json], state: Properties, data: Json, context: Json = None) -> Json:
    if state.get("Type") == "Succeed" and "Output" in state:
        return stepfunctions._apply_jsonata_output(state, data, context)
    return original(state, data, context)
