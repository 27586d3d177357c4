"""An organization's property injectors: on constructs of this library, and on those of CDK inside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from constructs import Construct

import cdk_cleanroomsml as public
from cdk_cleanroomsml import AudienceOutput, CleanRoomsMLProvider, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import an_audience_model
from ..composition.test_chain import define_chain
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Mapping

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"


@jsii.implements(cdk.IPropertyInjector)
class Injector:
    """Says what is not said, and remembers what was."""

    def __init__(self, unique_id: str, **defaults: Any) -> None:
        self._unique_id = unique_id
        self._defaults = defaults
        self.seen: list[tuple[str, dict[str, Any]]] = []

    @property
    def construct_unique_id(self) -> str:
        return self._unique_id

    def inject(self, original_props: Mapping[str, Any], *, id: str, scope: Construct) -> dict[str, Any]:
        assert isinstance(scope, Construct)
        self.seen.append((id, dict(original_props)))
        return {**self._defaults, **original_props}


def app(*injectors: Any) -> cdk.App:
    return an_app(property_injectors=list(injectors) or None)


def model(scope: Construct, id: str = "Model", **parameters: Any) -> ConfiguredAudienceModel:
    parameters.setdefault("audience_model", an_audience_model(scope, ARN))
    parameters.setdefault("shared_audience_metrics", SharedAudienceMetrics.ALL)
    return ConfiguredAudienceModel(scope, id, **parameters)


def described(stack: cdk.Stack) -> dict[str, Any]:
    """The descriptions of the models, by the beginnings of their logical ids."""
    models = Template.from_stack(stack).find_resources(MODEL)
    return {name[:-8]: each["Properties"].get("description") for name, each in models.items()}


def test_an_injector_says_what_is_not_said() -> None:
    injector = Injector(ConfiguredAudienceModel.PROPERTY_INJECTION_ID, description="by the organization")
    stack = cdk.Stack(app(injector), "Stack")
    model(stack, "First")
    model(stack, "Second", description="of its own")
    ConfiguredAudienceModel(
        scope=stack,
        id="Third",
        audience_model=an_audience_model(stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.NONE,
    )
    assert described(stack) == {
        "First": "by the organization",
        "Second": "of its own",
        "Third": "by the organization",
    }
    assert [id_ for id_, _ in injector.seen] == ["First", "Second", "Third"]
    assert set(injector.seen[2][1]) == {"audience_model", "shared_audience_metrics"}


def test_the_nearest_one_says_it() -> None:
    id_ = ConfiguredAudienceModel.PROPERTY_INJECTION_ID
    root = app(Injector(id_, description="of the application"))
    stage = cdk.Stage(root, "Stage", property_injectors=[_none(Injector(id_, description="of the stage"))])
    stack = cdk.Stack(stage, "Stack", property_injectors=[_none(Injector(s3.Bucket.PROPERTY_INJECTION_ID))])
    wrapper = Construct(stack, "Wrapper")
    cdk.PropertyInjectors.of(wrapper).add(_none(Injector(id_, description="of the wrapper")))
    model(stack)
    model(Construct(wrapper, "Deep"))
    model(cdk.Stack(root, "Other"))
    assert described(stack) == {"Model": "of the stage", "WrapperDeepModel": "of the wrapper"}


def _none(injector: Injector) -> Any:
    """For type checkers, which take the word of a parameter's name for more than it says."""
    return injector


def test_what_it_says_is_checked() -> None:
    injector = Injector(ConfiguredAudienceModel.PROPERTY_INJECTION_ID, description=5, minimum=3)
    stack = cdk.Stack(app(injector), "Stack")
    with pytest.raises(TypeError, match="unexpected keyword argument 'minimum'"):
        model(stack)
    injector._defaults.pop("minimum")
    with pytest.raises(ValueError, match="description must be a text, got 5"):
        model(stack)


def test_it_returns_parameters() -> None:
    @jsii.implements(cdk.IPropertyInjector)
    class Nothing(Injector):
        def inject(self, original_props: Mapping[str, Any], *, id: str, scope: Construct) -> Any:
            assert super().inject(original_props, id=id, scope=scope)

    stack = cdk.Stack(app(Nothing(ConfiguredAudienceModel.PROPERTY_INJECTION_ID)), "Stack")
    with pytest.raises(TypeError, match="must return a dict of parameters, got None"):
        model(stack)


def constructs() -> dict[str, type]:
    """The constructs of this library that a program defines."""
    found = {name: getattr(public, name) for name in public.__all__}
    return {
        name: each
        for name, each in found.items()
        if hasattr(each, "is_construct") and not getattr(each, "_is_protocol", False)
    }


def test_each_construct_has_an_id_and_is_injected_into() -> None:
    injectors = {name: Injector(f"cdk-cleanroomsml.{name}") for name in constructs()}
    stack = cdk.Stack(app(*injectors.values()), "Stack")
    define_chain(stack)
    assert {name for name, injector in injectors.items() if not injector.seen} == set()
    assert {getattr(each, "PROPERTY_INJECTION_ID") for each in constructs().values()} == {  # noqa: B009
        f"cdk-cleanroomsml.{name}" for name in constructs()
    }
    assert injectors["CleanRoomsMLProvider"].seen[0][0] == "CleanRoomsMLProvider"
    assert injectors["AudienceOutput"].seen[0][0] == "Output"


def test_nothing_inside_takes_back_what_an_injector_said() -> None:
    root = app(
        Injector(kms.Key.PROPERTY_INJECTION_ID, alias="organization"),
        Injector(lambda_.Function.PROPERTY_INJECTION_ID, environment={"ORGANIZATION": "yes"}),
        Injector(logs.LogGroup.PROPERTY_INJECTION_ID, logGroupName="organization"),
        Injector(iam.Role.PROPERTY_INJECTION_ID, path="/organization/"),
    )
    stack = cdk.Stack(root, "Stack")
    elsewhere = s3.Bucket.from_bucket_name(stack, "Logs", "organization-logs")
    in_stack = Injector(s3.Bucket.PROPERTY_INJECTION_ID, serverAccessLogsBucket=elsewhere, eventBridgeEnabled=True)
    cdk.PropertyInjectors.of(stack).add(_none(in_stack))
    model(stack)
    template = Template.from_stack(stack)
    (bucket,) = template.find_resources("AWS::S3::Bucket").values()
    assert bucket["Properties"]["LoggingConfiguration"] == {"DestinationBucketName": "organization-logs"}
    assert "KMSMasterKeyID" in str(bucket["Properties"]["BucketEncryption"])
    template.resource_count_is("Custom::S3BucketNotifications", 1)
    template.has_resource_properties("AWS::KMS::Alias", {"AliasName": "alias/organization"})
    template.has_resource_properties("AWS::Lambda::Function", {"Environment": {"Variables": {"ORGANIZATION": "yes"}}})
    template.has_resource_properties("AWS::Logs::LogGroup", {"LogGroupName": "organization"})
    ours = [v for k, v in template.find_resources("AWS::IAM::Role").items() if k.startswith(("Model", "CleanRooms"))]
    assert [role["Properties"]["Path"] for role in ours] == ["/organization/"] * 2


@jsii.implements(cdk.IPropertyInjector)
class Overriding(Injector):
    """What it says holds against what was said."""

    def inject(self, original_props: Mapping[str, Any], *, id: str, scope: Construct) -> dict[str, Any]:
        return {**super().inject(original_props, id=id, scope=scope), **self._defaults}


def test_what_an_injector_takes_away_is_gone() -> None:
    """The role is allowed no key that the bucket doesn't have, and no policy is missed that isn't there."""
    injector = Overriding(s3.Bucket.PROPERTY_INJECTION_ID)
    injector._defaults = {"encryption": s3.BucketEncryption.S3_MANAGED, "encryptionKey": None, "enforceSSL": False}
    stack = cdk.Stack(app(injector), "Stack")
    output = AudienceOutput(stack, "Output")
    assert output.encryption_key is None
    template = Template.from_stack(stack)
    assert "kms:" not in str(template.find_resources("AWS::IAM::Role"))


def test_one_that_comes_too_late_is_told() -> None:
    root = app()
    stack = cdk.Stack(root, "Stack")
    model(stack)
    cdk.PropertyInjectors.of(stack).add(_none(Injector(s3.Bucket.PROPERTY_INJECTION_ID)))
    root.synth()
    late = Injector(CleanRoomsMLProvider.PROPERTY_INJECTION_ID)
    cdk.PropertyInjectors.of(root).add(_none(late))
    with pytest.raises(RuntimeError, match=r"'the application' was given an injector of cdk-cleanroomsml\.Clean"):
        root.synth(force=True)
