"""Events sent to the deployed function as CloudFormation sends them, with an answer that lands in the run's bucket."""

from __future__ import annotations

import base64
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from ..account import LiveError
from .seen import shown

if TYPE_CHECKING:
    from ..account import Account, Client
    from ..run import Run

TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"

_URL_SECONDS = 7200
_FIGURES = re.compile(r"(Init Duration|Duration|Billed Duration|Max Memory Used): ([0-9.]+) (?:ms|MB)")


@dataclass(frozen=True)
class Event:
    """A request as CloudFormation sends it; sent again, it is the same to the letter.

    Attributes:
        body: what the function gets.
        answer_key: of the object in the run's bucket that the ResponseURL leads to.
    """

    body: dict[str, Any]
    answer_key: str


@dataclass(frozen=True)
class Delivered:
    """What became of a delivery.

    Attributes:
        status: SUCCESS or FAILED, as the function answered; empty if it didn't.
        physical_id: which it named.
        reason: which it gave.
        error: how Lambda says that the function ended, if not well.
        figures: of Lambda's report: `Init Duration` (of a cold start only), `Duration`, `Billed Duration` in
            milliseconds, `Max Memory Used` in MB.
    """

    status: str
    physical_id: str
    reason: str
    error: str
    figures: dict[str, float]


class Deliveries:
    """The function of a stack.

    Args:
        run: whose stack it is.
        stack: the stack's name.
    """

    def __init__(self, run: Run, stack: str) -> None:
        self._run = run
        self._lambda = run.account.client("lambda")
        self._s3 = run.account.client("s3")
        described = run.account.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        self.stack_id = str(described[0]["StackId"])
        self.function = next(
            str(each["PhysicalResourceId"]) for each in described if each["ResourceType"] == "AWS::Lambda::Function"
        )
        (self.logical_id, self.model) = next(
            (str(each["LogicalResourceId"]), str(each["PhysicalResourceId"]))
            for each in described
            if each["ResourceType"] == TYPE and each["LogicalResourceId"].startswith("Model")
        )
        self._signer = signer(run.account)
        self._number = 0

    def event(
        self,
        type_: str,
        logical_id: str,
        properties: dict[str, Any],
        *,
        physical_id: str | None = None,
        request_id: str | None = None,
    ) -> Event:
        """A request that is sent now, for the first time.

        Args:
            type_: Create, Update or Delete.
            logical_id: of the resource.
            properties: of the resource; an Update changes none.
            physical_id: of the resource, but for Create.
            request_id: by default a new one.
        """
        self._number += 1
        key = f"answers/{self._number}.json"
        place = {"Bucket": self._run.bucket, "Key": key}
        body = {
            "RequestType": type_,
            "RequestId": request_id or str(uuid.uuid4()),
            "ResponseURL": self._signer.generate_presigned_url("put_object", Params=place, ExpiresIn=_URL_SECONDS),
            "StackId": self.stack_id,
            "ResourceType": TYPE,
            "LogicalResourceId": logical_id,
            "ResourceProperties": properties,
        }
        if physical_id is not None:
            body["PhysicalResourceId"] = physical_id
        if type_ == "Update":
            body["OldResourceProperties"] = properties
        return Event(body, key)

    def send(self, event: Event) -> Delivered:
        """Delivers an event, and waits until the function returns."""
        self._s3.delete_object(Bucket=self._run.bucket, Key=event.answer_key)
        answered = self._lambda.invoke(FunctionName=self.function, Payload=json.dumps(event.body), LogType="Tail")
        error = json.loads(answered["Payload"].read() or b"null") if answered.get("FunctionError") else {}
        tail = base64.b64decode(answered.get("LogResult", "")).decode(errors="replace")
        answer = self._answer(event.answer_key)
        return Delivered(
            status=str(answer.get("Status", "")),
            physical_id=str(answer.get("PhysicalResourceId", "")),
            reason=str(answer.get("Reason", "")),
            error=str((error or {}).get("errorMessage", "")),
            figures=figures_of(tail),
        )

    def _answer(self, key: str) -> dict[str, Any]:
        listed = self._s3.list_objects_v2(Bucket=self._run.bucket, Prefix=key)
        if not listed.get("KeyCount"):
            return {}
        answer: dict[str, Any] = json.loads(self._s3.get_object(Bucket=self._run.bucket, Key=key)["Body"].read())
        return answer

    def configure(self, **settings: int) -> None:
        """Changes memory or timeout of the function; its next invocation is a cold start."""
        self._lambda.update_function_configuration(FunctionName=self.function, **settings)
        while (
            self._lambda.get_function_configuration(FunctionName=self.function).get("LastUpdateStatus") == "InProgress"
        ):
            self._run.pause(1)

    def members(self) -> dict[str, Any]:
        """The model as the service shows it.

        Raises:
            LiveError: it shows none.
        """
        members = shown(self._run, self.model)
        if members is None:
            raise LiveError(f"Get doesn't show {self.model}, which a stack has")
        return members

    def properties(self, **others: object) -> dict[str, Any]:
        """The properties that the model has now, or others: texts, as CloudFormation sends them."""
        now = self.members()
        members = {name: now[name] for name in _MEMBERS if name in now}
        tags = {key: value for key, value in now["tags"].items() if not key.startswith(MARKER_PREFIX)}
        return {"ServiceToken": self.function, "ServiceTimeout": "1200", **_texts({**members, "tags": tags, **others})}


def signer(account: Account) -> Client:
    """A client whose presigned URLs are as CloudFormation's ResponseURLs: of the Region, and signed by version 4.

    Others lead to the endpoint of all Regions, which redirects to a new bucket for hours; version 2 doesn't say when a
    URL was signed.
    """
    of_region = account.client("s3").meta.endpoint_url
    config = Config(signature_version="s3v4")
    return account.session.client("s3", region_name=account.region, endpoint_url=of_region, config=config)


MARKER_PREFIX = "cdk-cleanroomsml:"
"""Of the tags that mark a model as its stack's; they are no properties."""


def figures_of(tail: str) -> dict[str, float]:
    """What the end of a log says that Lambda has measured."""
    return {name: float(value) for name, value in _FIGURES.findall(tail)}


_MEMBERS = (
    "name", "audienceModelArn", "outputConfig", "description", "sharedAudienceMetrics", "minMatchingSeedSize",
    "audienceSizeConfig", "childResourceTagOnCreatePolicy",
)  # fmt: skip


def _texts(value: Any) -> Any:  # noqa: ANN401 - JSON
    """CloudFormation sends numbers as texts."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return value if isinstance(value, str) else str(value)
