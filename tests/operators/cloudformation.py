"""What stands beside Clean Rooms, in process, as far as the command asks: checked by the services' models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any

import boto3
from botocore import xform_name
from botocore.validate import ParamValidator

ACCOUNT, REGION = "111122223333", "us-east-1"
WHEN = datetime(2024, 5, 1, tzinfo=timezone.utc)
PAGE = 100


@dataclass
class FakeStack:
    """A stack; resources are (type, physical id, status) by logical id."""

    name: str
    resources: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    status: str = "CREATE_COMPLETE"
    template: dict[str, Any] = field(default_factory=dict)
    parameters: list[dict[str, str]] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    number: int = 1

    @property
    def id(self) -> str:
        uuid = f"00000000-0000-4000-8000-{self.number:012d}"
        return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.name}/{uuid}"


@dataclass
class RefusedError(Exception):
    """An error of a service."""

    code: str
    message: str = ""
    status: int = 400


class Elsewhere:
    """The services beside Clean Rooms; `calls` are the operations that were asked, in order.

    `denied` are operations, and the names of the stacks that they are denied on.
    """

    def __init__(self) -> None:
        self.stacks: list[FakeStack] = []
        self.exports: dict[str, str] = {}
        self.logs: dict[tuple[str, str], list[str]] = {}
        self.buckets: dict[str, str] = {}
        self.tables: dict[tuple[str, str], str] = {}
        self.locked: set[str] = set()
        self.denied: set[tuple[str, str]] = set()
        self.calls: list[str] = []

    def add(self, name: str, **given: Any) -> FakeStack:
        stack = FakeStack(name, **given)
        stack.number = len(self.stacks) + 1
        self.stacks.append(stack)
        return stack

    def client(self, service: str) -> Any:
        """A real client whose calls are answered here; input and output are those of the service model."""
        _NOW["elsewhere"] = self
        return _client(service)

    def _answer(self, model: Any, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.calls.append(model.name)
        try:
            self._check_allowed(model.name, params)
            answer = getattr(self, f"_{xform_name(model.name)}")(params)
        except RefusedError as refused:
            error = {"Code": refused.code, "Message": refused.message}
            return _Http(refused.status), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": refused.status}}
        problems = ParamValidator().validate(answer, model.output_shape)
        assert not problems.has_errors(), problems.generate_report()
        return _Http(200), {**answer, "ResponseMetadata": {}}

    def _check_allowed(self, operation: str, params: dict[str, Any]) -> None:
        if any(name == operation and of in params["StackName"] for name, of in self.denied):
            raise RefusedError("AccessDenied", f"is not authorized to perform: cloudformation:{operation}", 403)

    def _find(self, name: str) -> FakeStack:
        for stack in self.stacks:
            if name == stack.id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        raise RefusedError("ValidationError", f"Stack with id {name} does not exist")

    def _get_caller_identity(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root", "UserId": ACCOUNT}

    def _describe_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        stack = self._find(params["StackName"])
        described = {
            "StackName": stack.name,
            "StackId": stack.id,
            "CreationTime": WHEN,
            "StackStatus": stack.status,
            "Parameters": stack.parameters,
            "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()],
        }
        return {"Stacks": [described]}

    def _list_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        wanted = params.get("StackStatusFilter")
        found = [
            {"StackName": each.name, "StackId": each.id, "CreationTime": WHEN, "StackStatus": each.status}
            for each in self.stacks
            if wanted is None or each.status in wanted
        ]
        return _page("StackSummaries", found, params)

    def _list_stack_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        resources = [
            {
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": type_,
                "ResourceStatus": status,
                "LastUpdatedTimestamp": WHEN,
            }
            for logical_id, (type_, physical_id, status) in self._find(params["StackName"]).resources.items()
        ]
        return _page("StackResourceSummaries", resources, params)

    def _get_template(self, params: dict[str, Any]) -> dict[str, Any]:
        assert params["TemplateStage"] == "Processed"
        return {"TemplateBody": json.dumps(self._find(params["StackName"]).template)}

    def _list_exports(self, params: dict[str, Any]) -> dict[str, Any]:
        return _page("Exports", [{"Name": name, "Value": value} for name, value in self.exports.items()], params)

    def _describe_stack_events(self, params: dict[str, Any]) -> dict[str, Any]:
        return _page("StackEvents", self._find(params["StackName"]).events, params)

    def _get_bucket_encryption(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["Bucket"] not in self.buckets:
            raise RefusedError("NoSuchBucket", "The specified bucket does not exist", 404)
        key = self.buckets[params["Bucket"]]
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        return {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}}

    def _get_table(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["DatabaseName"], params["Name"]
        if name not in self.tables:
            raise RefusedError("EntityNotFoundException", "no such table")
        return {"Table": {"Name": name[1], "StorageDescriptor": {"Location": self.tables[name]}}}

    def _filter_log_events(self, params: dict[str, Any]) -> dict[str, Any]:
        streams = params.get("logStreamNames")
        if params["logGroupName"] in self.locked:
            raise RefusedError("AccessDeniedException", "the KMS key of the log group can't be used")
        found = [
            {"message": message, "logStreamName": stream, "timestamp": 1714521600000 + number}
            for (group, stream), messages in self.logs.items()
            if group == params["logGroupName"] and (streams is None or stream in streams)
            for number, message in enumerate(messages)
        ]
        if not any(group == params["logGroupName"] for group, _ in self.logs):
            raise RefusedError("ResourceNotFoundException", "The specified log group does not exist.")
        return {"events": found}


@dataclass
class _Http:
    status_code: int


def _page(name: str, items: list[Any], params: dict[str, Any]) -> dict[str, Any]:
    start = int(params.get("NextToken", 0))
    more = {"NextToken": str(start + PAGE)} if len(items) > start + PAGE else {}
    return {name: items[start : start + PAGE], **more}


_NOW: dict[str, Elsewhere] = {}


@cache
def _client(service: str) -> Any:
    """One for all tests, because it takes long to make one: answered by what is there now."""
    client: Any = boto3.client(service, region_name=REGION, aws_access_key_id="1", aws_secret_access_key="local")

    def keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = params

    def answer(model: Any, context: dict[str, Any], **_: Any) -> Any:
        return _NOW["elsewhere"]._answer(model, context["asked"])

    client.meta.events.register(f"provide-client-params.{service}.*", keep)
    client.meta.events.register(f"before-call.{service}.*", answer)
    return client
