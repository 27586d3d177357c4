"""Assertions on what a template asks of the services, with the matchers of the CDK.

Each passes if one request is as expected, as ``has_resource_properties`` of the CDK's does: what isn't named may be
anything, and so may what isn't named within an object. ``Match`` of ``aws_cdk.assertions`` says it in another way.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from aws_cdk.assertions import Match

from . import members as names
from . import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk.assertions import Template
    from typing_extensions import Unpack

    from .members import (
        AudienceModelMembers,
        AudienceModelRetrainingMembers,
        ConfiguredAudienceModelAssociationMembers,
        ConfiguredAudienceModelMembers,
        ConfiguredAudienceModelPolicyMembers,
        TrainingDatasetMembers,
    )


def has_training_dataset(template: Template, **members: Unpack[TrainingDatasetMembers]) -> None:
    """Asserts that a template has a training dataset.

    Args:
        template: The template of a stack, ``Template.from_stack(stack)``.
        members: Members of ``CreateTrainingDataset``, values or matchers. Default: any training dataset will do.

    Raises:
        AssertionError: It hasn't; the message shows what comes nearest, and what differs in it.
        TypeError: The request has no such member.
    """
    found = requests.training_datasets(template)
    _has("training dataset", found, names.TrainingDatasetMembers, members)


def has_audience_model(template: Template, **members: Unpack[AudienceModelMembers]) -> None:
    """Asserts that a template has an audience model.

    Args:
        template: The template of a stack.
        members: Members of ``CreateAudienceModel``, values or matchers. Default: any audience model will do.

    Raises:
        AssertionError: It hasn't; the message shows what comes nearest, and what differs in it.
        TypeError: The request has no such member.
    """
    found = requests.audience_models(template)
    _has("audience model", found, names.AudienceModelMembers, members)


def has_configured_audience_model(template: Template, **members: Unpack[ConfiguredAudienceModelMembers]) -> None:
    """Asserts that a template has a configured audience model.

    Args:
        template: The template of a stack.
        members: Members of ``CreateConfiguredAudienceModel``, values or matchers. Default: any will do.

    Raises:
        AssertionError: It hasn't; the message shows what comes nearest, and what differs in it.
        TypeError: The request has no such member.
    """
    found = requests.configured_audience_models(template)
    _has("configured audience model", found, names.ConfiguredAudienceModelMembers, members)


def has_configured_audience_model_association(
    template: Template, **members: Unpack[ConfiguredAudienceModelAssociationMembers]
) -> None:
    """Asserts that a template associates a configured audience model with a collaboration.

    Args:
        template: The template of a stack.
        members: Members of ``CreateConfiguredAudienceModelAssociation``, values or matchers. Default: any will do.

    Raises:
        AssertionError: It doesn't; the message shows what comes nearest, and what differs in it.
        TypeError: The request has no such member.
    """
    found = requests.configured_audience_model_associations(template)
    _has("configured audience model association", found, names.ConfiguredAudienceModelAssociationMembers, members)


def has_configured_audience_model_policy(
    template: Template, **members: Unpack[ConfiguredAudienceModelPolicyMembers]
) -> None:
    """Asserts that a template has the resource policy of a configured audience model.

    Args:
        template: The template of a stack.
        members: Members of ``PutConfiguredAudienceModelPolicy``, values or matchers, the document an object. Default:
            any will do.

    Raises:
        AssertionError: It hasn't; the message shows what comes nearest, and what differs in it.
        TypeError: The request has no such member.
    """
    found = requests.configured_audience_model_policies(template)
    _has("configured audience model policy", found, names.ConfiguredAudienceModelPolicyMembers, members)


def has_audience_model_retraining(template: Template, **members: Unpack[AudienceModelRetrainingMembers]) -> None:
    """Asserts that a template has a retraining.

    Args:
        template: The template of a stack.
        members: What :func:`audience_model_retrainings` shows, values or matchers. Default: any retraining will do.

    Raises:
        AssertionError: It hasn't; the message shows what comes nearest, and what differs in it.
        TypeError: A retraining has no such member.
    """
    found = requests.audience_model_retrainings(template)
    _has("audience model retraining", found, names.AudienceModelRetrainingMembers, members)


def _has(what: str, found: Mapping[str, dict[str, Any]], known: type, expected: Mapping[str, Any]) -> None:
    _check_names(what, known.__annotations__, expected)
    _check_values(expected)
    matcher = Match.object_like(expected)
    results = {logical_id: matcher.test(request) for logical_id, request in found.items()}
    matching = [result for result in results.values() if not result.has_failed()]
    for result in matching:
        result.finished()  # what is captured, is now
    if matching:
        return
    if not found:
        raise AssertionError(f"the template has no {what}")
    nearest = min(results, key=lambda logical_id: results[logical_id].fail_cost)
    of = f" of {len(found)}" if len(found) > 1 else ""
    raise AssertionError(
        f"no {what} of the template is as expected; the nearest{of} is {nearest}:\n{results[nearest].render_mismatch()}"
    )


def _check_names(what: str, known: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """A member that doesn't exist is as absent as can be, so that a misspelt one would pass."""
    unknown = sorted(expected.keys() - known.keys())
    if unknown:
        near = [guess for name in unknown for guess in difflib.get_close_matches(name, known, n=1)]
        advice = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(sorted(known))}"
        raise TypeError(f"no {what} has {', '.join(unknown)}: {advice}")


def _check_values(expected: object, path: str = "") -> None:
    """What is None doesn't get to a matcher, so that it would pass."""
    if expected is None:
        raise TypeError(f"{path} is None, which nothing can be compared with: for what must be missing, Match.absent()")
    if isinstance(expected, dict):
        for name, value in expected.items():
            _check_values(value, f"{path}.{name}" if path else name)
    elif isinstance(expected, (list, tuple)):
        for at, value in enumerate(expected):
            _check_values(value, f"{path}[{at}]")
