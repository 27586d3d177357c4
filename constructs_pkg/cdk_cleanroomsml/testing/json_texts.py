"""JSON that a template has as a text with intrinsics in it, such as the definition of a state machine."""

from __future__ import annotations

import json
import re
from typing import Any

# Private-use characters, which nothing in such a text has a use for.
_PLACE = re.compile("\ue000([0-9]+)\ue001")


def parsed(text: object) -> tuple[Any, list[Any]]:
    """Parses such a text.

    Args:
        text: a text, or the ``Fn::Join`` of one.

    Returns:
        What it says, with placeholders for intrinsics, and what :func:`with_intrinsics` puts in their place; ``None``
        if it isn't JSON.
    """
    parts = text["Fn::Join"][1] if isinstance(text, dict) and "Fn::Join" in text else [text]
    whole = "".join(part if isinstance(part, str) else f"\ue000{at}\ue001" for at, part in enumerate(parts))
    try:
        return json.loads(whole), parts
    except ValueError:
        return None, parts


def with_intrinsics(value: Any, parts: list[Any]) -> Any:  # noqa: ANN401 - any JSON
    """Puts the intrinsics back in.

    Args:
        value: something of what :func:`parsed` returned.
        parts: what it returned beside it.
    """
    if isinstance(value, dict):
        return {key: with_intrinsics(each, parts) for key, each in value.items()}
    if isinstance(value, list):
        return [with_intrinsics(each, parts) for each in value]
    if not isinstance(value, str):
        return value
    pieces = [parts[int(piece)] if at % 2 else piece for at, piece in enumerate(_PLACE.split(value))]
    pieces = [piece for piece in pieces if piece != ""]
    if len(pieces) == 1:
        return pieces[0]
    return {"Fn::Join": ["", pieces]} if pieces else ""
