"""Holds what is given to the annotations of what takes it: a wrong type is one more problem in the list, in words.

Nothing is said twice: what is allowed stands in the signature. An annotation is only evaluated when something is given
for it, because that can mean an import.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

from constructs import IConstruct

from .articles import with_article
from .environment import is_token
from .problems import ParametersError, Problems, known
from .proxies import has_member
from .references import is_known_to_cdk, lacking
from .slips import is_token_object, kind_of
from .type_descriptions import DICTS, LIST_TOKEN, advice, interface_name, is_list_token, spaced, words

Class = TypeVar("Class", bound=type)
Function = Callable[..., Any]
Called = TypeVar("Called", bound=Function)

_IMPORTED = "_Imported"
_LISTS = (Sequence, list, tuple)


def checked(cls: Class) -> Class:
    """Checks the types of what a class's constructor and public methods are given; a whole number may come as a text.

    Each of them raises a ValueError when something has another type. The message lists all that is wrong; a
    constructor's, what is wrong with the values of the others, too.
    """
    for name, member in list(vars(cls).items()):
        if name != "__init__" and name.startswith("_"):
            continue
        if isinstance(member, (classmethod, staticmethod)):
            setattr(cls, name, type(member)(checked_call(member.__func__)))
        elif inspect.isfunction(member):
            setattr(cls, name, checked_call(member))
    return cls


def checked_call(function: Called) -> Called:
    """Checks the types of what one function or method is given, as :func:`checked` does of a whole class."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        try:
            given = signature.bind(*args, **kwargs)
        except TypeError:
            # Python itself says best what is missing or unknown.
            return function(*args, **kwargs)
        wrong: dict[str, list[str]] = {}
        for name, value in given.arguments.items():
            parameter = signature.parameters[name]
            if parameter.annotation is not parameter.empty:
                given.arguments[name], found = _check(function, parameter, value)
                if found:
                    wrong[name] = found
        if not wrong:
            return function(*given.args, **given.kwargs)
        problems = _problems(function, given.arguments)
        problems.found += [line for lines in wrong.values() for line in lines]
        if not problems.call:
            # A constructor adds what it finds wrong with the values of the others, and raises all of it.
            given.arguments.update(dict.fromkeys(wrong))
            _find_the_rest(lambda: function(*given.args, **given.kwargs), problems)
        return problems.raise_if_any()

    return typing.cast("Called", call)


def _find_the_rest(construct: Callable[[], object], problems: Problems) -> None:
    with known(problems.found):
        try:
            construct()
        except ParametersError:
            raise
        except Exception:  # it stumbled over what is missing now
            return


def _problems(function: Function, arguments: Mapping[str, Any]) -> Problems:
    """The list that problems go to: of a construct that is made, or of a call."""
    scope, id_ = arguments.get("scope"), arguments.get("id")
    if function.__name__ == "__init__" and isinstance(id_, str) and hasattr(scope, "node"):
        return Problems(scope, id_)
    owner = arguments.get("self")
    # Grants are no constructs, but they hold the one they are about.
    held: Any = (owner, *vars(owner).values()) if owner is not None and function.__name__ != "__init__" else ()
    about = next((each for each in held if hasattr(each, "node")), None)
    owner = arguments.get("cls", owner)
    made_by = owner if isinstance(owner, type) else None
    call = f"{made_by.__qualname__}.{function.__name__}" if made_by else function.__qualname__.removesuffix(".__init__")
    return Problems(about, "", call=call)


def _check(function: Function, parameter: inspect.Parameter, value: object) -> tuple[Any, list[str]]:
    """What to pass on, and what is wrong."""
    if value is None and parameter.default is None:
        return value, []
    hint = _hint(function.__module__, parameter.annotation)
    if parameter.kind is parameter.VAR_KEYWORD:
        return _checked_options(typing.cast("dict[str, object]", value), *typing.get_args(hint))
    if parameter.kind is parameter.VAR_POSITIONAL:
        hint = types.GenericAlias(tuple, (hint, ...))
    value = _number(value, hint)
    return value, _misfits(parameter.name, value, hint)


def _checked_options(given: Mapping[str, object], options: type) -> tuple[dict[str, object], list[str]]:
    """The keywords to pass on, and a line for each that isn't what a TypedDict says.

    What may be ``None`` and is isn't passed on; unknown ones are refused by what they go to.
    """
    hints = typing.get_type_hints(options, None, _names(options.__module__))
    taken = {
        name: each
        for name, each in given.items()
        if each is not None or type(None) not in typing.get_args(hints.get(name))
    }
    return taken, [line for name, each in taken.items() if name in hints for line in _misfits(name, each, hints[name])]


@functools.cache
def _hint(module: str, annotation: Any) -> Any:  # noqa: ANN401 - what typing takes for a type
    return eval(annotation, {}, _names(module)) if isinstance(annotation, str) else annotation  # noqa: S307 - our own


def _number(value: object, hint: object) -> object:
    """A whole number that came as a text, as what `cdk --context` gives does."""
    if isinstance(value, str) and int in typing.get_args(hint) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    if isinstance(value, (list, tuple)) and typing.get_origin(hint) in _LISTS:
        return type(value)(_number(each, typing.get_args(hint)[0]) for each in value)
    return value


def _misfits(name: str, value: object, hint: Any) -> list[str]:  # noqa: ANN401 - what typing takes for a type
    """A line for each part of a value that isn't what the annotation says."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint == LIST_TOKEN:
        return [] if is_list_token(value) else [f"{name} must be {words(hint)}, got {_shown(value)}"]
    if origin in _LISTS and isinstance(value, (list, tuple)):
        return [line for at, each in enumerate(value) for line in _misfits(f"{name}[{at}]", each, arguments[0])]
    if origin in DICTS and isinstance(value, Mapping):
        keys = [line for key in value for line in _misfits(f"{name} key", key, arguments[0])]
        return keys + [line for key in value for line in _misfits(f"{name}[{key!r}]", value[key], arguments[1])]
    if origin in (typing.Union, types.UnionType):
        options = [_misfits(name, value, each) for each in arguments if each is not type(None)]
        if [] in options:
            return []
        # Of what fits on the whole, only the parts are wrong.
        inside = [lines for lines in options if not lines[0].startswith(f"{name} must")]
        if inside:
            return inside[0]
    elif _fits(value, hint, origin) and not _lacking(value, hint):
        return []
    return [f"{name} must be {words(hint)}, got {_shown(value)}{_lacking(value, hint) or advice(value, hint, name)}"]


def _lacking(value: object, hint: Any) -> str:  # noqa: ANN401 - what typing takes for a type
    """What keeps something that has all members of an interface from being one."""
    interfaces = [each for each in typing.get_args(hint) or (hint,) if getattr(each, "_is_protocol", False)]
    return "".join(_lacking_one(value, each) for each in interfaces if _fits(value, each, None))


def _lacking_one(value: object, interface: type) -> str:
    member = _members(interface)[0]
    # What is only referred to, and what is of this library, CDK never sees.
    is_of_cdk = interface.__module__.startswith("aws_cdk") or IConstruct not in interface.__mro__
    passed_on = is_of_cdk and not member.endswith("_ref")
    if passed_on and not is_known_to_cdk(value, interface, member):
        return f", which CDK doesn't know for one: write @jsii.implements({interface_name(interface)}) above its class"
    return lacking(value, interface, _shown)


def _fits(value: object, hint: Any, origin: object) -> bool:  # noqa: ANN401 - what typing takes for a type
    if hint in (int, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(hint, type) and getattr(hint, "_is_protocol", False):
        # Protocols of jsii can't be asked with isinstance. What each adds to those that it extends tells them apart.
        return not isinstance(value, type) and all(has_member(value, each) for each in _members(hint))
    if isinstance(hint, type) and origin is None:
        return isinstance(value, hint)
    return origin is None


@functools.cache
def _members(protocol: type) -> list[str]:
    """What a protocol adds to those that it extends, or the nearest of those that adds anything."""
    added = (
        [
            name
            for name, member in vars(each).items()
            if not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member))
        ]
        for each in protocol.__mro__
    )
    return next(filter(None, added))


def _shown(value: object) -> str:
    if isinstance(value, str) and is_token(value):
        return "a Token"
    if isinstance(value, (str, int, float, bool, list, tuple, dict, type(None))):
        text = repr(value)
        if " object at 0x" in text:
            return with_article(type(value).__name__)
        return text if len(text) <= 200 else f"{text[:200]}…"
    if is_token_object(value):
        return "a Token"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if type(value).__name__.startswith(_IMPORTED):
        return f"an imported {spaced(type(value).__name__.removeprefix(_IMPORTED))}"
    return with_article(kind_of(value))


class _Names(dict[str, Any]):
    """The names that annotations of a module use, with those imported for type checkers only."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__(vars(module))
        self._package = module.__package__
        self._imports = {
            name.asname or name.name: _imported(statement, name.name)
            for block in ast.parse(inspect.getsource(module)).body
            if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
            for statement in block.body
            if isinstance(statement, (ast.Import, ast.ImportFrom))
            for name in statement.names
        }

    def __missing__(self, name: str) -> object:
        module, attribute = self._imports[name]
        found: Any = import_module(module, self._package if module.startswith(".") else None)
        if attribute:
            found = getattr(found, attribute, None) or import_module(f"{module}.{attribute}")
        self[name] = found
        return found


def _imported(statement: ast.Import | ast.ImportFrom, name: str) -> tuple[str, str]:
    """The module, and what of it."""
    if isinstance(statement, ast.Import):
        return name, ""
    return "." * statement.level + (statement.module or ""), name


@functools.cache
def _names(module: str) -> _Names:
    return _Names(sys.modules[module])
