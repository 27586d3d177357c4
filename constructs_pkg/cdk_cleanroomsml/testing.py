"""For tests of applications: what a template asks of the services, in the words of their APIs.

Each function answers by logical id, its members named and nested as in the API reference. What is only known at
deployment is CloudFormation's intrinsic; a name is missing when it is to be generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import association, audience_model
from .configured_audience_model import RESOURCE_POLICY_TYPE, RESOURCE_TYPE

if TYPE_CHECKING:
    from aws_cdk.assertions import Template


def configured_audience_models(template: Template) -> dict[str, dict[str, Any]]:
    """The configured audience models of a template.

    Args:
        template: The template of a stack, ``Template.from_stack(stack)``.

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
    models = configured_audience_models(template)
    if len(models) != 1:
        raise AssertionError(f"expected one configured audience model, the template has {sorted(models) or 'none'}")
    (request,) = models.values()
    return request


def audience_models(template: Template) -> dict[str, dict[str, Any]]:
    """The audience models of a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``CreateAudienceModel``.
    """
    return _requests(template, audience_model.RESOURCE_TYPE)


def configured_audience_model_associations(template: Template) -> dict[str, dict[str, Any]]:
    """The associations of configured audience models in a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``CreateConfiguredAudienceModelAssociation``.
    """
    return _requests(template, association.RESOURCE_TYPE)


def configured_audience_model_policies(template: Template) -> dict[str, dict[str, Any]]:
    """The resource policies of configured audience models in a template.

    Args:
        template: The template of a stack.

    Returns:
        By logical id, the request of ``PutConfiguredAudienceModelPolicy``, its document as an object.
    """
    return _requests(template, RESOURCE_POLICY_TYPE)


def _requests(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    return {
        logical_id: {
            member: value
            for member, value in resource["Properties"].items()
            # What isn't the API's begins with a capital: ServiceToken and the like.
            if member[0].islower()
        }
        for logical_id, resource in template.find_resources(resource_type).items()
    }
