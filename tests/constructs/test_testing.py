"""The helpers for other people's tests."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk.assertions import Capture, Match, Template

from cdk_cleanroomsml import (
    AudienceModelRetraining,
    AudienceOutput,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
    testing,
)

from ..references import a_dataset, an_audience_model
from .composition.test_chain import ID, define_chain
from .conftest import Synth, an_app

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/visits"

ONE: list[Callable[[Template], dict[str, Any]]] = [
    testing.training_dataset,
    testing.audience_model,
    testing.configured_audience_model,
    testing.configured_audience_model_association,
    testing.configured_audience_model_policy,
    testing.audience_model_retraining,
]
ASSERTIONS: list[Callable[..., None]] = [getattr(testing, f"has_{one.__name__}") for one in ONE]


def define(stack: cdk.Stack, *names: str, **parameters: Any) -> None:
    output = AudienceOutput(stack, "Output")
    for name in names:
        ConfiguredAudienceModel(
            stack,
            name,
            audience_model=an_audience_model(stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            configured_audience_model_name=name,
            output=output,
            **{"min_matching_seed_size": 100, **parameters},
        )


@pytest.fixture(scope="module")
def chain() -> Template:
    synth = Synth()
    define_chain(synth.stack)
    return synth.template


@pytest.fixture(scope="module")
def two() -> Template:
    synth = Synth()
    define(synth.stack, "Sports", "News")
    return synth.template


@pytest.fixture(scope="module")
def empty() -> Template:
    return Synth().template


def l1_dataset(stack: cdk.Stack) -> cleanroomsml.CfnTrainingDataset:
    return cleanroomsml.CfnTrainingDataset(stack, "Dataset", name="visits", role_arn="role", training_data=[])


def retrained(stack: cdk.Stack, **parameters: Any) -> dict[str, Any]:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Model", ARN.replace("audience-model/", "configured-audience-model/")
    )
    dataset = a_dataset(stack, DATASET)
    AudienceModelRetraining(
        stack, "Retraining", configured_audience_model=model, training_dataset=dataset, **parameters
    )
    return testing.audience_model_retraining(Template.from_stack(stack))


class TestRequests:
    def test_the_one_model(self, synth: Synth) -> None:
        define(synth.stack, "Sports")
        request = testing.configured_audience_model(synth.template)
        members = {"name", "audienceModelArn", "outputConfig", "sharedAudienceMetrics", "minMatchingSeedSize"}
        assert set(request) == members
        assert (request["name"], request["minMatchingSeedSize"]) == ("Sports", 100)

    def test_all_models(self, two: Template) -> None:
        models = testing.configured_audience_models(two)
        assert sorted(request["name"] for request in models.values()) == ["News", "Sports"]

    def test_the_rest_of_the_chain(self, chain: Template) -> None:
        # What is only for the function isn't in them: that a retraining owns the audience model, say.
        assert set(testing.audience_model(chain)) == {"trainingDatasetArn"}
        association = testing.configured_audience_model_association(chain)
        assert set(association) == {"membershipIdentifier", "configuredAudienceModelArn", "manageResourcePolicies"}
        policy = testing.configured_audience_model_policy(chain)
        assert set(policy) == {"configuredAudienceModelArn", "configuredAudienceModelPolicy"}

    def test_a_dataset_has_the_names_of_the_api(self, chain: Template) -> None:
        request = testing.training_dataset(chain)
        assert request["trainingData"][0]["inputConfig"] == {
            "schema": [
                {"columnName": "user", "columnTypes": ["USER_ID"]},
                {"columnName": "item", "columnTypes": ["ITEM_ID"]},
                {"columnName": "at", "columnTypes": ["TIMESTAMP"]},
            ],
            "dataSource": {"glueDataSource": {"databaseName": "shop", "tableName": "purchases"}},
        }
        assert set(request["name"]) == {"Fn::Join"}

    def test_an_l1_dataset_with_tags_and_conditions(self, synth: Synth) -> None:
        table, sub = {"GlueDataSource": {"TableName": "visits"}}, {"Fn::Sub": ["${Name}", {"Name": "shop"}]}
        source = {"Fn::If": ["Condition", table, {"Ref": "AWS::NoValue"}]}
        cdk.CfnCondition(synth.stack, "Condition")
        dataset = l1_dataset(synth.stack)
        dataset.add_property_override("TrainingData", [{"InputConfig": {"DataSource": source, "Other": sub}}])
        cdk.Tags.of(dataset).add("Team", "media")
        request = testing.training_dataset(synth.template)
        assert request["tags"] == {"Team": "media"}
        chosen = ["Condition", {"glueDataSource": {"tableName": "visits"}}, {"Ref": "AWS::NoValue"}]
        assert request["trainingData"] == [{"inputConfig": {"dataSource": {"Fn::If": chosen}, "other": sub}}]

    def test_tags_that_depend_stay_a_list(self, synth: Synth) -> None:
        cdk.CfnCondition(synth.stack, "Condition")
        tags = [{"Fn::If": ["Condition", {"Key": "a", "Value": "b"}, {"Ref": "AWS::NoValue"}]}]
        l1_dataset(synth.stack).add_property_override("Tags", tags)
        assert testing.training_dataset(synth.template)["tags"] == tags

    def test_a_retraining_among_other_state_machines(self, chain: Template) -> None:
        request = testing.audience_model_retraining(chain)
        assert request == {
            "configuredAudienceModelArn": {"Ref": "Model0301700E"},
            "initialAudienceModelArn": {"Ref": "AudienceModel4585445D"},
            "trainingDatasetArn": {"Fn::GetAtt": ["DatasetB87AF082", "TrainingDatasetArn"]},
            "namePrefix": "StackRetrainingE9B20CAD",
            "keep": 2,
            "pollingInterval": 15 * 60,
            "trainingTimeout": 3 * 24 * 3600,
            "scheduleExpression": "cron(11 12 ? * FRI *)",
            "scheduleExpressionTimezone": "Etc/UTC",
            "state": "ENABLED",
        }

    def test_a_retraining_with_everything(self, synth: Synth) -> None:
        owner = cdk.CfnParameter(synth.stack, "Owner")
        request = retrained(
            synth.stack,
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.days(3)),
            enabled=False,
            description='{% "not" JSONata %}',
            audience_model_name_prefix=f"of-{owner.value_as_string}",
            tags={"owner": owner.value_as_string, "team": "media"},
            training_window=cdk.Duration.days(30),
        )
        assert request["trainingDatasetArn"] == DATASET
        assert (request["scheduleExpression"], request["state"]) == ("rate(3 days)", "DISABLED")
        assert request["description"] == '{% "not" JSONata %}'
        assert request["namePrefix"] == {"Fn::Join": ["", ["of-", {"Ref": "Owner"}]]}
        assert request["tags"] == {"owner": {"Ref": "Owner"}, "team": "media"}
        assert request["trainingWindow"] == 30 * 24 * 3600

    def test_a_retraining_on_demand_has_no_schedule(self, synth: Synth) -> None:
        assert {"scheduleExpression", "state", "tags", "description"}.isdisjoint(
            retrained(synth.stack, on_demand_only=True)
        )

    def test_state_machines_of_others(self, synth: Synth) -> None:
        number = cdk.Token.as_number({"Ref": "AWS::AccountId"})
        wait = stepfunctions.Wait(
            synth.stack, "Wait", time=stepfunctions.WaitTime.duration(cdk.Duration.seconds(number))
        )
        chainable: Any = wait
        stepfunctions.StateMachine(
            synth.stack, "Other", definition_body=stepfunctions.DefinitionBody.from_chainable(chainable)
        )
        for name, text in {"NoJson": "no JSON", "Text": '"text"', "Sub": {"Fn::Sub": "{}"}, "None": None}.items():
            machine = cdk.CfnResource(synth.stack, name, type="AWS::StepFunctions::StateMachine")
            machine.add_property_override("RoleArn", "role")
            machine.add_property_override("DefinitionString", text)
        assert testing.audience_model_retrainings(synth.template) == {}

    @pytest.mark.parametrize("one", ONE)
    def test_there_must_be_one(self, one: Callable[[Template], Any], empty: Template) -> None:
        with pytest.raises(AssertionError, match=rf"expected one {one.__name__.replace('_', ' ')}, .* has none"):
            one(empty)

    def test_more_than_one_are_named(self, two: Template) -> None:
        with pytest.raises(AssertionError, match=r"expected one .*News.*Sports"):
            testing.configured_audience_model(two)


class TestAssertions:
    @pytest.mark.parametrize("has", ASSERTIONS)
    def test_each_type(self, has: Callable[..., None], chain: Template, empty: Template) -> None:
        what = has.__name__.removeprefix("has_").replace("_", " ")
        has(chain)
        with pytest.raises(AssertionError, match=f"^the template has no {what}$"):
            has(empty)

    @pytest.mark.parametrize(
        ("has", "expected"),
        [
            (testing.has_training_dataset, {"trainingData": [{"type": "INTERACTIONS"}]}),
            (testing.has_audience_model, {"trainingDatasetArn": Match.any_value(), "kmsKeyArn": Match.absent()}),
            (testing.has_configured_audience_model, {"sharedAudienceMetrics": ["ALL"], "name": Match.absent()}),
            (testing.has_configured_audience_model_association, {"membershipIdentifier": ID}),
            (
                testing.has_configured_audience_model_policy,
                {"configuredAudienceModelPolicy": {"Statement": Match.array_with([Match.object_like({})])}},
            ),
            (testing.has_audience_model_retraining, {"keep": 2, "state": Match.string_like_regexp("^ENA")}),
        ],
    )
    def test_it_is_as_expected_or_not(
        self, has: Callable[..., None], expected: dict[str, Any], chain: Template
    ) -> None:
        has(chain, **expected)
        for name in expected:
            with pytest.raises(AssertionError, match=r"is as expected; the nearest is \w+:\n(.*\n)*!! "):
                has(chain, **{**expected, name: Match.exact("something else")})

    def test_one_of_several_is_enough(self, two: Template) -> None:
        testing.has_configured_audience_model(two, name="News", minMatchingSeedSize=100)

    def test_the_nearest_is_shown(self, two: Template) -> None:
        with pytest.raises(AssertionError) as raised:
            testing.has_configured_audience_model(two, name="News", minMatchingSeedSize=500)
        message = str(raised.value)
        assert message.startswith(
            "no configured audience model of the template is as expected; the nearest of 2 is News"
        )
        lines = [line.strip() for line in message.splitlines()]
        assert lines[lines.index("!! Expected 500 but received 100") + 1].startswith('"minMatchingSeedSize": 100')
        assert '"name": "News",' in lines
        assert message.count("!!") == 1

    def test_a_member_must_be_in_one_and_the_same(self, synth: Synth) -> None:
        define(synth.stack, "Sports")
        ConfiguredAudienceModel(
            synth.stack,
            "News",
            audience_model=an_audience_model(synth.stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.NONE,
        )
        with pytest.raises(AssertionError):
            testing.has_configured_audience_model(synth.template, name="Sports", sharedAudienceMetrics=["NONE"])

    def test_what_is_captured_is_there(self, two: Template) -> None:
        name = Capture()
        testing.has_configured_audience_model(two, name=name)
        assert name.as_string() in {"News", "Sports"}
        assert name.next()

    def test_nothing_is_captured_of_what_does_not_match(self, two: Template) -> None:
        name = Capture()
        testing.has_configured_audience_model(two, name=name, audienceModelArn=Match.string_like_regexp("readers"))
        other = Capture()
        with pytest.raises(AssertionError):
            testing.has_configured_audience_model(two, name=other, minMatchingSeedSize=1)
        with pytest.raises(RuntimeError, match="No value captured"):
            other.as_string()

    @pytest.mark.parametrize("has", ASSERTIONS)
    def test_a_misspelt_member_is_refused(self, has: Callable[..., None], chain: Template) -> None:
        what = has.__name__.removeprefix("has_").replace("_", " ")
        with pytest.raises(TypeError, match=f"^no {what} has zzz: there are \\w+, "):
            has(chain, zzz=Match.absent())

    def test_the_right_spelling_is_said(self, two: Template) -> None:
        misspelt: dict[str, Any] = {"min_matching_seed_size": Match.absent(), "sharedMetrics": ["ALL"]}
        with pytest.raises(TypeError, match=r"did you mean minMatchingSeedSize, sharedAudienceMetrics\?"):
            testing.has_configured_audience_model(two, **misspelt)

    @pytest.mark.parametrize(
        ("expected", "path"),
        [
            ({"description": None}, "description"),
            ({"tags": {"Team": None}}, "tags.Team"),
            ({"sharedAudienceMetrics": ["ALL", None]}, r"sharedAudienceMetrics\[1\]"),
        ],
    )
    def test_none_is_not_absent(self, two: Template, expected: dict[str, Any], path: str) -> None:
        with pytest.raises(TypeError, match=rf"^{path} is None, .* Match\.absent\(\)$"):
            testing.has_configured_audience_model(two, **expected)


@pytest.mark.parametrize(
    ("members", "service", "operation"),
    [
        (testing.TrainingDatasetMembers, "cleanroomsml", "CreateTrainingDataset"),
        (testing.AudienceModelMembers, "cleanroomsml", "CreateAudienceModel"),
        (testing.ConfiguredAudienceModelMembers, "cleanroomsml", "CreateConfiguredAudienceModel"),
        (testing.ConfiguredAudienceModelAssociationMembers, "cleanrooms", "CreateConfiguredAudienceModelAssociation"),
        (testing.ConfiguredAudienceModelPolicyMembers, "cleanroomsml", "PutConfiguredAudienceModelPolicy"),
    ],
)
def test_the_members_are_those_of_the_api(members: type, service: str, operation: str) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    # How a policy is put in place of another one is only the function's to say.
    the_functions = {"previousPolicyHash", "policyExistenceCondition"}
    assert set(members.__annotations__) == set(model.input_shape.members) - the_functions


def test_the_members_of_a_retraining_are_those_that_it_can_have(chain: Template, synth: Synth) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/a"
    given = retrained(
        synth.stack,
        description="d",
        tags={"a": "b"},
        training_window=cdk.Duration.days(1),
        encryption_key=cdk.aws_kms.Key.from_key_arn(synth.stack, "Key", key),
    )
    known = set(testing.AudienceModelRetrainingMembers.__annotations__)
    assert known == set(given) | set(testing.audience_model_retraining(chain))


def in_place_of_a_template() -> dict[str, tuple[Any, str]]:
    app = an_app()
    stack = cdk.Stack(app, "Stack")
    return {
        "a Stack": (stack, "got a Stack: write Template.from_stack(…)"),
        "an App": (app, "got an App: write Template.from_stack(…) with one of its stacks"),
        "a Stage": (cdk.Stage(app, "Stage"), "got a Stage: write Template.from_stack(…) with one of its stacks"),
        "a dict": ({"Resources": {}}, "got a dict: write Template.from_json(…)"),
        "a text": ("Stack.template.json", "got a str: write Template.from_string(…), with the text of a template"),
        "the class": (Template, "got the class Template"),
        "nothing": (None, "got a NoneType"),
    }


HELPERS = [name for name in testing.__all__ if inspect.isfunction(getattr(testing, name))]


@pytest.mark.parametrize("name", HELPERS)
def test_what_is_no_template_is_refused_with_how_one_is_made(name: str) -> None:
    for given, words in in_place_of_a_template().values():
        with pytest.raises(TypeError) as caught:
            getattr(testing, name)(given)
        assert str(caught.value) == f"template must be an aws_cdk.assertions.Template, {words}"


def test_the_names_are_there_when_they_are_used() -> None:
    assert {name for name in testing.__all__ if not hasattr(testing, name)} == set()
    assert dir(testing) == testing.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        testing.nothing  # noqa: B018
    code = "import sys, cdk_cleanroomsml.testing; print({'aws_cdk', 'jsii', 'botocore', 'pytest'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
