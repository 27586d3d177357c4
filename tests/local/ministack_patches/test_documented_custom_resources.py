"""Custom resources, field by field, as CloudFormation's documents describe them.

Sources: CloudFormation user guide, "Custom resource request objects", "Custom resource response objects", "Custom
resource request types" and "CloudFormation custom resource request and response reference" (from 2023 to 2026 they say
the same about what is here); template reference, "AWS::CloudFormation::CustomResource". The type `cfn.Event` of
aws-lambda-go and Pulumi's CustomResourceEmulator, which was written after AWS's behaviour, have the same fields. Where
something is known from others' reports only, it says so.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

ALL = frozenset({"Create", "Update", "Delete"})
HARNESS = {"at", "seen"}
"""What the provider of these tests adds to the events that it keeps."""

FAILED = {"answer": {"Status": "FAILED", "Reason": "it is wrong", "PhysicalResourceId": "half-made"}}
VALUES = {
    "Text": "text",
    "Empty": "",
    "Number": 5,
    "Fraction": 1.5,
    "Yes": True,
    "List": ["one", 2, False],
    "Nested": {"Deeper": [{"Deepest": 3}]},
}
SENT = {
    "Text": "text",
    "Empty": "",
    "Number": "5",
    "Fraction": "1.5",
    "Yes": "true",
    "List": ["one", "2", "false"],
    "Nested": {"Deeper": [{"Deepest": "3"}]},
}


class Field(NamedTuple):
    """A field of a request, as "Custom resource request objects" lists it."""

    name: str
    sent_with: frozenset[str]
    kind: type


FIELDS = [
    Field("RequestType", ALL, str),
    Field("ResponseURL", ALL, str),
    Field("StackId", ALL, str),
    Field("RequestId", ALL, str),
    Field("ResourceType", ALL, str),
    Field("LogicalResourceId", ALL, str),
    Field("PhysicalResourceId", ALL - {"Create"}, str),
    Field("ResourceProperties", ALL, dict),
    Field("OldResourceProperties", frozenset({"Update"}), dict),
]


class History(NamedTuple):
    """What a provider was sent in the life of two custom resources.

    Attributes:
        events: everything, in order.
        stack_id: of the stack that they were in.
    """

    events: list[dict[str, Any]]
    stack_id: str

    def of(self, logical_id: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["LogicalResourceId"] == logical_id]


@pytest.fixture(scope="module")
def history(new_stacks: Any) -> History:
    """Created, updated in place, rolled back, replaced, replaced and rolled back, deleted; and one that failed."""
    stacks = new_stacks()

    def thing(*, step: Any = None, **values: Any) -> dict[str, Any]:
        steps = {"Create": [{"answer": {"Data": {"Told": "x"}}}], "Update": [step or {}]}
        resource: dict[str, Any] = stacks.custom(**steps)
        resource["Properties"] |= VALUES | values
        return resource

    def plain() -> dict[str, Any]:
        return {**stacks.custom(), "Type": "AWS::CloudFormation::CustomResource"}

    bad = stacks.custom(depends_on="Thing", Create=[FAILED])
    renamed = {"answer": {"PhysicalResourceId": "second"}}
    stacks.create({"Thing": thing(), "Plain": plain()})
    stacks.update({"Thing": thing(Text="new"), "Plain": plain()})
    stacks.update({"Thing": thing(Text="newer"), "Plain": plain(), "Bad": bad})
    stacks.update({"Thing": thing(Text="replaced", step=renamed), "Plain": plain()})
    third = {"answer": {"PhysicalResourceId": "third"}}
    stacks.update({"Thing": thing(Text="not kept", step=third), "Plain": plain(), "Bad": bad})
    stack_id = stacks.stack_id()
    stacks.delete()
    return History(stacks.events(), stack_id)


class TestRequests:
    """User guide, "Custom resource request objects", "Custom resource provider request fields"."""

    @pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
    def test_a_field_is_there_with_these_requests(self, history: History, field: Field) -> None:
        sent = {each["RequestType"] for each in history.events if field.name in each}
        assert sent == field.sent_with
        for event in history.events:
            assert (field.name in event) == (event["RequestType"] in field.sent_with)
            assert isinstance(event.get(field.name, field.kind()), field.kind)

    def test_there_is_no_other_field(self, history: History) -> None:
        assert {name for event in history.events for name in event} - HARNESS == {field.name for field in FIELDS}

    def test_they_come_in_this_order(self, history: History) -> None:
        """ "Custom resource request types": a replaced one is deleted after the update, with its old id.

        Whatever was updated when an operation fails is updated back; what had replaced something is deleted.
        """
        assert [(each["RequestType"], each.get("PhysicalResourceId")) for each in history.of("Thing")] == [
            ("Create", None),
            ("Update", "made"),
            ("Update", "made"),
            ("Update", "made"),
            ("Update", "made"),
            ("Delete", "made"),
            ("Update", "second"),
            ("Delete", "third"),
            ("Delete", "second"),
        ]

    def test_an_update_comes_only_with_a_change(self, history: History) -> None:
        """ "Update": sent when there's any change to the properties."""
        assert [each["RequestType"] for each in history.of("Plain")] == ["Create", "Delete"]

    def test_one_that_failed_to_be_created_is_deleted(self, history: History) -> None:
        """ "PhysicalResourceId": of the answer, also if that said FAILED."""
        sent = [(each["RequestType"], each.get("PhysicalResourceId")) for each in history.of("Bad")]
        assert sent == [("Create", None), ("Delete", "half-made")] * 2

    def test_stack_and_request_identify_it(self, history: History) -> None:
        """ "RequestId": combined with the StackId, it uniquely identifies a request."""
        assert {each["StackId"] for each in history.events} == {history.stack_id}
        assert len({each["RequestId"] for each in history.events}) == len(history.events)

    def test_the_type_is_the_templates(self, history: History) -> None:
        """Template reference: `AWS::CloudFormation::CustomResource`, or `Custom::` and a name."""
        assert {each["ResourceType"] for each in history.of("Thing")} == {"Custom::Thing"}
        assert {each["ResourceType"] for each in history.of("Plain")} == {"AWS::CloudFormation::CustomResource"}

    def test_properties_are_sent_as_they_are_but_scalars_as_texts(self, history: History) -> None:
        """ "ResourceProperties": verbatim; the template reference gives ServiceToken and ServiceTimeout as strings.

        That numbers and booleans become texts isn't documented, and everybody's provider sees it.
        """
        sent = history.of("Thing")[0]["ResourceProperties"]
        assert {name: sent[name] for name in SENT} == SENT
        assert sent["ServiceToken"].startswith("arn:aws:lambda:")
        assert sent["ServiceTimeout"] == "20"

    def test_nothing_of_the_answers_data_comes_back(self, history: History) -> None:
        """An emulator was reported to send them with the Delete; AWS doesn't (orgs/localstack, discussion 60)."""
        assert not any("Told" in each["ResourceProperties"] for each in history.events)

    def test_old_properties_are_those_before(self, history: History) -> None:
        """ "OldResourceProperties": those declared previously; a roll-back has both swapped."""
        updates = [each for each in history.of("Thing") if each["RequestType"] == "Update"]
        texts = [(each["OldResourceProperties"]["Text"], each["ResourceProperties"]["Text"]) for each in updates]
        assert texts == [
            ("text", "new"),
            ("new", "newer"),
            ("newer", "new"),
            ("new", "replaced"),
            ("replaced", "not kept"),
        ]

    def test_a_delete_has_the_properties_of_what_it_deletes(self, history: History) -> None:
        deletes = [each for each in history.of("Thing") if each["RequestType"] == "Delete"]
        sent = [(each["PhysicalResourceId"], each["ResourceProperties"]["Text"]) for each in deletes]
        assert sent == [("made", "new"), ("third", "not kept"), ("second", "replaced")]

    def test_the_url_is_presigned(self, history: History) -> None:
        """ "ResponseURL": a presigned S3 URL; one for each request."""
        urls = [urlsplit(each["ResponseURL"]) for each in history.events]
        assert len({url.path for url in urls}) == len(urls)
        names = {"X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}
        assert all(names <= parse_qs(url.query).keys() for url in urls)


def answer(**fields: Any) -> dict[str, Any]:
    return {"answer": fields}


RESPONSES = {
    # A field of "Custom resource response objects", what is said of it, an answer that isn't so, the reason.
    "RequestId": ("copied verbatim", answer(RequestId="another"), "RequestId is 'another'"),
    "RequestIdMissing": ("required", answer(RequestId=None), "RequestId is None"),
    "StackId": ("copied verbatim", answer(StackId="another"), "StackId is 'another'"),
    "StackIdMissing": ("required", answer(StackId=None), "StackId is None"),
    "LogicalResourceId": ("copied verbatim", answer(LogicalResourceId="another"), "LogicalResourceId is 'another'"),
    "LogicalResourceIdMissing": ("required", answer(LogicalResourceId=None), "LogicalResourceId is None"),
    "Status": ("SUCCESS or FAILED", answer(Status="OK"), "Status is 'OK', it must be SUCCESS or FAILED"),
    "StatusCase": ("SUCCESS or FAILED", answer(Status="Success"), "Status is 'Success'"),
    "StatusMissing": ("required", answer(Status=None), "Status is None"),
    "Reason": ("required if Status is FAILED", answer(Status="FAILED"), "Reason is missing"),
    "PhysicalResourceId": ("required", answer(PhysicalResourceId=None), "Invalid PhysicalResourceId"),
    "PhysicalResourceIdEmpty": ("non-empty", answer(PhysicalResourceId=""), "Invalid PhysicalResourceId"),
    "PhysicalResourceIdType": ("a string", answer(PhysicalResourceId=5), "Invalid PhysicalResourceId"),
    "PhysicalResourceIdLong": ("1 KB", answer(PhysicalResourceId="x" * 1025), "Invalid PhysicalResourceId"),
    "PhysicalResourceIdBytes": ("1 KB", answer(PhysicalResourceId="ü" * 513), "Invalid PhysicalResourceId"),
    "Data": ("a JSON object", answer(Data=["x"]), "Data is not an object"),
    "Total": ("4096 bytes", answer(Data={"Long": "x" * 4096}), "Response object is too long."),
    "Json": ("JSON", {"raw": "SUCCESS"}, "it is not JSON"),
    "JsonObject": ("a JSON object", {"raw": "[]"}, "it is not a JSON object"),
}


TIMEOUTS = {f"Timeout{number}": value for number, value in enumerate([0, "0", 3601, -1, 1.5, "1.5", "soon", ""])}
TOKENS = {
    "Nothing": (None, "has no ServiceToken"),
    "Abroad": ("arn:aws:lambda:eu-west-1:111122223333:function:provider", "must be of the stack's Region"),
    "Nobody": ("arn:aws:lambda:us-east-1:111122223333:function:nobody", "names no function"),
    "Topic": ("arn:aws:sns:us-east-1:111122223333:topic", "topic of SNS"),
    "Anything": ("anything", "must be of the stack's Region"),
}


@pytest.fixture(scope="module")
def refusals(new_stacks: Any) -> dict[str, str]:
    """Why each of these is not created, in a stack of its own."""
    stacks = new_stacks()
    wrong = {name: stacks.custom(Create=[step]) for name, (_, step, _) in RESPONSES.items()}
    wrong |= {name: stacks.custom(timeout=seconds) for name, seconds in TIMEOUTS.items()}
    for name, (token, _) in TOKENS.items():
        wrong[name] = {**stacks.custom(), "Properties": {"ServiceToken": token} if token else {}}
    for name, resource in wrong.items():
        stacks.begin("create", {name: resource}, stack=name)
    assert {name: stacks.settle(name) for name in wrong} == dict.fromkeys(wrong, "ROLLBACK_COMPLETE")
    # What was never sent a Create isn't sent a Delete.
    assert {name for _, name, _ in stacks.sent()} == {*RESPONSES}
    return {name: stacks.reason(name, stack=name) for name in wrong}


class TestResponses:
    """User guide, "Custom resource response objects", "Custom resource provider response fields"."""

    @pytest.mark.parametrize("name", RESPONSES)
    def test_what_is_not_so_is_a_failure(self, refusals: dict[str, str], name: str) -> None:
        assert RESPONSES[name][-1] in refusals[name]

    def test_limits_are_inclusive(self, stacks: Any) -> None:
        """ "The total size of the response body can't exceed 4096 bytes", "up to 1 KB in size"."""
        longest = {"PhysicalResourceId": "ü" * 512}
        stacks.create({"Thing": stacks.custom(Create=[{"answer": longest, "bytes": 4096}])})
        assert stacks.resources()["Thing"] == ("ü" * 512, "CREATE_COMPLETE")
        assert stacks.update({"Thing": stacks.custom(Update=[{"bytes": 4097}])}) == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.reason("Thing") == "Response object is too long."

    def test_reason_data_and_no_echo_are_optional(self, stacks: Any) -> None:
        """ "Reason": optional otherwise. "NoEcho": boolean, false by default. "Data": optional."""
        told = {"Reason": "fine", "NoEcho": True, "Data": {"Secret": "s3cret"}}
        outputs = {"Out": {"Value": {"Fn::GetAtt": ["Thing", "Secret"]}}}
        resources = {
            "Thing": stacks.custom(Create=[answer(**told)]),
            "Other": stacks.custom(Create=[answer(Data=None)]),
        }
        assert stacks.create(resources, outputs) == "CREATE_COMPLETE"
        # Outputs are shown all the same ("cfn-response module", `noEcho`).
        assert stacks.outputs() == {"Out": "s3cret"}

    def test_scalars_of_data_become_texts(self, stacks: Any) -> None:
        """ "Data": name-value pairs, accessed by name with Fn::GetAtt."""
        data = {"Number": 5, "Yes": True, "Text": "text"}
        outputs = {name: {"Value": {"Fn::GetAtt": ["Thing", name]}} for name in data}
        stacks.create({"Thing": stacks.custom(Create=[answer(Data=data)])}, outputs)
        assert stacks.outputs() == {"Number": "5", "Yes": "true", "Text": "text"}

    def test_who_asks_for_what_data_has_not_fails(self, stacks: Any) -> None:
        """Observed by others: aws-solutions, dynamic-image-transformation-for-amazon-cloudfront #270."""
        other = stacks.custom()
        other["Properties"]["From"] = {"Fn::GetAtt": ["Thing", "Missing"]}
        assert stacks.create({"Thing": stacks.custom(), "Other": other}) == "ROLLBACK_COMPLETE"
        words = "CustomResource attribute error: Vendor response doesn't contain Missing key in object"
        assert stacks.reason("Other").startswith(words)

    def test_a_reason_has_words_around_it(self, stacks: Any) -> None:
        """Observed by others, in the events of hundreds of stacks."""
        assert stacks.create({"Thing": stacks.custom(Create=[FAILED])}) == "ROLLBACK_COMPLETE"
        words = "Received response status [FAILED] from custom resource. Message returned: it is wrong (RequestId: "
        assert stacks.reason("Thing").startswith(words)
        request_id = stacks.reason("Thing").removeprefix(words).rstrip(")")
        assert request_id == stacks.events()[0]["RequestId"]


class TestTemplates:
    """Template reference, "AWS::CloudFormation::CustomResource"."""

    @pytest.mark.parametrize("name", TIMEOUTS)
    def test_service_timeout_is_an_integer_from_1_to_3600(self, refusals: dict[str, str], name: str) -> None:
        assert refusals[name] == f"ServiceTimeout must be an integer from 1 to 3600, got '{TIMEOUTS[name]}'"

    def test_service_timeout_is_over_in_time(self, stacks: Any) -> None:
        """ "The maximum time, in seconds, that can elapse before a custom resource operation times out"."""
        slow = stacks.custom(timeout=1, Create=[{"wait": "deleting"}], Delete=[{"open": "deleting"}])
        longest = stacks.custom(timeout=3600, depends_on="Slow")
        assert stacks.create({"Slow": slow, "Longest": longest}) == "ROLLBACK_COMPLETE"
        assert stacks.reason("Slow").startswith("CloudFormation did not receive a response from your Custom Resource.")
        create, delete = stacks.events()
        assert create["RequestId"] in stacks.reason("Slow")
        assert re.fullmatch("stack-Slow-[0-9A-Z]{13}", delete["PhysicalResourceId"])

    @pytest.mark.parametrize("name", TOKENS)
    def test_service_token_names_a_function_of_the_region(self, refusals: dict[str, str], name: str) -> None:
        """ "The service token must be from the same Region as the stack." Topics of SNS are left out here."""
        assert TOKENS[name][1] in refusals[name]

    def test_service_token_can_not_be_changed(self, stacks: Any) -> None:
        """ "Updates aren't supported." The words are reported by others: aws-waf-security-automations #114."""
        stacks.create({"Thing": stacks.custom()})
        moved = stacks.custom()
        moved["Properties"]["ServiceToken"] += ":1"
        assert stacks.update({"Thing": moved}) == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.reason("Thing") == "Modifying service token is not allowed."
        assert stacks.sent() == [("Create", "Thing", None)]

    def test_the_type_can_not_be_changed(self, stacks: Any) -> None:
        """ "You can't change the type during an update." """
        stacks.create({"Thing": stacks.custom()})
        with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*: \[Thing\]"):
            stacks.update({"Thing": {**stacks.custom(), "Type": "Custom::Other"}})
        assert stacks.resources() == {"Thing": ("made", "CREATE_COMPLETE")}

    @pytest.mark.parametrize("name", ["Custom::a.b", "Custom::a/b", "Custom::ü", f"Custom::{'x' * 53}", "Custom::"])
    def test_a_type_has_at_most_60_of_these_characters(self, engine: Engine, name: str) -> None:
        """ "alphanumeric characters and the following characters: _@-", "up to a maximum length of 60 characters"."""
        body = json.dumps({"Resources": {"Thing": {"Type": name, "Properties": {"ServiceToken": "x"}}}})
        with pytest.raises(ClientError, match="the type of Thing may have 60 characters"):
            engine.client("cloudformation").validate_template(TemplateBody=body)

    def test_the_longest_type_is_sent(self, stacks: Any) -> None:
        longest = f"Custom::{'x' * 48}_@-9"
        assert len(longest) == 60
        assert stacks.create({"Thing": {**stacks.custom(), "Type": longest}}) == "CREATE_COMPLETE"
        assert stacks.events()[0]["ResourceType"] == longest
