"""What people give in place of what is meant, and how the one is made of the other: parts, L1s, words of the API."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING

from .proxies import behind, has_member

if TYPE_CHECKING:
    from collections.abc import Iterator

_TARGETS = "aws_cdk.aws_events_targets"
_TEXTS = {"adopt": "configured_audience_model_arn", "collaboration_id": "attr_collaboration_identifier"}
"""The text that stands for a construct, where it isn't called as the parameter is."""
_SAME = {"arn": ("arn",), "id": ("id", "identifier"), "identifier": ("identifier", "id")}


def kind_of(value: object) -> str:
    """The class of something, as its users know it."""
    interfaces = behind(value)
    name = type(interfaces[-1] if interfaces else value).__name__.strip("_")
    return name.removesuffix("Proxy").removesuffix("Base")


def is_token_object(value: object) -> bool:
    """Whether something is a Token and nothing else: what CDK resolves, and has no name of its own for."""
    if not hasattr(value, "resolve") or has_member(value, "node"):
        return False
    return not type(value).__module__.startswith("aws_cdk.aws_") or kind_of(value).startswith("Cfn")


def snake(name: str) -> str:
    """The name of a class as that of an attribute: `audience_model` for `AudienceModel`."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", name).lower()


def text_of(value: object, parameter: str) -> str:
    """How the text that is meant is had from a construct; "" if that can't be told.

    Args:
        value: The construct.
        parameter: What it was given for, ``collaboration_id``, say.
    """
    kind, what = snake(kind_of(value)), parameter.rpartition("_")[2]
    names = (_TEXTS.get(parameter, parameter), *(f"{kind}_{each}" for each in _SAME.get(what, ())))
    return next((f"….{each}" for each in names if has_member(value, each)), "")


def part_of(value: object, names: tuple[str, ...]) -> str:
    """How a part is had from the whole that was given; "" if it has none of these names."""
    return next((f"….{each}" for each in names if each and has_member(value, each)), "")


def l2_of(made: type, name: str, value: object) -> str:
    """How a construct of CDK is made of its resource of CloudFormation; "" if it is that of another.

    Args:
        made: The class of the construct.
        name: As it is written.
        value: What was given.
    """
    kind = made.__name__
    if kind_of(value).lower() != f"cfn{kind}".lower():
        return ""
    known = snake(kind)
    if hasattr(made, f"from_cfn_{known}"):
        return f"{name}.from_cfn_{known}(…)"
    arn = next((each for each in ("attr_arn", f"attr_{known}_arn", "attr_policy_arn") if has_member(value, each)), "")
    ways = {f"from_{known}_arn": arn, f"from_{known}_id": "attr_group_id", f"from_{known}_attributes": ""}
    found = next((each for each in ways if hasattr(made, each)), "")
    shown = f"….{ways[found]}" if found and ways[found] else "…"
    return f"{name}.{found}(self, {kind!r}, {shown})" if found else ""


def rule_target_of(value: object) -> str:
    """How a target of a rule is made of what it is to reach; "" if there is none for it."""
    name = value.__name__ if isinstance(value, type) else kind_of(value)
    kind = re.compile(rf"\bI{name.removeprefix('Cfn')}(Ref)?\b")
    makers = (name for name, first in _rule_targets() if kind.search(first))
    made = next(makers, "")
    if not made:
        return ""
    shown = snake(name.removeprefix("Cfn")) if name.startswith("Cfn") else ""
    return f"aws_events_targets.{made}({f'an import of that {shown}' if shown else '…'})"


def _rule_targets() -> Iterator[tuple[str, str]]:
    """The targets that CDK has, and what each is made of."""
    for name, target in vars(import_module(_TARGETS)).items():
        if isinstance(target, type) and hasattr(target, "bind"):
            _, *parameters = inspect.signature(vars(target)["__init__"]).parameters.values()
            yield name, str(parameters[0].annotation) if parameters else ""


def constant_of(cls: type, text: str) -> str:
    """The value that a class of CDK has by itself for a word of an API: `PYTHON_3_13` for `python3.13`."""
    wanted = re.sub(r"[^a-z0-9]", "", text.lower())
    names = (name for name in dir(cls) if name.isupper())
    return next((name for name in names if wanted and name.replace("_", "").lower() == wanted), "")


def duration_of(text: str) -> str:
    """A period that is written out: `minutes(10)` for `10 minutes` and `PT10M`; "" for other texts."""
    match = re.fullmatch(r"\s*(\d+)\s*(d|h|m|s)[a-z]*\s*|P(?:T?)(\d+)([DHMS])", text, re.IGNORECASE)
    if match is None:
        return ""
    number, unit = (each for each in match.groups() if each)
    units = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    return f"{units[unit.lower()]}({number})"
