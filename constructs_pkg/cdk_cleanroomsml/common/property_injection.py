"""What an organization has to say about constructs of this library: CDK's property injectors.

CDK injects into constructs that are written in TypeScript by itself; one that is written in Python has to ask. That
takes messages to CDK for each scope around a construct, so each is asked once, and at synthesis whether it still holds.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import aws_cdk as cdk
import jsii
from constructs import Construct, IValidation

from .environment import known_of, node_of, scopes_of

if TYPE_CHECKING:
    from constructs import IConstruct

Class = TypeVar("Class", bound=type)

_OURS = "cdk-cleanroomsml."
_AROUND = "property injectors"


def property_injectable(cls: Class) -> Class:
    """Lets the nearest injector of a class's ``PROPERTY_INJECTION_ID`` say what a construct is given.

    What the injector is told, and returns, are the parameters of the constructor by their names in Python.
    """
    original: Any = vars(cls)["__init__"]
    unique_id: str = vars(cls)["PROPERTY_INJECTION_ID"]

    @functools.wraps(original)
    def construct(self: object, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever the constructor takes
        scope = args[0] if args else kwargs.get("scope")
        if isinstance(scope, Construct):
            around = _around(scope)
            id_ = args[1] if len(args) > 1 else kwargs.get("id", cls.__name__)
            kwargs = _injected(around, unique_id, scope, id_, kwargs)
            # Nobody has said anything of what will be inside yet.
            vars(self).setdefault("_cdk_cleanroomsml_known", {})[_AROUND] = around
        original(self, *args, **kwargs)

    setattr(cls, "__init__", construct)  # noqa: B010 - no type checker has to agree
    return cls


def _injected(around: _Around, unique_id: str, scope: Construct, id_: str, given: dict[str, Any]) -> dict[str, Any]:
    place = {name: given[name] for name in ("scope", "id") if name in given}
    for injectors in around.injectors:
        injector = injectors.for_(unique_id)
        if injector is None:
            continue
        parameters = {name: value for name, value in given.items() if name not in place}
        injected = injector.inject(parameters, id=id_, scope=scope)
        if not isinstance(injected, Mapping):
            raise TypeError(
                f"the property injector of {unique_id!r} must return a dict of parameters, got {injected!r}"
            )
        return {**injected, **place}
    return given


@dataclass
class _Around:
    """What is known of a scope.

    Attributes:
        injectors: those of the scope and of what is around it, the nearest first.
        without: the scopes of the application that had none when they were asked.
    """

    injectors: list[cdk.PropertyInjectors]
    without: list[Construct]


def _around(scope: Construct) -> _Around:
    return known_of(scope, _AROUND, lambda: _look_up(scope))


def _look_up(scope: Construct) -> _Around:
    root, *inner = scopes_of(scope)
    around = known_of(root, _AROUND, lambda: _with(root, _beyond(root)))
    for each in inner:
        around = known_of(each, _AROUND, functools.partial(_with, each, around))
    return around


def _beyond(root: Construct) -> _Around:
    without: list[Construct] = []
    node_of(root).add_validation(cast("IValidation", _Later(without)))
    return _Around([], without)


def _with(scope: Construct, beyond: _Around) -> _Around:
    if cdk.PropertyInjectors.has_property_injectors(scope):
        return _Around([cdk.PropertyInjectors.of(scope), *beyond.injectors], beyond.without)
    beyond.without.append(scope)
    return beyond


@jsii.implements(IValidation)
class _Later:
    """Says when an injector came too late for constructs that are there already."""

    def __init__(self, without: list[Construct]) -> None:
        self._without = without

    def validate(self) -> list[str]:
        return [
            f"'{scope.node.path or 'the application'}' was given an injector of {', '.join(late)} when it had such"
            " constructs, or others of this library, already: add injectors before the first of them"
            for scope in self._without
            if (late := _ours(scope))
        ]


def _ours(scope: IConstruct) -> list[str]:
    if not cdk.PropertyInjectors.has_property_injectors(scope):
        return []
    return [each for each in cdk.PropertyInjectors.of(scope).supported_classes() if each.startswith(_OURS)]
