"""One stack to define models in, and what comes out of it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk_cleanroomsml import testing


def an_app(**options: Any) -> cdk.App:
    """An application without what takes time and is in no template."""
    return cdk.App(builtin_cloud_formation_validation=False, tree_metadata=False, stack_traces=False, **options)


class Synth:
    """A stack, and its template as soon as somebody asks."""

    def __init__(self, context: dict[str, Any] | None = None) -> None:
        self.app = an_app(context=context)
        self.stack = cdk.Stack(self.app, "Stack")

    @property
    def template(self) -> Template:
        return Template.from_stack(self.stack)

    def resources(self, type_: str) -> dict[str, Any]:
        return dict(self.template.find_resources(type_))

    def only(self, type_: str) -> dict[str, Any]:
        (resource,) = self.resources(type_).values()
        found: dict[str, Any] = resource
        return found

    def function_policies(self) -> dict[str, Any]:
        """The policies of the one function's role."""
        resources = self.template.to_json()["Resources"]
        role = _function_role(resources)
        policies = {name: each for name, each in resources.items() if each["Type"] in POLICIES}
        return {name: each for name, each in policies.items() if {"Ref": role} in each["Properties"].get("Roles", [])}

    def function_statements(self) -> list[dict[str, Any]]:
        """What the function may do."""
        resources = self.template.to_json()["Resources"]
        policies = [
            *resources[_function_role(resources)]["Properties"]["Policies"],
            *(each["Properties"] for each in self.function_policies().values()),
        ]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def request(self) -> dict[str, Any]:
        """What the one model of the stack asks of CreateConfiguredAudienceModel."""
        return testing.configured_audience_model(self.template)


POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def _function_role(resources: dict[str, Any]) -> str:
    (role,) = (
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::Role" and name.startswith("CleanRoomsMLProviderRole")
    )
    return role


@pytest.fixture
def synth() -> Synth:
    return Synth()
