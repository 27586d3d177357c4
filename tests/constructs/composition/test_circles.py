"""Whatever waits for whatever, no template has a circle: told by what CloudFormation reads, not by what CDK says."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceOutput,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)
from cdk_cleanroomsml.provider.dependencies import comes_from_outside

from ...references import a_dataset, a_membership, an_audience_model
from ..conftest import Synth, an_app
from ..graph import circles, everything_before, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/5d2c1b0a"
ID = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
WRITER = "cleanrooms-ml.amazonaws.com"


def model(scope: Construct, name: str, audience_model_arn: str = ARN, **options: Any) -> ConfiguredAudienceModel:
    options.setdefault("shared_audience_metrics", SharedAudienceMetrics.ALL)
    return ConfiguredAudienceModel(scope, name, audience_model=an_audience_model(scope, audience_model_arn), **options)


def trained(scope: Construct, name: str = "AudienceModel", dataset: str = DATASET) -> AudienceModel:
    return AudienceModel(scope, name, training_dataset=a_dataset(scope, dataset))


def dataset(scope: Construct, name: str = "Dataset", **options: Any) -> TrainingDataset:
    options.setdefault("bucket", s3.Bucket.from_bucket_name(scope, f"{name}Data", "shop-data"))
    return TrainingDataset(
        scope,
        name,
        columns=[TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")],
        table=GlueTable("shop", "purchases"),
        **options,
    )


def role(scope: Construct, name: str = "Writer") -> iam.Role:
    return iam.Role(scope, name, assumed_by=iam.ServicePrincipal(WRITER))


def associate(scope: Construct, name: str, of: ConfiguredAudienceModel, **options: Any) -> Any:
    options.setdefault("membership", a_membership(scope, ID))
    return ConfiguredAudienceModelAssociation(scope, name, configured_audience_model=of, **options)


# What waits because somebody says so


def a_model_for_its_audience_model(stack: cdk.Stack) -> None:
    one = trained(stack)
    model(stack, "Model", one.audience_model_arn).node.add_dependency(one)


def an_audience_model_for_a_model_of_another(stack: cdk.Stack) -> None:
    one = trained(stack)
    one.node.add_dependency(model(stack, "Before"))
    model(stack, "After", one.audience_model_arn)


def models_in_a_row(stack: cdk.Stack) -> None:
    models = [model(stack, f"Model{number}") for number in range(3)]
    for one, next_one in itertools.pairwise(models):
        next_one.node.add_dependency(one)


def models_in_a_row_the_other_way(stack: cdk.Stack) -> None:
    models = [model(stack, f"Model{number}") for number in range(3)]
    for one, next_one in itertools.pairwise(models):
        one.node.add_dependency(next_one)


def models_of_one_output_in_a_row(stack: cdk.Stack) -> None:
    output = AudienceOutput(stack, "Output")
    one, two, three = (model(stack, name, output=output) for name in ("One", "Two", "Three"))
    one.node.add_dependency(two)
    two.node.add_dependency(three)


def a_model_for_the_output_of_another(stack: cdk.Stack) -> None:
    model(stack, "B").node.add_dependency(model(stack, "A").output)


def an_output_for_a_model_of_another(stack: cdk.Stack) -> None:
    output = AudienceOutput(stack, "Output")
    output.node.add_dependency(model(stack, "Before"))
    model(stack, "After", output=output)


def a_bucket_and_a_key_and_a_role_for_a_model(stack: cdk.Stack) -> None:
    before = model(stack, "Before")
    key = kms.Key(stack, "Key")
    bucket = s3.Bucket(stack, "Bucket", encryption_key=key)
    writer = role(stack)
    for each in (key, bucket, writer):
        each.node.add_dependency(before)
    model(stack, "After", output=AudienceOutput(stack, "Output", bucket=bucket, role=writer))


def one_role_of_two_outputs(stack: cdk.Stack) -> None:
    writer = role(stack)
    one, two = (AudienceOutput(stack, name, role=writer, prefix=name.lower()) for name in ("One", "Two"))
    model(stack, "First", output=one)
    two.node.add_dependency(model(stack, "Second", output=one))
    model(stack, "Third", output=two)


def models_for_the_provider(stack: cdk.Stack) -> None:
    provider = CleanRoomsMLProvider(stack)
    one = trained(stack)
    writer = role(stack)
    writer.node.add_dependency(provider)
    for each in (model(stack, "Model", one.audience_model_arn, output=AudienceOutput(stack, "O", role=writer)), one):
        each.node.add_dependency(provider)
    model(stack, "Other").output.node.add_dependency(provider)


def a_dataset_for_an_audience_model(stack: cdk.Stack) -> None:
    first = trained(stack, "First", dataset(stack, "A").training_dataset_arn)
    second = dataset(stack, "B", role=role(stack))
    second.node.add_dependency(first)
    trained(stack, "Second", second.training_dataset_arn)


def audience_models_of_one_dataset_in_a_row(stack: cdk.Stack) -> None:
    arn = dataset(stack).training_dataset_arn
    trained(stack, "A", arn).node.add_dependency(trained(stack, "B", arn))


def associations_in_a_row(stack: cdk.Stack) -> None:
    one, two = model(stack, "One"), model(stack, "Two")
    first = associate(stack, "First", one)
    second = associate(stack, "Second", two)
    first.node.add_dependency(second)
    second.node.add_dependency(one)


def a_membership_for_a_model(stack: cdk.Stack) -> None:
    one = model(stack, "Model")
    membership = cleanrooms.CfnMembership(stack, "Membership", collaboration_identifier=ID, query_log_status="DISABLED")
    membership.node.add_dependency(one)
    associate(stack, "Association", one, membership=membership)
    associate(stack, "Other", model(stack, "OtherModel"), membership=membership)


def wrappers(stack: cdk.Stack) -> None:
    for number in range(3):
        wrapper = Construct(stack, f"Wrapper{number}")
        one = trained(wrapper)
        associate(wrapper, "Association", model(wrapper, "Model", one.audience_model_arn))
        if number:
            wrapper.node.add_dependency(stack.node.find_child(f"Wrapper{number - 1}"))


def wrappers_the_other_way(stack: cdk.Stack) -> None:
    for number in range(3):
        wrapper = Construct(stack, f"Wrapper{number}")
        one = trained(wrapper)
        model(wrapper, "Model", one.audience_model_arn)
        if number:
            stack.node.find_child(f"Wrapper{number - 1}").node.add_dependency(wrapper)


def a_wrapper_for_a_model_of_its_output(stack: cdk.Stack) -> None:
    output = AudienceOutput(stack, "Output")
    wrapper = Construct(stack, "Wrapper")
    model(wrapper, "Inside", output=output)
    wrapper.node.add_dependency(model(stack, "Outside", output=output))


def resources_of_their_own(stack: cdk.Stack) -> None:
    one, two = (model(stack, name).node.default_child for name in ("One", "Two"))
    assert isinstance(one, cdk.CfnResource)
    assert isinstance(two, cdk.CfnResource)
    two.add_resource_dependency(one)


# What waits because it is mentioned


@jsii.implements(cdk.IStableStringProducer)
class Says:
    def __init__(self, said: str) -> None:
        self._said = said

    def produce(self) -> str:
        return self._said


TOKENS: dict[str, Callable[[cdk.Stack, str], str]] = {
    "itself": lambda _, arn: arn,
    "a condition": lambda stack, arn: cdk.Fn.condition_if(_condition(stack), arn, ARN).to_string(),
    "a condition the other way": lambda stack, arn: cdk.Fn.condition_if(_condition(stack), ARN, arn).to_string(),
    "a lazy one": lambda _, arn: cdk.Lazy.string(Says(arn)),
    "one of several": lambda _, arn: cdk.Fn.select(1, [ARN, arn]),
    "a part": lambda _, arn: cdk.Fn.select(0, cdk.Fn.split("|", f"{arn}|")),
    "joined": lambda _, arn: cdk.Fn.join("", [arn, ""]),
    "a substitution": lambda _, arn: cdk.Fn.sub("${Arn}", {"Arn": arn}),
    "in a text": lambda _, arn: (
        f"arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/{cdk.Fn.select(1, cdk.Fn.split('/', arn))}"
    ),
}


def _condition(stack: cdk.Stack) -> str:
    cdk.CfnCondition(stack, "Use", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "us-east-1"))
    return "Use"


def token(how: str) -> Callable[[cdk.Stack], None]:
    def define(stack: cdk.Stack) -> None:
        one = trained(stack)
        arn = TOKENS[how](stack, one.audience_model_arn)
        output = AudienceOutput(stack, "Output")
        before = model(stack, "Before", output=output)
        one.node.add_dependency(before)
        model(stack, "One", arn, output=output, wait_for_audience_model=cdk.Duration.minutes(1))
        model(stack, "Two", arn, output=output).node.add_dependency(stack.node.find_child("One"))

    return define


def an_audience_model_by_its_resource(stack: cdk.Stack) -> None:
    one = trained(stack).node.default_child
    assert isinstance(one, cdk.CfnResource)
    model(stack, "Model", one.ref).node.add_dependency(one)


def a_parameter(stack: cdk.Stack) -> None:
    arn = cdk.CfnParameter(stack, "Arn").value_as_string
    model(stack, "B", arn).node.add_dependency(model(stack, "A", arn))


def a_model_in_a_prefix(stack: cdk.Stack) -> None:
    one = model(stack, "One")
    model(stack, "Two", output=AudienceOutput(stack, "Output", prefix=one.configured_audience_model_id))


def a_model_in_the_name_of_another(stack: cdk.Stack) -> None:
    one = model(stack, "One")
    two = model(stack, "Two", configured_audience_model_name=f"after-{one.configured_audience_model_id}")
    model(
        stack, "Three", description=two.configured_audience_model_arn, tags={"after": two.configured_audience_model_id}
    )


def a_model_in_the_name_of_a_bucket(stack: cdk.Stack) -> None:
    one = model(stack, "One")
    bucket = s3.Bucket(stack, "Bucket", bucket_name=f"exports-{one.configured_audience_model_id}")
    model(stack, "Two", output=AudienceOutput(stack, "Output", bucket=bucket))


def a_model_in_a_tag_of_another(stack: cdk.Stack) -> None:
    one, two = model(stack, "One"), model(stack, "Two")
    cdk.Tags.of(two).add("after", one.configured_audience_model_arn)


def a_model_in_an_audience_model(stack: cdk.Stack) -> None:
    one = model(stack, "One")
    next_one = AudienceModel(
        stack, "Next", training_dataset=a_dataset(stack, DATASET), description=one.configured_audience_model_arn
    )
    model(stack, "Two", next_one.audience_model_arn)


def a_model_in_a_dataset(stack: cdk.Stack) -> None:
    before = trained(stack, "Before")
    data = dataset(stack, training_dataset_name="after", description=before.audience_model_arn)
    trained(stack, "After", data.training_dataset_arn)


# What waits because it is allowed


def grants_to_the_role_of_an_output(stack: cdk.Stack) -> None:
    writer = role(stack)
    one = model(stack, "Model", output=AudienceOutput(stack, "Output", role=writer))
    one.grants.manage(writer)
    one.grants.start_audience_generation(writer, seed_role=writer)


def grants_to_the_role_of_a_dataset(stack: cdk.Stack) -> None:
    reader = role(stack)
    data = dataset(stack, role=reader)
    data.grants.create_audience_model(reader)
    one = trained(stack, dataset=data.training_dataset_arn)
    one.grants.manage(reader)
    model(stack, "Model", one.audience_model_arn).grants.read(reader)


def grants_to_created_roles(stack: cdk.Stack) -> None:
    one, two = model(stack, "One"), model(stack, "Two")
    assert isinstance(one.role, iam.Role)
    assert isinstance(two.role, iam.Role)
    one.grants.read(one.role)
    one.grants.read(two.role)
    two.grants.read(one.role)


def partners(stack: cdk.Stack) -> None:
    one, two = model(stack, "One"), model(stack, "Two")
    grant = one.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=ID)
    grant.apply_before(two)
    two.grants.start_audience_generation(
        iam.AccountPrincipal("444455556666"), collaboration_id=one.configured_audience_model_id
    )


def retrainings(stack: cdk.Stack) -> None:
    data = dataset(stack)
    first = trained(stack, dataset=data.training_dataset_arn)
    one = model(stack, "Model", first.audience_model_arn)
    retraining = AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=one,
        training_dataset=data,
        initial_audience_model=first,
    )
    model(stack, "Other").node.add_dependency(retraining)


CASES = [
    a_model_for_its_audience_model,
    an_audience_model_for_a_model_of_another,
    models_in_a_row,
    models_in_a_row_the_other_way,
    models_of_one_output_in_a_row,
    a_model_for_the_output_of_another,
    an_output_for_a_model_of_another,
    a_bucket_and_a_key_and_a_role_for_a_model,
    one_role_of_two_outputs,
    models_for_the_provider,
    a_dataset_for_an_audience_model,
    audience_models_of_one_dataset_in_a_row,
    associations_in_a_row,
    a_membership_for_a_model,
    wrappers,
    wrappers_the_other_way,
    a_wrapper_for_a_model_of_its_output,
    resources_of_their_own,
    an_audience_model_by_its_resource,
    a_parameter,
    a_model_in_a_prefix,
    a_model_in_the_name_of_another,
    a_model_in_the_name_of_a_bucket,
    a_model_in_a_tag_of_another,
    a_model_in_an_audience_model,
    a_model_in_a_dataset,
    grants_to_the_role_of_an_output,
    grants_to_the_role_of_a_dataset,
    grants_to_created_roles,
    partners,
    retrainings,
]


@pytest.fixture(scope="module")
def templates() -> dict[str, dict[str, Any]]:
    """All of them in one application, a stack each: synthesised once."""
    app = an_app()
    stacks = {}
    for define in CASES:
        stacks[define.__name__] = cdk.Stack(app, define.__name__.replace("_", "-"))
        define(stacks[define.__name__])
    for number, how in enumerate(TOKENS):
        stacks[how] = cdk.Stack(app, f"Token{number}")
        token(how)(stacks[how])
    folder = Path(app.synth().directory)
    return {name: json.loads((folder / stack.template_file).read_text()) for name, stack in stacks.items()}


@pytest.mark.parametrize("name", [*(define.__name__ for define in CASES), *TOKENS])
def test_nothing_waits_for_itself(templates: dict[str, dict[str, Any]], name: str) -> None:
    assert circles(templates[name]["Resources"]) == []


@pytest.mark.parametrize("name", [*(define.__name__ for define in CASES), *TOKENS])
def test_custom_resources_go_before_their_permissions(templates: dict[str, dict[str, Any]], name: str) -> None:
    """Each depends on every permission that names what it names, and on those of its type."""
    resources = templates[name]["Resources"]
    edges = waits_for(resources)
    for logical_id, resource in resources.items():
        if not resource["Type"].startswith("Custom::CleanRooms"):
            continue
        allowed = "".join(
            str(resources[each]["Properties"]["PolicyDocument"])
            for each in edges[logical_id]
            if resources[each]["Type"] == "AWS::IAM::Policy"
        )
        kind = resource["Type"].removeprefix("Custom::CleanRooms").removeprefix("ML")
        assert f"Delete{kind}'" in allowed
        named = resource["Properties"]
        for part in ("outputConfig", "trainingDatasetArn", "audienceModelArn"):
            wanted = named.get(part, {}) if part != "outputConfig" else named.get(part, {}).get("roleArn", {})
            plain = isinstance(wanted, dict) and "Ref" in wanted
            assert plain or not wanted or str(wanted) in allowed, part


def test_a_circle_would_be_found() -> None:
    one: dict[str, Any] = {"Type": "A", "Properties": {"X": {"Fn::Sub": "${Two.Arn}"}}}
    two: dict[str, Any] = {"Type": "A", "DependsOn": "Three", "Properties": {}}
    three: dict[str, Any] = {"Type": "A", "Properties": {"Y": [{"Fn::GetAtt": ["One", "Arn"]}]}}
    resources = {"One": one, "Two": two, "Three": three, "Four": {"Type": "A", "DependsOn": ["One"]}}
    assert circles(resources) == ["One", "Three", "Two"]
    assert "Two" in everything_before("Four", waits_for(resources))


# When there is no room for a policy each


def test_what_waits_for_something_keeps_its_own_policy_when_others_share_one() -> None:
    synth = Synth()
    models = [model(synth.stack, f"Model{number}") for number in range(40)]
    models[38].node.add_dependency(models[30])
    models[35].output.bucket.node.add_dependency(models[10])
    model(
        synth.stack,
        "Prefixed",
        output=AudienceOutput(synth.stack, "Output", prefix=models[3].configured_audience_model_id),
    )
    resources = synth.template.to_json()["Resources"]
    assert circles(resources) == []
    own = {name for name, each in resources.items() if each["Type"] == "AWS::IAM::Policy" and "PassRole" in name}
    assert len(own) < 41
    for kept in ("Model38Output", "Model35Output", "OutputPassRole"):
        assert any(name.startswith(kept) for name in own), kept
    passed = [
        each
        for statement in synth.function_statements()
        if statement["Action"] == "iam:PassRole"
        for each in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    ]
    assert len(passed) == 41


def test_more_than_fit_is_refused_with_what_to_do(synth: Synth) -> None:
    models = [model(synth.stack, f"Model{number}") for number in range(35)]
    for one, next_one in itertools.pairwise(models):
        next_one.node.add_dependency(one)
    with pytest.raises(
        RuntimeError, match=r"needs some 1\d,\d+ characters of inline policies, IAM allows 10,240: share"
    ):
        synth.app.synth()


# What a condition leaves out


@jsii.implements(cdk.IAspect)
class OnlyIf:
    """Puts a condition on every resource."""

    def __init__(self, condition: cdk.CfnCondition) -> None:
        self._condition = condition

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, cdk.CfnResource):
            node.cfn_options.condition = self._condition


def on_a_dataset(scope: Construct) -> None:
    trained(scope, dataset=dataset(scope).training_dataset_arn)


def on_a_membership(scope: Construct) -> None:
    one = cleanrooms.CfnMembership(scope, "Membership", collaboration_identifier=ID, query_log_status="DISABLED")
    associate(scope, "Association", model(scope, "Model"), membership=one)


def on_a_given_role(scope: Construct) -> None:
    model(scope, "Model", output=AudienceOutput(scope, "Output", role=role(scope)))


def on_a_key(scope: Construct) -> None:
    key = kms.Key(scope, "Key")
    AudienceModel(
        scope,
        "AudienceModel",
        training_dataset=a_dataset(scope, DATASET),
        encryption_key=key,
        allow_encryption_key_use=True,
    )


@pytest.mark.parametrize("define", [on_a_dataset, on_a_membership, on_a_given_role, on_a_key])
def test_a_policy_is_there_only_if_what_it_names_is(synth: Synth, define: Callable[[Construct], None]) -> None:
    part = Construct(synth.stack, "Part")
    define(part)
    wanted = cdk.CfnCondition(synth.stack, "Wanted", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "us-east-1"))
    cdk.Aspects.of(part).add(OnlyIf(wanted))
    resources = synth.template.to_json()["Resources"]
    left_out = {name for name, each in resources.items() if each.get("Condition") == "Wanted"}
    by_reference = waits_for({name: {**each, "DependsOn": []} for name, each in resources.items()})
    # CloudFormation ignores a DependsOn of what isn't there, and refuses a reference to it.
    assert left_out
    assert [name for name in resources if name not in left_out and by_reference[name] & left_out] == []


def test_a_condition_of_a_policy_s_own_stays(synth: Synth) -> None:
    associate(synth.stack, "Association", model(synth.stack, "Model"))
    on_a_dataset(synth.stack)
    wanted = cdk.CfnCondition(synth.stack, "Wanted", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "us-east-1"))
    cdk.Aspects.of(synth.stack).add(OnlyIf(wanted))
    resources = synth.template.to_json()["Resources"].values()
    assert {each.get("Condition") for each in resources} == {"Wanted"}


# What comes from outside waits for nothing in the stack, so it needs no policy of its own when room is short


def parameters(stack: cdk.Stack, at: int) -> str:
    return cdk.CfnParameter(stack, f"Parameter{at}").value_as_string


def imports(_: cdk.Stack, at: int) -> str:
    return cdk.Fn.import_value(f"audience-model-{at}")


def another_stacks(stack: cdk.Stack, at: int) -> str:
    app = cast("Construct", stack.node.root)
    there = app.node.try_find_child("There") or cdk.Stack(app, "There")
    return trained(cast("Construct", there), f"AudienceModel{at}").audience_model_arn


@pytest.mark.parametrize("arn", [parameters, imports, another_stacks])
def test_many_from_outside_share_policies(synth: Synth, arn: Callable[[cdk.Stack, int], str]) -> None:
    output = AudienceOutput(synth.stack, "Output")
    arns = [arn(synth.stack, at) for at in range(40)]
    for at, each in enumerate(arns):
        model(synth.stack, f"Model{at}", each, output=output)
    told = synth.function_statements()  # synthesis would refuse what IAM does
    named = [each["Resource"] for each in told if "cleanrooms-ml:CreateConfiguredAudienceModel" in each["Action"]]
    flat = [one for each in named for one in (each if isinstance(each, list) else [each])]
    assert len(flat) == len(arns)
    assert circles(synth.template.to_json()["Resources"]) == []


def test_what_comes_from_a_nested_stack_waits_for_that(synth: Synth) -> None:
    nested = cdk.NestedStack(synth.stack, "Nested")
    inside = trained(nested).audience_model_arn
    assert comes_from_outside(inside, synth.stack) is False
    assert comes_from_outside(trained(synth.stack).audience_model_arn, nested) is True
    assert comes_from_outside(cdk.Fn.select(0, [model(nested, "Model").output.role_arn]), synth.stack) is False
