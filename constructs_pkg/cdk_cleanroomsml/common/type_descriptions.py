"""Types in the words of an error: what is allowed, and what to write instead of what was given."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .articles import with_article
from .environment import is_token
from .proxies import has_member
from .slips import (
    constant_of,
    duration_of,
    is_token_object,
    kind_of,
    l2_of,
    part_of,
    rule_target_of,
    snake,
    text_of,
)

_OURS = __name__.partition(".")[0]
_FILLED = ("aws_cdk.aws_cleanrooms",)
"""Modules of CDK that have resources of CloudFormation only, and not what this library has for them."""

DICTS = (Mapping, dict)
_PLAIN = {str: "a text", bool: "True or False", int: "a whole number", float: "a whole number"}

_MANY = 8
"""How many values of an enumeration are named; of more, two show what they look like."""

_UNITS = {"wait_for_audience_model": "minutes", "polling_interval": "minutes", "period": "minutes"}
"""What is usually meant by a number where a period must be given."""

LIST_TOKEN = list[str]
"""What CDK gives out for a list that is only known at deployment; where a list of texts is taken, it is a Sequence."""


def is_list_token(value: object) -> bool:
    """Whether a list is only known at deployment; known by the stand-ins that CDK writes for it.

    CDK gives one for the whole, or one for each item where it is told how many there will be.
    """
    if not isinstance(value, list) or not value:
        return False
    is_whole = len(value) == 1 and _stands_for_a_list(value[0])
    return is_whole or all(isinstance(each, str) and is_token(each) for each in value)


def _stands_for_a_list(value: object) -> bool:
    return isinstance(value, str) and value.startswith("#{Token[")


def words(hint: Any) -> str:  # noqa: ANN401 - what typing takes for a type
    """What a type allows."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [words(each) for each in typing.get_args(hint) if each is not type(None)]
        return " or ".join(dict.fromkeys(options))
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint == LIST_TOKEN:
        return "a Token of a whole list"
    if isinstance(hint, type) and constants(hint):
        shown = [f"{_name(hint)}.{constants(hint)[0]}", *constants(hint)[1:]]
        return " or .".join(shown if len(shown) <= _MANY else [*shown[:2], "…"])
    if typing.get_origin(hint) is not None:
        item = words([each for each in typing.get_args(hint) if each is not ...][-1])
        kind = "a dict" if typing.get_origin(hint) in DICTS else "a list"
        return f"{kind} of which each is {item}"
    if reference := _of_ours(hint):
        return with_article(spaced(reference.__name__))
    return with_article(_name(hint))


def _of_ours(hint: object) -> type | None:
    """The class that is usually meant by an interface of this library, or by one of CDK's that this library fills."""
    made = _concrete(hint) if isinstance(hint, type) and _is_interface(hint) else None
    return made if made is not None and made.__module__.startswith(_OURS) else None


def spaced(name: str) -> str:
    """The name of a class as a phrase: `audience model` for `AudienceModel`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def advice(value: object, hint: Any, parameter: str = "") -> str:  # noqa: ANN401 - what typing takes for a type
    """What to write instead, where that can be told.

    Args:
        value: What was given.
        hint: What is allowed.
        parameter: What it was given for.
    """
    options = [each for each in typing.get_args(hint) or (hint,) if isinstance(each, type)]
    if value is None:
        return ": was it forgotten, or is it a key of the context that isn't there?"
    if _is_one_of_a_list(value, hint):
        return ": put it in brackets"
    if isinstance(value, type):
        return _instead_of_class(value, options, parameter)
    if isinstance(value, str):
        return _instead_of_text(value, options, parameter)
    if hasattr(value, "value_as_string"):
        return _instead_of_parameter(hint, options)
    if is_token_object(value):
        return _instead_of_token(hint, options)
    if type(value).__name__.endswith("Reference"):
        return ": give what it is the reference of"
    if isinstance(value, (list, tuple)) and (len(value) == 1 or _are_plain(options)):
        return _instead_of_list(value, hint, options)
    if has_member(value, "node") or isinstance(value, enum.Enum):
        return _instead_of_construct(value, options, parameter)
    return _instead_of_value(value, options, parameter)


def _instead_of_class(cls: type, options: list[type], parameter: str) -> str:
    """Instead of a class: one of it if that would do, else one of what is wanted."""
    if any(cls is each or cls is _concrete(each) for each in options):
        return _example(options, parameter) or ": that is the class itself"
    if not _is_interface(cls) and any(_would_do(cls, each) for each in options):
        return f": write {_name(cls)}(…)"
    targets = [rule_target_of(cls) for each in options if each.__name__ == "IRuleTarget"]
    return f": write {targets[0]}" if any(targets) else _example(options, parameter)


def _would_do(cls: type, wanted: type) -> bool:
    """Whether an object of a class is an object of another, or has what an interface adds."""
    if not getattr(wanted, "_is_protocol", False):
        return issubclass(cls, wanted)
    members = [name for name in vars(wanted) if not name.startswith("_")]
    return bool(members) and all(hasattr(cls, each) for each in members)


def _instead_of_value(value: object, options: list[type], parameter: str) -> str:
    """Instead of a number, a dict and the like."""
    if isinstance(value, bool) and str in options:
        return ""
    if isinstance(value, int) and str in options:
        return f": write {str(value)!r}"
    if isinstance(value, int) and bool in options:
        return f": write {bool(value)}" if value in (0, 1) else ""
    if isinstance(value, int) and iam.IGrantable in options:
        return f": write iam.AccountPrincipal('{value:012}')"
    from_json = [each for each in options if hasattr(each, "from_json")]
    if isinstance(value, Mapping) and from_json:
        return f": write {_name(from_json[0])}.from_json(…)"
    return _example(options, parameter, value if isinstance(value, int) and not isinstance(value, bool) else "…")


def _instead_of_construct(value: object, options: list[type], parameter: str) -> str:
    """Instead of a construct, or of a value of an enumeration that a part is made of."""
    if str in options:
        if parameter.endswith("_name"):
            return ": that is for the name of a new one"
        return f": write {text_of(value, parameter)}" if text_of(value, parameter) else ""
    return next((f": write {each}" for each in (_made_of(each, value, parameter) for each in options) if each), "")


def _is_one_of_a_list(value: object, hint: Any) -> bool:  # noqa: ANN401 - what typing takes for a type
    """Whether a list is wanted, and one of what it holds was given."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_is_one_of_a_list(value, each) for each in typing.get_args(hint))
    origin = typing.get_origin(hint)
    if hint == LIST_TOKEN or not (isinstance(origin, type) and issubclass(origin, Sequence)):
        return False
    if isinstance(value, str) and "{Token[" in value:
        return False
    item = typing.get_args(hint)[0]
    return isinstance(item, type) and not getattr(item, "_is_protocol", False) and isinstance(value, item)


def _are_plain(options: list[type]) -> bool:
    return bool(options) and options[0] in (int, float, str)


def _instead_of_list(items: Sequence[object], hint: Any, options: list[type]) -> str:  # noqa: ANN401 - what typing takes for a type
    """What to write instead of a list with what is meant, or with what might stand for it."""
    if _are_plain(options):
        return f": write {', '.join(map(repr, items))} without the brackets"
    item = items[0]
    if any(not getattr(each, "_is_protocol", False) and isinstance(item, each) for each in options):
        names = [name for name in constants(type(item)) if getattr(type(item), name) == item]
        return f": write {_name(type(item))}.{names[0]} without the brackets" if names else ": leave out the brackets"
    is_it = hasattr(item, "node") or any(_would_do(type(item), each) for each in options)
    return ": leave out the brackets" if is_it else advice(item, hint)


def _made_of(wanted: type, value: object, parameter: str) -> str:
    """What is meant by a construct, or made of it, its whole or its part."""
    made = iam.Role if wanted is iam.IGrantable else _concrete(wanted) or wanted
    if made.__name__.endswith("RuleTarget"):
        return rule_target_of(value)
    own = type(value).__module__.startswith(_OURS)
    part = part_of(value, (parameter, snake(made.__name__))) if own else ""
    return l2_of(made, _name(made), value) or part or _made_with(wanted, value) or _by_reference(made, value)


def _by_reference(made: type, value: object) -> str:
    """How what has a reference only is imported where CDK wants more: an IBucket of another library's IBucketRef."""
    known = snake(made.__name__)
    if not (_import_of(made, "arn") and has_member(value, f"{known}_ref")):
        return ""
    return f"{_name(made)}.{_import_of(made, 'arn')}(self, {made.__name__!r}, ….{known}_ref.{known}_arn)"


def _made_with(wanted: type, part: object) -> str:
    """How one of this library's is made of what was given in its place, a Bucket for an output say."""
    is_struct = isinstance(part, enum.Enum) and wanted.__name__.endswith("Selection")
    if not (wanted.__module__.startswith(_OURS) or is_struct) or _is_interface(wanted):
        return ""
    kind = re.sub(r"^I(?=[A-Z])", "", kind_of(part)).removeprefix("Cfn" if wanted.__module__.startswith(_OURS) else "")
    is_taken = re.compile(rf"\b(I|Cfn)?{kind}(Ref|V2)?\b")
    makers = {f".{name}": made.__func__ for name, made in vars(wanted).items() if name.startswith("from_")}
    own = vars(wanted).get("__init__")
    for name, function in {**makers, **({} if own is None else {"": own})}.items():
        for parameter in inspect.signature(function).parameters.values():
            if is_taken.search(str(parameter.annotation)):
                shown = f"{parameter.name}=…" if is_struct else f"self, {wanted.__name__!r}, {parameter.name}=…"
                shown = "…" if name else shown
                return f"{_name(wanted)}{name}({shown})"
    return ""


def _of_parts(wanted: type, text: str) -> str:
    """How a value is made of a text that has all its parts, with dots between them: `GlueTable` of `shop.purchases`."""
    if not (dataclasses.is_dataclass(wanted) and wanted.__module__.startswith(_OURS)) or constants(wanted):
        return ""
    names = [each.name for each in dataclasses.fields(wanted) if each.init and each.default is dataclasses.MISSING]
    parts = text.split(".")
    shown = map(repr, parts) if len(parts) == len(names) else (f"{name}=…" for name in names)
    return f"{_name(wanted)}({', '.join(shown)})"


def _instead_of_token(hint: Any, options: list[type]) -> str:  # noqa: ANN401 - what typing takes for a type
    if any(typing.get_origin(each) in DICTS for each in typing.get_args(hint)):
        return ": write a dict, whose values may be Tokens"
    return ": write cdk.Token.as_string(…)" if str in options else _reference_of(options, "cdk.Token.as_string(…)")


def _instead_of_parameter(hint: Any, options: list[type]) -> str:  # noqa: ANN401 - what typing takes for a type
    """Instead of a parameter of a template, which is a Token in one of three forms."""
    forms = {"list": LIST_TOKEN in typing.get_args(hint), "number": int in options, "string": str in options}
    shown = [f"….value_as_{form}" for form, fits in forms.items() if fits]
    return f": write {' or '.join(shown)}" if shown else _reference_of(options, "….value_as_string")


def _instead_of_text(text: str, options: list[type], parameter: str) -> str:
    if bool in options:
        return f": write {text.strip().capitalize()}" if text.strip().lower() in ("true", "false") else ""
    if int in options and "{Token[" in text:
        return ": write the list without the star" if _stands_for_a_list(text) else ": write cdk.Token.as_number(…)"
    if int in options and re.fullmatch(r"[0-9]+(\s*[,;]\s*[0-9]+)+", text):
        return f": write {', '.join(re.findall('[0-9]+', text))}"
    if is_token(text):
        return _reference_of(options, "…")
    kind = _kind_of(text)
    ours = [made.__name__ for made in map(_of_ours, options) if made]
    if kind and ours and kind not in ours:
        return f": that is the ARN of {with_article(spaced(kind))}"
    found = (_from_text(each, text) or (not _makers(each) and _of_parts(each, text)) for each in options)
    return next((f": write {each}" for each in found if each), _example(options, parameter))


def _kind_of(arn: str) -> str:
    """The class of this library for what an ARN names; "" for other texts."""
    match = re.fullmatch(r"arn:[^:]*:cleanrooms(-ml)?:[^:]*:[^:]*:(?:[^/]*/[^/]*/)?([^/]*)/[^/]*", arn)
    names = sys.modules[_OURS].__all__
    return next((name for name in names if match and name.lower() == match[2].replace("-", "")), "")


def constants(cls: type) -> list[str]:
    """The names of the values that a class has by itself."""
    if issubclass(cls, enum.Enum):
        return [each.name for each in cls if each is not cdk.RemovalPolicy.SNAPSHOT]
    is_ours = cls.__module__.partition(".")[0] == _OURS
    return [name for name, value in vars(cls).items() if type(value) is cls] if is_ours else []


def _reference_of(options: list[type], text: str) -> str:
    """How something is referred to of which only a Token tells what it is."""
    for each in options:
        made, name = _concrete(each), _import_of(_concrete(each), "arn")
        if made and name:
            return f": give what has that ARN itself, or write {_name(made)}.{name}(self, {made.__name__!r}, {text})"
    return ""


def _makers(cls: type) -> list[str]:
    """The methods that make one."""
    return [name for name, made in vars(cls).items() if _makes(name, made)]


def _example(options: list[type], parameter: str = "", number: int | str = "…") -> str:
    """How one is made, of a class that has methods for it."""
    for each in options:
        if each in _PLAIN:
            continue
        if each is cdk.Duration:
            return f": write cdk.Duration.{_UNITS.get(parameter, 'days')}({number})"
        if each.__name__ == "ScheduleExpression":
            return f": write {_name(each)}.rate(…) or .cron(…)"
        makers = _makers(each) if each.__module__.startswith(_OURS) else _makers(each)[:1]
        if makers and not constants(each):
            return f": write {_name(each)}.{' or .'.join(f'{maker}(…)' for maker in makers)}"
        made = each if hasattr(each, "is_construct") else _concrete(each)
        # What is only ever imported can't be made.
        name = "" if hasattr(made, "is_construct") else _import_of(made, "identifier")
        if made:
            return f": write {_name(made)}{'.' if name else ''}{name}(…)"
    return ""


def _makes(name: str, made: object) -> bool:
    return isinstance(made, (classmethod, staticmethod)) and not name.startswith(("_", "is_", "from_", "of"))


def _from_text(wanted: type, text: str) -> str:
    """How a construct or a value is had from the text that stands for it."""
    if constants(wanted):
        match = [name for name in constants(wanted) if name == text.upper()]
        return f"{_name(wanted)}.{match[0]}" if match else ""
    value = _value_of(wanted, text)
    if value:
        return value
    if wanted.__name__ == "IRuleTarget":
        topic = f"sns.Topic.from_topic_arn(self, 'Topic', {text!r})" if ":sns:" in text else "…"
        return f"aws_events_targets.SnsTopic({topic}), or another of them"
    if wanted is iam.IGrantable:
        if re.fullmatch(r"\d{12}", text):
            return f"iam.AccountPrincipal({text!r})"
        return f"iam.Role.from_role_arn(self, 'Role', {text!r})" if text.startswith("arn:") else "an iam.Role"
    return _of_uri(wanted, text) if text.startswith("s3://") else _imported_by(wanted, text)


def _value_of(wanted: type, text: str) -> str:
    """How a value of Python or of CDK is written that a text says."""
    if wanted is cdk.Duration:
        return f"cdk.Duration.{duration_of(text)}" if duration_of(text) else ""
    if wanted is datetime:
        return f"datetime.fromisoformat('{text[:10]}T00:00:00+00:00')" if re.match(r"\d{4}-\d\d-\d\d", text) else ""
    if wanted.__name__ == "ScheduleExpression":
        return f"{_name(wanted)}.expression({text!r})" if "(" in text else ""
    if _is_of_cdk(wanted) and constant_of(wanted, text):
        return f"{_name(wanted)}.{constant_of(wanted, text)}"
    return ""


def _imported_by(wanted: type, text: str) -> str:
    """How what is defined elsewhere is imported, by its ARN, its name, or what else it is known by."""
    made = _concrete(wanted)
    if made is None:
        return ""
    if re.fullmatch(r"vpc-\w+", text):
        return f"{_name(made)}.from_lookup(self, {made.__name__!r}, vpc_id={text!r})"
    kinds = {"arn": text} if text.startswith("arn:") else {"name": text, "identifier": text, "id": text, "arn": "arn:…"}
    for kind, shown in kinds.items():
        name = _import_of(made, kind)
        if name:
            return f"{_name(made)}.{name}(self, {made.__name__!r}, {shown!r})"
    return ""


def _of_uri(wanted: type, uri: str) -> str:
    """A bucket, or an output, of an address in S3."""
    name, _, folder = uri.removeprefix("s3://").strip("/").partition("/")
    bucket, prefix = f"s3.Bucket.from_bucket_name(self, 'Bucket', {name!r})", f"prefix={folder!r}"
    if wanted.__name__ in ("AudienceOutput", "SeedAudience"):
        return f"{wanted.__name__}(self, {wanted.__name__!r}, bucket={bucket}{f', {prefix}' if folder else ''})"
    if wanted.__name__ == "IBucket":
        return f"{bucket}{f', with {prefix}' if folder else ''}"
    return ""


def _is_of_cdk(cls: type) -> bool:
    return cls.__module__.startswith("aws_cdk") and not issubclass(cls, enum.Enum) and not _is_interface(cls)


def _import_of(made: type | None, kind: str) -> str:
    """The method that imports what a class defines, by its ARN or by something else; "" if there is none."""
    if made is None:
        return ""
    name = f"from_{spaced(made.__name__).replace(' ', '_')}_{kind}"
    return name if inspect.getattr_static(made, name, None) is not None else ""


def _is_interface(cls: type) -> bool:
    return re.match("I[A-Z]", cls.__name__) is not None


def _concrete(interface: type) -> type | None:
    """The construct that an interface is usually made by: `Role` for `IRole` and `IRoleRef`."""
    if not _is_interface(interface):
        return None
    name = interface.__name__[1:].removesuffix("Ref").removesuffix("V2")
    home = interface.__module__.replace("aws_cdk.interfaces.", "aws_cdk.")
    for module in (_OURS, home) if home.startswith((_OURS, *_FILLED)) else (home,):
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type):
            return found
    return None


def interface_name(cls: Any) -> str:  # noqa: ANN401 - what typing takes for a type
    """An interface of CDK's, as people import it; what stands for one here is called the same."""
    return f"aws_events.{cls.__name__}" if cls.__name__ == "IRuleTarget" else _name(cls)


def _name(cls: Any) -> str:  # noqa: ANN401 - what typing takes for a type
    """As people write it: with the short name of the CDK's module before it."""
    name = getattr(cls, "__name__", str(cls))
    if getattr(cls, "__module__", "").startswith("aws_cdk"):
        service = cls.__module__.replace("aws_cdk.interfaces.", "aws_cdk.").partition("aws_cdk.aws_")[2]
        keyword = {"lambda": "lambda_", "events_targets": "aws_events_targets"}
        return f"{keyword.get(service, service) or 'cdk'}.{name}"
    return str(name)
