"""A template that breaks a documented rule is refused before anything begins."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import engine, handlers, helpers

from .custom_resources.requests import CUSTOM_RESOURCE, LONGEST_TYPE, is_custom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = Any
"""Whatever a JSON document holds."""

_SECTIONS = {
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
}
_ATTRIBUTES = {
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
}
_POLICIES = {
    "DeletionPolicy": ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"],
    "UpdateReplacePolicy": ["Delete", "Retain", "Snapshot"],
}


def install() -> None:
    """Patches what takes a template."""
    actions: dict[str, Json] = handlers._ACTION_HANDLERS
    for action in ("CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate"):
        actions[action] = _valid_only(actions[action])


def _valid_only(act: Callable[[Json], Json]) -> Callable[[Json], Json]:
    def refuse_or_act(params: Json) -> Json:
        template = _template(params)
        if template is not None:
            stack = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
            given = {each["Key"] for each in handlers._extract_members(params, "Parameters") if "Key" in each}
            for problem in problems(template, given, stack.get("_template") or {}):
                return handlers._error("ValidationError", problem)
        return act(params)

    return refuse_or_act


def _template(params: Json) -> dict[str, Json] | None:
    """The template of a request; None if ministack refuses it itself, or if a macro makes another one of it."""
    body, error = helpers._resolve_template(params)
    if error or not body:
        return None
    try:
        template: Json = engine._parse_template(body)
    except Exception:
        return None
    return template if isinstance(template, dict) and not template.get("Transform") else None


def problems(template: Mapping[str, Json], parameters: set[str], before: Mapping[str, Json]) -> Iterator[str]:
    """What is wrong with a template, in CloudFormation's words where they are known.

    Args:
        template: the template.
        parameters: the names of those that are given.
        before: the template that the stack has.
    """
    resources: Mapping[str, Json] = template.get("Resources") or {}
    yield from (f"[{place}] 'null' values are not allowed in templates" for place in _nulls(template, ""))
    if unknown := [name for name in template if name not in _SECTIONS]:
        yield f"Invalid template property or properties [{', '.join(unknown)}]"
    if not resources:
        yield "Template format error: At least one Resources member must be defined."
    for section, what in (("Resources", "Resource"), ("Parameters", "Parameter"), ("Outputs", "Output")):
        for name in template.get(section) or {}:
            if not re.fullmatch("[A-Za-z0-9]+", name):
                yield f"Template format error: {what} name {name} is non alphanumeric."
    for name, resource in resources.items():
        yield from _of_a_resource(name, resource)
    yield from _unresolved(template, resources)
    yield from _circular(resources)
    if missing := sorted(parameters - set(template.get("Parameters") or {})):
        yield f"Parameters: [{', '.join(missing)}] do not exist in the template"
    old: Mapping[str, Json] = before.get("Resources") or {}
    if changed := [name for name in resources if name in old and _type(resources[name]) != _type(old[name])]:
        words = "Update of resource type is not permitted. The new template modifies resource type of the following"
        yield f"{words} resources: [{', '.join(changed)}]"


def _nulls(value: Json, place: str) -> Iterator[str]:
    if value is None:
        yield place
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in steps:
        yield from _nulls(each, f"{place}/{step}")


def _of_a_resource(name: str, resource: Json) -> Iterator[str]:
    if not isinstance(resource, dict):
        yield "Template format error: Every Resources object must contain a Type member."
        return
    for attribute in resource:
        if attribute not in _ATTRIBUTES:
            yield f"Invalid template resource property '{attribute}'"
    for attribute, allowed in _POLICIES.items():
        value = resource.get(attribute, "Delete")
        if isinstance(value, str) and value not in allowed:
            yield f"Template format error: {attribute} of {name} must be one of {', '.join(allowed)}, got '{value}'"
    type_ = _type(resource)
    if is_custom(type_) and type_ != CUSTOM_RESOURCE:
        own = type_.partition("::")[2]
        if len(type_) > LONGEST_TYPE or not re.fullmatch("[A-Za-z0-9_@-]+", own):
            yield (
                f"Template format error: the type of {name} may have {LONGEST_TYPE} characters, letters, digits and"
                f" _@- after Custom::, got '{type_}'"
            )


def _type(resource: Json) -> str:
    return str(resource.get("Type", "")) if isinstance(resource, dict) else ""


def _unresolved(template: Mapping[str, Json], resources: Mapping[str, Json]) -> Iterator[str]:
    known = {*resources, *(template.get("Parameters") or {})}
    needed = {name for each in resources.values() for name in _names(each.get("Properties"))}
    for each in resources.values():
        depends_on = each.get("DependsOn") or []
        needed |= {depends_on} if isinstance(depends_on, str) else set(depends_on)
    for section, names in (("Resources", needed), ("Outputs", set(_names(template.get("Outputs"))))):
        if missing := sorted(name for name in names - known if not name.startswith("AWS::")):
            words = f"Unresolved resource dependencies [{', '.join(missing)}] in the {section} block of the template"
            yield f"Template format error: {words}"


def _circular(resources: Mapping[str, Json]) -> Iterator[str]:
    try:
        engine._topological_sort(resources, {})
    except ValueError as error:
        yield f"Circular dependency between resources: [{str(error).rpartition(': ')[2]}]"


def _names(value: Json) -> Iterator[str]:
    """What a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _names(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" and isinstance(argument, str):
                yield argument
            elif function == "Fn::GetAtt":
                yield str(argument[0] if isinstance(argument, list) else argument).partition(".")[0]
            elif function == "Fn::Sub":
                yield from _substituted(argument)
        for each in value.values():
            yield from _names(each)


def _substituted(argument: Json) -> Iterator[str]:
    text, own = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
    for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
        if name not in own:
            yield name.strip().partition(".")[0]
