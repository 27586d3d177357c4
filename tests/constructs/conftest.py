"""One stack to define models in, and what comes out of it."""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk_cleanroomsml import testing

from ..memory import MEMORY

_WRITTEN = tempfile.TemporaryDirectory(dir=MEMORY)
"""What is synthesised: a thousand applications."""


def an_app(**options: Any) -> cdk.App:
    """An application without what takes time and is in no template."""
    options.setdefault("outdir", tempfile.mkdtemp(dir=_WRITTEN.name))
    return cdk.App(builtin_cloud_formation_validation=False, tree_metadata=False, stack_traces=False, **options)


class Synth:
    """A stack, and its template as soon as somebody asks."""

    def __init__(self, context: dict[str, Any] | None = None) -> None:
        self.app = an_app(context=context)
        self.stack = cdk.Stack(self.app, "Stack")

    @cached_property
    def template(self) -> Template:
        """CDK lets nothing be defined after it."""
        return Template.from_stack(self.stack)

    @cached_property
    def all_resources(self) -> dict[str, Any]:
        return dict(self.template.to_json().get("Resources", {}))

    def resources(self, type_: str) -> dict[str, Any]:
        return {name: each for name, each in self.all_resources.items() if each["Type"] == type_}

    def only(self, type_: str) -> dict[str, Any]:
        (resource,) = self.resources(type_).values()
        found: dict[str, Any] = resource
        return found

    def function_policies(self) -> dict[str, Any]:
        """The policies of the one function's role."""
        resources = self.all_resources
        role = _function_role(resources)
        policies = {name: each for name, each in resources.items() if each["Type"] in POLICIES}
        return {name: each for name, each in policies.items() if {"Ref": role} in each["Properties"].get("Roles", [])}

    def function_statements(self) -> list[dict[str, Any]]:
        """What the function may do."""
        resources = self.all_resources
        policies = [
            *resources[_function_role(resources)]["Properties"]["Policies"],
            *(each["Properties"] for each in self.function_policies().values()),
        ]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def request(self) -> dict[str, Any]:
        """What the one model of the stack asks of CreateConfiguredAudienceModel."""
        return testing.configured_audience_model(self.template)


def warnings_of(stack: cdk.Stack) -> list[str]:
    """The warnings of an application's stack. `Annotations` would synthesise once more for each look."""
    folder = Path(cast("cdk.App", stack.node.root).synth().directory)
    artifact = json.loads((folder / "manifest.json").read_text())["artifacts"][stack.artifact_id]
    return [each for found in warnings_in(folder, artifact).values() for each in found]


def warnings_in(folder: Path, artifact: dict[str, Any]) -> dict[str, list[str]]:
    """The warnings of an artifact in a folder that was synthesised to, by path."""
    apart = artifact.get("additionalMetadataFile")
    metadata = {**artifact.get("metadata", {}), **(json.loads((folder / apart).read_text()) if apart else {})}
    return {
        path: [str(each["data"]) for each in entries if each["type"] == "aws:cdk:warning"]
        for path, entries in metadata.items()
    }


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
