"""Python as text: literals, calls and names, laid out as a formatter leaves them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

INDENT = "    "

WIDTH = 88
"""What a formatter leaves on one line, if nobody told it otherwise."""


@dataclass(frozen=True)
class Expression:
    """Python that is written as it is: a name, an attribute, a number of a class."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call; each argument has a line of its own.

    Attributes:
        function: what is called.
        arguments: by position.
        keywords: by name; those that are None are left out.
    """

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)


def source(value: Any, indent: str = "", column: int = 0) -> str:  # noqa: ANN401 - whatever has a literal
    """A value as Python: on one line where that is short enough, else a line for each part.

    Args:
        value: JSON, an expression, a call, or a mixture of these.
        indent: of the line that it begins on.
        column: where it begins on that.
    """
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Call):
        keywords = [(f"{name}=", each) for name, each in value.keywords.items() if each is not None]
        parts = [*(("", each) for each in value.arguments), *keywords]
        return _block(f"{value.function}(", parts, ")", indent, column)
    if isinstance(value, dict):
        return _block("{", [(f"{source(key)}: ", each) for key, each in value.items()], "}", indent, column)
    if isinstance(value, (list, tuple)):
        return _block("[", [("", each) for each in value], "]", indent, column)
    return repr(value)


def text(value: str) -> str:
    """A string literal: printable ASCII and letters as they are, all else escaped, so that a file shows what it has."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(each, quote) for each in value) + quote


def class_like(name: str, otherwise: str) -> str:
    """A construct id out of a name: its letters and digits, in CamelCase."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall("[A-Za-z0-9]+", plain)
    joined = "".join(word[0].upper() + word[1:] for word in words)[:60]
    return joined if joined[:1].isalpha() else f"{otherwise}{joined}"


def _block(start: str, parts: list[tuple[str, Any]], end: str, indent: str, column: int) -> str:
    """Parts, each with what stands before it."""
    short = start + ", ".join(name + source(each) for name, each in parts) + end
    if "\n" not in short and column + len(short) < WIDTH:
        return short
    inner = indent + INDENT
    lines = [f"{inner}{name}{source(each, inner, len(inner + name))},\n" for name, each in parts]
    return f"{start}\n{''.join(lines)}{indent}{end}"


def _character(each: str, quote: str) -> str:
    if each in ("\\", quote):
        return f"\\{each}"
    # What is no letter, mark or number beyond ASCII may look like something else, or like nothing.
    if each.isascii() and each.isprintable():
        return each
    if each.isprintable() and unicodedata.category(each)[0] in "LN":
        return each
    return _ESCAPES.get(each) or (f"\\u{ord(each):04x}" if ord(each) < 0x10000 else f"\\U{ord(each):08x}")


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
