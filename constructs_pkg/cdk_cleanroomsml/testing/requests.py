"""What a template asks of the services, in the words of their APIs.

Each function answers by logical id, its members named and nested as in the API reference. What is only known at
deployment is CloudFormation's intrinsic; a name is missing when it is to be generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk.assertions import Template
from aws_cdk.aws_cleanroomsml import CfnTrainingDataset

from .. import association
from .. import audience_model as audience_model_room
from ..common.articles import with_article
from ..configured_audience_model import RESOURCE_POLICY_TYPE, RESOURCE_TYPE
from ..retraining import settings_in
from .json_texts import parsed, with_intrinsics

if TYPE_CHECKING:
    from collections.abc import Mapping

    Requests = dict[str, dict[str, Any]]


def training_datasets(template: Template) -> Requests:
    """The training datasets of a template.

    Args:
        template: The template of a stack, ``Template.from_stack(stack)``.

    Returns:
        By logical id, the request of ``CreateTrainingDataset``.
    """
    found = _resources(template, CfnTrainingDataset.CFN_RESOURCE_TYPE_NAME)
    return {logical_id: _in_api_words(resource["Properties"]) for logical_id, resource in found.items()}


def training_dataset(template: Template) -> dict[str, Any]:
    """The one training dataset of a template, as :func:`training_datasets` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("training dataset", training_datasets(template))


def audience_models(template: Template) -> Requests:
    """The audience models of a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``CreateAudienceModel``.
    """
    return _requests(template, audience_model_room.RESOURCE_TYPE)


def audience_model(template: Template) -> dict[str, Any]:
    """The one audience model of a template, as :func:`audience_models` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("audience model", audience_models(template))


def configured_audience_models(template: Template) -> Requests:
    """The configured audience models of a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``CreateConfiguredAudienceModel``.
    """
    return _requests(template, RESOURCE_TYPE)


def configured_audience_model(template: Template) -> dict[str, Any]:
    """The one configured audience model of a template, as :func:`configured_audience_models` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("configured audience model", configured_audience_models(template))


def configured_audience_model_associations(template: Template) -> Requests:
    """The associations of configured audience models in a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``CreateConfiguredAudienceModelAssociation``.
    """
    return _requests(template, association.RESOURCE_TYPE)


def configured_audience_model_association(template: Template) -> dict[str, Any]:
    """The one association of a template, as :func:`configured_audience_model_associations` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("configured audience model association", configured_audience_model_associations(template))


def configured_audience_model_policies(template: Template) -> Requests:
    """The resource policies of configured audience models in a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``PutConfiguredAudienceModelPolicy``, its document as an object.
    """
    return _requests(template, RESOURCE_POLICY_TYPE)


def configured_audience_model_policy(template: Template) -> dict[str, Any]:
    """The one resource policy of a configured audience model, as :func:`configured_audience_model_policies` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("configured audience model policy", configured_audience_model_policies(template))


def audience_model_retrainings(template: Template) -> Requests:
    """The retrainings of a template: what their state machines are told, and when they are started.

    Args:
        template: The template of a stack.

    Returns:
        By logical id of the state machine, in camel case: ``trainingDatasetArn``, ``description``, ``kmsKeyArn`` and
        ``tags`` of its ``CreateAudienceModel``; ``configuredAudienceModelArn``, ``initialAudienceModelArn``,
        ``namePrefix`` and ``keep``; ``pollingInterval``, ``trainingTimeout`` and ``trainingWindow`` in seconds; of the
        request of ``CreateSchedule``, ``scheduleExpression``, ``scheduleExpressionTimezone`` and ``state``. What isn't
        given is missing: of a retraining on demand only, the schedule.
    """
    found = {}
    for logical_id, machine in _resources(template, "AWS::StepFunctions::StateMachine").items():
        definition, intrinsics = parsed(machine["Properties"].get("DefinitionString"))
        settings = settings_in(definition) if isinstance(definition, dict) else None
        if settings is not None:
            found[logical_id] = with_intrinsics(settings, intrinsics) | _schedule(template, logical_id)
    return found


def audience_model_retraining(template: Template) -> dict[str, Any]:
    """The one retraining of a template, as :func:`audience_model_retrainings` shows it.

    Args:
        template: The template of a stack.

    Raises:
        AssertionError: There is none, or more than one.
    """
    return _the_one("audience model retraining", audience_model_retrainings(template))


def _the_one(what: str, requests: Requests) -> dict[str, Any]:
    if len(requests) != 1:
        raise AssertionError(f"expected one {what}, the template has {sorted(requests) or 'none'}")
    (request,) = requests.values()
    return request


def _resources(template: Template, resource_type: str) -> Mapping[str, Mapping[str, Any]]:
    """The resources of a type.

    Raises:
        TypeError: It is no template, but what one can be made of.
    """
    if isinstance(template, Template):
        return template.find_resources(resource_type)
    made_of = {
        cdk.Stack: "Template.from_stack(…)",
        cdk.Stage: "Template.from_stack(…) with one of its stacks",
        dict: "Template.from_json(…)",
        str: "Template.from_string(…), with the text of a template",
    }
    write = next((f": write {how}" for kind, how in made_of.items() if isinstance(template, kind)), "")
    got = f"the class {template.__name__}" if isinstance(template, type) else with_article(type(template).__name__)
    raise TypeError(f"template must be an aws_cdk.assertions.Template, got {got}{write}")


def _requests(template: Template, resource_type: str) -> Requests:
    return {
        logical_id: {
            member: value
            for member, value in resource["Properties"].items()
            # What isn't the API's begins with a capital: ServiceToken and the like.
            if member[0].islower()
        }
        for logical_id, resource in _resources(template, resource_type).items()
    }


def _schedule(template: Template, state_machine: str) -> dict[str, Any]:
    started = {"Properties": {"Target": {"Arn": {"Ref": state_machine}}}}
    found = template.find_resources("AWS::Scheduler::Schedule", started).values()
    names = ("ScheduleExpression", "ScheduleExpressionTimezone", "State")
    return {_camel(name): each["Properties"][name] for each in found for name in names if name in each["Properties"]}


def _in_api_words(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A property of CloudFormation's as the API has it: names in camel case, tags as an object."""
    if isinstance(value, list):
        return [_in_api_words(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, *branches = value["Fn::If"]
        return {"Fn::If": [condition, *map(_in_api_words, branches)]}
    if any(name == "Ref" or name.startswith("Fn::") for name in value):
        return value
    return {_camel(name): _tags(each) if name == "Tags" else _in_api_words(each) for name, each in value.items()}


def _tags(tags: Any) -> Any:  # noqa: ANN401 - any JSON
    """An object, if that can be known: a tag may have a condition."""
    plain = isinstance(tags, list) and all(isinstance(tag.get("Key"), str) for tag in tags)
    return {tag["Key"]: tag["Value"] for tag in tags} if plain else tags


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
