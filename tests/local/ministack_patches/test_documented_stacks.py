"""Stacks: templates, limits, statuses, events and change sets, as CloudFormation's documents describe them.

Sources: the CloudFormation user guide and the template reference, whose pages each class names; botocore's model of
CloudFormation, which is the API reference's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED = {"answer": {"Status": "FAILED", "Reason": "it is wrong", "PhysicalResourceId": "half-made"}}
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
PARAMETER = {"Type": "String", "Default": "x"}


def handles(**attributes: Any) -> dict[str, Any]:
    return {"Handle": {**HANDLE, **attributes}}


def many(count: int, value: Any) -> dict[str, Any]:
    return {f"Name{number}": value for number in range(count)}


def described(size: int) -> dict[str, Any]:
    return {"Resources": handles(), "Description": "x" * size}


def as_long_as(size: int) -> str:
    empty = json.dumps({"Resources": handles(), "Metadata": {"Long": ""}})
    return empty.replace('""', f'"{"x" * (size - len(empty))}"')


WRONG_TEMPLATES = {
    # What a page says, a template that isn't so, CloudFormation's words where they are known.
    "Resources, syntax: the section is required": (
        {"Outputs": {"Out": {"Value": "x"}}},
        "At least one Resources member",
    ),
    "Resources, logical ID: alphanumeric": ({"Resources": {"A-b": HANDLE}}, "Resource name A-b is non alphanumeric"),
    "Parameters, requirements: alphanumeric": (
        {"Resources": handles(), "Parameters": {"A_b": PARAMETER}},
        "Parameter name A_b is non alphanumeric",
    ),
    "Outputs, logical ID: alphanumeric": (
        {"Resources": handles(), "Outputs": {"A.b": {"Value": "x"}}},
        "Output name A.b is non alphanumeric",
    ),
    "Template anatomy: these sections": ({"Resources": handles(), "Sections": {}}, "properties [Sections]"),
    "Resource attributes: these": ({"Resources": handles(DeletePolicy="Retain")}, "resource property 'DeletePolicy'"),
    "Observed by others, cfn-lint #38: nothing is null": (
        {"Resources": handles(Properties={"List": ["x", None]})},
        "[/Resources/Handle/Properties/List/1] 'null' values are not allowed in templates",
    ),
    "DeletionPolicy options": (
        {"Resources": handles(DeletionPolicy="Keep")},
        "DeletionPolicy of Handle must be one of",
    ),
    "UpdateReplacePolicy options: without RetainExceptOnCreate": (
        {"Resources": handles(UpdateReplacePolicy="RetainExceptOnCreate")},
        "UpdateReplacePolicy of Handle must be one of Delete, Retain, Snapshot",
    ),
    "Ref: of this template": (
        {"Resources": handles(Metadata={"Ref": "Not looked at"}, Properties={"It": [{"Ref": "Gone"}]})},
        "Unresolved resource dependencies [Gone] in the Resources block",
    ),
    "Fn::GetAtt: of this template": (
        {"Resources": handles(), "Outputs": {"Out": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}}},
        "Unresolved resource dependencies [Gone] in the Outputs block",
    ),
    "Fn::Sub: of this template, or its own map": (
        {
            "Resources": handles(
                Properties={"It": {"Fn::Sub": ["${Own} ${!No} ${AWS::Region} ${Gone.Arn}", {"Own": "x"}]}}
            )
        },
        "Unresolved resource dependencies [Gone] in the Resources block",
    ),
    "DependsOn: of this template": (
        {"Resources": handles(DependsOn=["Gone"])},
        "Unresolved resource dependencies [Gone]",
    ),
    "DependsOn: no circle": (
        {"Resources": {"One": {**HANDLE, "DependsOn": "Two"}, "Two": {**HANDLE, "DependsOn": "One"}}},
        "Circular dependency between resources: [One, Two]",
    ),
    "Quotas: 500 resources": ({"Resources": many(501, HANDLE)}, "Number of resources, 501, is greater"),
    "Quotas: 200 parameters": (
        {"Resources": handles(), "Parameters": many(201, PARAMETER)},
        "Number of parameters, 201, is greater",
    ),
    "Quotas: 200 outputs": (
        {"Resources": handles(), "Outputs": many(201, {"Value": "x"})},
        "Number of outputs, 201, is greater",
    ),
    "Quotas: 200 mappings": (
        {"Resources": handles(), "Mappings": many(201, {"One": {"Two": "x"}})},
        "Number of mappings, 201, is greater",
    ),
    "Quotas: a resource name of 255 characters": ({"Resources": {"x" * 256: HANDLE}}, "may not exceed 255 characters"),
    "Quotas: a description of 1,024 bytes": (described(1025), "may not exceed 1024 bytes"),
    "Quotas: a body of 51,200 bytes": (as_long_as(51_201), "length less than or equal to 51200"),
    "Quotas: a parameter's value of 4,096 bytes": (
        {"Resources": handles(), "Parameters": {"Long": {**PARAMETER, "Default": "x" * 4097}}},
        "length is greater than 4096",
    ),
}

RIGHT_TEMPLATES = {
    "as many resources as there may be": {"Resources": many(500, HANDLE)},
    "as many of the rest as there may be": {
        "Resources": handles(),
        "Parameters": {f"Parameter{number}": PARAMETER for number in range(200)},
        "Outputs": many(200, {"Value": "x"}),
        "Mappings": many(200, {"One": {"Two": "x"}}),
    },
    "as long as it may be": as_long_as(51_200),
    "as long a description as it may have": described(1024),
    "names of 255 characters": {"Resources": {"x" * 255: HANDLE}},
    "all that a resource may refer to": {
        "Parameters": {"Own": PARAMETER},
        "Resources": {
            "One": {**HANDLE, "DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Snapshot"},
            "Two": {
                **HANDLE,
                "DependsOn": "One",
                "Properties": {
                    "All": [
                        {"Ref": "Own"},
                        {"Ref": "AWS::StackId"},
                        {"Fn::GetAtt": "One.Arn"},
                        {"Fn::Sub": "${One} ${Own}"},
                    ]
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def say(new_stacks: Any) -> Any:
    """What is said of a template that is refused."""
    stacks = new_stacks()

    def say(template: Any) -> str:
        body = template if isinstance(template, str) else json.dumps(template)
        try:
            stacks.cloudformation.validate_template(TemplateBody=body)
        except ClientError as error:
            return str(error)
        return ""

    return say


class TestTemplates:
    """User guide, "Template anatomy" and its sections; "Understand CloudFormation quotas"."""

    @pytest.mark.parametrize("said", WRONG_TEMPLATES)
    def test_what_is_not_so_is_refused(self, say: Any, said: str) -> None:
        template, words = WRONG_TEMPLATES[said]
        assert re.match(r"An error occurred \(ValidationError\)", say(template))
        assert words in say(template)

    @pytest.mark.parametrize("name", RIGHT_TEMPLATES)
    def test_what_is_so_is_not(self, say: Any, name: str) -> None:
        assert say(RIGHT_TEMPLATES[name]) == ""

    def test_in_each_operation(self, stacks: Any) -> None:
        """Nothing of the stack changes."""
        stacks.create(handles())
        body = json.dumps({"Resources": {"A-b": HANDLE}})
        names = {"StackName": "stack", "TemplateBody": body}
        cloudformation = stacks.cloudformation
        refusals: list[Callable[[], object]] = [
            lambda: cloudformation.create_stack(StackName="another", TemplateBody=body),
            lambda: cloudformation.update_stack(**names),
            lambda: cloudformation.create_change_set(**names, ChangeSetName="change"),
        ]
        for refused in refusals:
            with pytest.raises(ClientError, match="is non alphanumeric"):
                refused()
        assert [each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]] == ["stack"]
        assert stacks.settle() == "CREATE_COMPLETE"

    def test_parameters_are_those_of_the_template(self, stacks: Any) -> None:
        """ "Parameters must be declared and referenced from within the same template." """
        unknown = [{"ParameterKey": "Unknown", "ParameterValue": "x"}]
        with pytest.raises(ClientError, match=r"Parameters: \[Unknown\] do not exist in the template"):
            stacks.create(handles(), Parameters=unknown)


class TestExports:
    """User guide, "Outputs": restrictions to cross-stack references."""

    @pytest.fixture
    def shared(self, stacks: Any) -> Any:
        """A stack whose export another one imports."""
        stacks.create(handles(), exported("old"))
        body = json.dumps({"Resources": handles(), "Outputs": {"In": {"Value": {"Fn::ImportValue": "shared"}}}})
        stacks.cloudformation.create_stack(StackName="importer", TemplateBody=body)
        assert stacks.settle("importer") == "CREATE_COMPLETE"
        return stacks

    @pytest.mark.parametrize(("outputs", "verb"), [({}, "deleted"), ("new", "updated")])
    def test_one_in_use_stays_as_it_is(self, shared: Any, outputs: Any, verb: str) -> None:
        """ "You can't modify or remove an output value that is referenced by another stack." """
        if isinstance(outputs, str):
            outputs = exported(outputs)
        assert shared.update(handles(DependsOn=[]), outputs) == "UPDATE_ROLLBACK_COMPLETE"
        reason = f"Export shared cannot be {verb} as it is in use by importer"
        assert ("stack", "UPDATE_ROLLBACK_IN_PROGRESS", reason) in shared.told("stack")
        assert values(shared) == {"shared": "old"}
        shared.cloudformation.delete_stack(StackName="importer")
        shared.settle(self.stack_id(shared, "importer"))
        assert shared.update(handles(), outputs) == "UPDATE_COMPLETE"
        assert values(shared) == ({"shared": "new"} if outputs else {})

    @staticmethod
    def stack_id(stacks: Any, name: str) -> str:
        summaries = stacks.cloudformation.list_stacks()["StackSummaries"]
        return str(next(each["StackId"] for each in summaries if each["StackName"] == name))

    def test_its_stack_can_not_be_deleted(self, shared: Any) -> None:
        """ "You can't delete a stack if another stack references one of its outputs." """
        with pytest.raises(ClientError, match="imported by stack importer"):
            shared.delete()

    def test_names_are_unique(self, shared: Any) -> None:
        """ "For each AWS account, Export names must be unique within a region." """
        body = json.dumps({"Resources": handles(), "Outputs": exported("another")})
        shared.cloudformation.create_stack(StackName="other", TemplateBody=body)
        assert shared.settle("other") == "ROLLBACK_COMPLETE"
        reason = "Export with name shared is already exported by stack stack. Rollback requested by user."
        assert ("other", "ROLLBACK_IN_PROGRESS", reason) in shared.told("other", stack="other")
        assert values(shared) == {"shared": "old"}


def exported(value: str) -> dict[str, Any]:
    return {"Out": {"Value": value, "Export": {"Name": "shared"}}}


def values(stacks: Any) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in stacks.cloudformation.list_exports()["Exports"]}


OPERATIONS = {
    # "Stack status codes": what a stack goes through, oldest first.
    "create": ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"],
    "update": ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"],
    "failed update": [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ],
    "failed roll-back": ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"],
    "continued": [
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ],
    "failed delete": ["DELETE_IN_PROGRESS", "DELETE_FAILED"],
    "delete": ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"],
    "failed create": ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"],
    "failed create kept": ["CREATE_IN_PROGRESS", "CREATE_FAILED"],
    "review": ["REVIEW_IN_PROGRESS"],
}


@pytest.fixture(scope="module")
def told(new_stacks: Any) -> dict[str, list[dict[str, Any]]]:
    """The events of each operation, oldest first."""
    stacks = new_stacks()
    cloudformation = stacks.cloudformation
    seen: set[str] = set()
    found: dict[str, list[dict[str, Any]]] = {}

    def note(name: str, stack: str = "stack") -> None:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        found[name] = [each for each in events if each["EventId"] not in seen][::-1]
        seen.update(each["EventId"] for each in events)

    def thing(**steps: Any) -> dict[str, Any]:
        return {"Thing": stacks.custom(**steps)}

    bad = {"Bad": stacks.custom(depends_on="Thing", Create=[FAILED])}
    stacks.create(thing(), ClientRequestToken="first-1")
    note("create")
    stacks.update(thing(Update=[{}]), ClientRequestToken="second-2")
    note("update")
    stacks.update(thing(Update=[{}], New=[]) | bad)
    note("failed update")
    stacks.update(thing(Update=[{}], Delete=[FAILED]))
    note("between")
    stack_id = stacks.stack_id()
    stacks.delete()
    note("failed delete")
    cloudformation.delete_stack(StackName="stack", RetainResources=["Thing"], ClientRequestToken="third-3")
    stacks.settle(stack_id)
    note("delete", stack_id)
    stacks.create({"Stuck": stacks.custom(Update=[FAILED, {}])})
    stacks.update({"Stuck": stacks.custom(Update=[{}]), "Bad": stacks.custom(depends_on="Stuck", Create=[FAILED])})
    note("both")
    stack_id = stacks.stack_id()
    found["failed roll-back"] = [each for each in found.pop("both") if not each["ResourceStatus"].startswith("CREATE")]
    stacks.continue_roll_back("Stuck")
    note("continued")
    stacks.delete()
    stacks.create({"Bad": stacks.custom(Create=[FAILED])})
    note("failed create")
    stacks.delete()
    stacks.create({"Bad": stacks.custom(Create=[FAILED])}, DisableRollback=True)
    note("failed create kept")
    cloudformation.create_change_set(
        StackName="reviewed",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": handles()}),
    )
    note("review", "reviewed")
    return found


class TestOperations:
    """User guide, "Stack status codes"; API reference, StackEvent."""

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_a_stack_goes_through_these_statuses(self, told: dict[str, list[dict[str, Any]]], name: str) -> None:
        statuses = [
            each["ResourceStatus"] for each in told[name] if each["ResourceType"] == "AWS::CloudFormation::Stack"
        ]
        assert statuses == OPERATIONS[name]

    def test_an_event_has_what_the_model_says(self, told: dict[str, list[dict[str, Any]]]) -> None:
        """API reference, StackEvent: some members are required; a reason is there only if there is one."""
        events = [each for operation in told.values() for each in operation]
        shapes = Loader().load_service_model("cloudformation", "service-2")["shapes"]
        statuses = {*shapes["ResourceStatus"]["enum"], *shapes["StackStatus"]["enum"]}
        for event in events:
            assert {"StackId", "EventId", "StackName", "Timestamp", "LogicalResourceId", "ResourceType"} <= event.keys()
            assert event["ResourceStatus"] in statuses
            assert event.get("ResourceStatusReason") != ""
        assert len({each["EventId"] for each in events}) == len(events)

    def test_times_go_forward(self, told: dict[str, list[dict[str, Any]]]) -> None:
        for events in told.values():
            times = [each["Timestamp"] for each in events]
            assert times == sorted(times)

    @pytest.mark.parametrize(("name", "token"), [("create", "first-1"), ("update", "second-2"), ("delete", "third-3")])
    def test_the_events_of_an_operation_have_its_token(
        self, told: dict[str, list[dict[str, Any]]], name: str, token: str
    ) -> None:
        """ "ClientRequestToken": all events initiated by a given stack operation are assigned the same one."""
        assert {each.get("ClientRequestToken") for each in told[name]} == {token}
        assert not any("ClientRequestToken" in each for each in told["failed update"])

    def test_what_a_stack_is_in_says_what_may_begin(self, stacks: Any) -> None:
        """API reference, UpdateStack, CancelUpdateStack, ContinueUpdateRollback, RollbackStack, DeleteStack."""
        cloudformation = stacks.cloudformation
        stacks.create({"Thing": stacks.custom(Create=[FAILED])})
        refusals: list[Callable[[], object]] = [
            lambda: stacks.update(handles()),
            lambda: cloudformation.cancel_update_stack(StackName="stack"),
            lambda: cloudformation.continue_update_rollback(StackName="stack"),
            lambda: cloudformation.rollback_stack(StackName="stack"),
            lambda: cloudformation.delete_stack(StackName="stack", RetainResources=["Thing"]),
        ]
        for refused in refusals:
            with pytest.raises(ClientError) as caught:
                refused()
            assert caught.value.response["Error"]["Code"] == "ValidationError"
        assert stacks.settle() == "ROLLBACK_COMPLETE"

    def test_nothing_to_update_is_refused(self, stacks: Any) -> None:
        stacks.create(handles())
        with pytest.raises(ClientError, match="No updates are to be performed"):
            stacks.update(handles())

    def test_termination_protection(self, stacks: Any) -> None:
        """User guide, "Protecting a stack from being deleted": the stack and its status remain unchanged."""
        stacks.create(handles(), EnableTerminationProtection=True)
        with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
            stacks.delete()
        assert stacks.settle() == "CREATE_COMPLETE"
        stacks.cloudformation.update_termination_protection(StackName="stack", EnableTerminationProtection=False)
        assert stacks.delete() == "DELETE_COMPLETE"


class TestPolicies:
    """Template reference, "DeletionPolicy attribute" and "UpdateReplacePolicy attribute"."""

    @pytest.fixture
    def resources(self, stacks: Any) -> Any:
        """A resource for each policy, and one without."""

        def resources(attribute: str = "DeletionPolicy", **steps: Any) -> dict[str, Any]:
            policies = ["Delete", "Retain"] + ["RetainExceptOnCreate"] * (attribute == "DeletionPolicy")
            found = {f"With{policy}": {**stacks.custom(**steps), attribute: policy} for policy in policies}
            return found | {"Without": stacks.custom(**steps)}

        return resources

    @staticmethod
    def deleted(stacks: Any) -> set[str]:
        return {name for kind, name, _ in stacks.sent() if kind == "Delete"}

    def test_a_deletion_of_the_stack(self, stacks: Any, resources: Any) -> None:
        stacks.create(resources())
        stack_id = stacks.stack_id()
        assert stacks.delete() == "DELETE_COMPLETE"
        assert self.deleted(stacks) == {"WithDelete", "Without"}
        skipped = [status for _, status, _ in stacks.told("WithRetain", stack=stack_id)]
        assert skipped[-1] == "DELETE_SKIPPED"

    def test_a_removal_from_the_template(self, stacks: Any, resources: Any) -> None:
        stacks.create({**resources(), **handles()})
        assert stacks.update(handles()) == "UPDATE_COMPLETE"
        assert self.deleted(stacks) == {"WithDelete", "Without"}
        assert set(stacks.resources()) == {"Handle"}

    def test_a_creation_that_is_rolled_back(self, stacks: Any, resources: Any) -> None:
        """ "RetainExceptOnCreate": except for the operation that created the resource."""
        made = resources()
        bad = {**stacks.custom(Create=[FAILED]), "DependsOn": list(made)}
        assert stacks.create({**made, "Bad": bad}) == "ROLLBACK_COMPLETE"
        assert self.deleted(stacks) == {"WithDelete", "WithRetainExceptOnCreate", "Without", "Bad"}

    def test_a_replacement(self, stacks: Any, resources: Any) -> None:
        """ "UpdateReplacePolicy" alone is for what is replaced: "DeletionPolicy" doesn't apply."""
        step = {"answer": {"PhysicalResourceId": "new"}}
        kept = {"Kept": {**stacks.custom(), "DeletionPolicy": "Retain"}}
        stacks.create({**resources("UpdateReplacePolicy"), **kept})
        kept["Kept"] |= stacks.custom(Update=[step])
        assert stacks.update({**resources("UpdateReplacePolicy", Update=[step]), **kept}) == "UPDATE_COMPLETE"
        assert self.deleted(stacks) == {"WithDelete", "Without", "Kept"}
        assert {each[0] for each in stacks.resources().values()} == {"new"}


class TestChangeSets:
    """API reference, CreateChangeSet, DescribeChangeSet and ExecuteChangeSet."""

    NAMES: ClassVar = {"StackName": "stack", "ChangeSetName": "change"}

    def create(self, stacks: Any, resources: dict[str, Any], type_: str = "UPDATE", **names: str) -> dict[str, Any]:
        body = json.dumps({"Resources": resources})
        stacks.cloudformation.create_change_set(**{**self.NAMES, **names}, TemplateBody=body, ChangeSetType=type_)
        found: dict[str, Any] = stacks.cloudformation.describe_change_set(**{**self.NAMES, **names})
        return found

    def test_of_a_new_stack(self, stacks: Any) -> None:
        made = self.create(stacks, handles(), "CREATE")
        assert (made["Status"], made["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
        assert [each["ResourceChange"]["Action"] for each in made["Changes"]] == ["Add"]
        assert stacks.status() == "REVIEW_IN_PROGRESS"
        stacks.cloudformation.execute_change_set(**self.NAMES)
        assert stacks.settle() == "CREATE_COMPLETE"
        with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
            stacks.cloudformation.execute_change_set(**self.NAMES)

    def test_without_a_change(self, stacks: Any) -> None:
        stacks.create(handles())
        made = self.create(stacks, handles())
        assert (made["Status"], made["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
        assert made["StatusReason"].startswith("The submitted information didn't contain changes.")
        with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
            stacks.cloudformation.execute_change_set(**self.NAMES)

    def test_what_it_says_that_it_would_do(self, stacks: Any) -> None:
        """ResourceChange: Add, Modify, Remove; whether a custom resource is replaced is for its function to say."""
        stacks.create({"Changed": stacks.custom(), "Gone": stacks.custom(), "Same": stacks.custom()})
        new = {"Changed": stacks.custom(Update=[{}]), "New": stacks.custom(), "Same": stacks.custom()}
        changes = [each["ResourceChange"] for each in self.create(stacks, new)["Changes"]]
        assert {each["LogicalResourceId"]: each["Action"] for each in changes} == {
            "Changed": "Modify",
            "Gone": "Remove",
            "New": "Add",
        }
        assert all(each["ResourceType"] == "Custom::Thing" for each in changes)

    def test_names(self, stacks: Any) -> None:
        stacks.create(handles())
        self.create(stacks, {**handles(), "More": HANDLE})
        with pytest.raises(ClientError, match="AlreadyExistsException"):
            self.create(stacks, {**handles(), "More": HANDLE})
        with pytest.raises(ClientError) as caught:
            stacks.cloudformation.describe_change_set(StackName="stack", ChangeSetName="another")
        assert caught.value.response["Error"]["Code"] == "ChangeSetNotFound"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
