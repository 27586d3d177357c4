"""An account and Region as the credentials of whoever runs this see them, and a record of what was asked there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ProfileNotFound

if TYPE_CHECKING:
    from .masks import Masks

# boto3 makes the methods of its clients at run time.
Client = Any

ATTEMPTS = 8
"""How often a call is tried at most."""

INVOCATIONS = Config(read_timeout=910, retries={"total_max_attempts": 1})
"""For Lambda: an invocation takes up to 15 minutes, and one that is sent again is another."""


class LiveError(Exception):
    """The run can't go on; the message says why and what to change."""


@dataclass(frozen=True)
class Answer:
    """What a call was answered, fit to be shown: no account, no name of a person.

    Attributes:
        operation: such as `cleanroomsml:CreateConfiguredAudienceModel`.
        request_id: what AWS support finds it by; empty when no answer came.
        code: of the error, or empty.
        message: the error's words, or empty.
    """

    operation: str
    request_id: str
    code: str = ""
    message: str = ""


class Account:
    """One account in one Region.

    Args:
        session: whose credentials, and which Region. Endpoints come from where the AWS CLI takes them
            (`AWS_ENDPOINT_URL`), so a local engine can be the account.
        masks: what the record doesn't tell; the account adds its number and the caller's name.
        called: what the account is called in a report: `account` or `partner`.

    Attributes:
        record: every answer so far, oldest first. Botocore's own retries are one call.
        attempts: how often a call is tried at most.
    """

    def __init__(self, session: boto3.Session, masks: Masks, called: str = "account") -> None:
        self.session = session
        self.region = str(session.region_name)
        self.partition = str(session.get_partition_for_region(self.region))
        self.masks = masks
        self.called = called
        self.record: list[Answer] = []
        self.attempts = ATTEMPTS
        self._clients: dict[str, Client] = {}

    @property
    def id(self) -> str:
        """The 12 digits of the account."""
        return self.caller.split(":")[4]

    @cached_property
    def caller(self) -> str:
        """The ARN of whoever calls; from now on, no record tells it."""
        caller = str(self.client("sts").get_caller_identity()["Arn"])
        self.masks.add(caller.split(":")[4], f"<{self.called}>")
        self.masks.add(caller, "<caller>")
        # The name of a user, or of a session, which often is that of a person.
        self.masks.add(caller.rpartition("/")[2] if "/" in caller else None, "<caller>")
        return caller

    def client(self, service: str) -> Client:
        """The client of a service, by boto3's name; every call of it is recorded."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def unchecked(self, service: str) -> Client:
        """A client that leaves it to the service to check what it is given."""
        return self._new_client(service, parameter_validation=False)

    def _new_client(self, service: str, **config: object) -> Client:
        retries = {"mode": "standard", "total_max_attempts": self.attempts}
        how = INVOCATIONS if service == "lambda" else Config(retries=retries, **config)
        client = self.session.client(service, region_name=self.region, config=how)
        client.meta.events.register("after-call", self._answered)
        client.meta.events.register("after-call-error", self._not_answered)
        return client

    def in_region(self, region: str) -> Account:
        """The same account in another Region; its calls are on the same record, and aren't tried again."""
        other = Account(self.session, self.masks, self.called)
        other.region, other.record, other.attempts = region, self.record, 1
        return other

    def as_role(self, role_arn: str) -> Account:
        """The same account as a role sees it; its calls are on the same record.

        Raises:
            ClientError: whoever calls can't assume the role.
        """
        keys = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="cdk-cleanroomsml-live")["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=self.region
        )
        other = Account(session, self.masks, self.called)
        other.record = self.record
        return other

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def _answered(self, model: Any, parsed: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
        error = parsed.get("Error", {})
        metadata = parsed.get("ResponseMetadata", {})
        self._keep(model, metadata.get("RequestId", ""), error.get("Code", ""), error.get("Message", ""))

    def _not_answered(self, exception: Exception, context: dict[str, Any], **_: object) -> None:
        del context
        self.record.append(Answer("", "", type(exception).__name__, self.masks.mask(str(exception))))

    def _keep(self, model: Any, request_id: str, code: str, message: str) -> None:  # noqa: ANN401 - botocore's
        operation = f"{model.service_model.service_name}:{model.name}"
        self.record.append(Answer(operation, request_id, code, self.masks.mask(message)))


def connect(profile: str | None = None, *, masks: Masks, called: str = "account", region: str | None = None) -> Account:
    """Takes profile, Region, credentials and endpoints from where the AWS CLI takes them.

    Args:
        profile: a profile by its name; by default the AWS CLI's.
        masks: what is not to be shown.
        called: what a report calls the account.
        region: the Region; by default the AWS CLI's.

    Raises:
        LiveError: there is no such profile, or no Region is named anywhere.
    """
    try:
        # boto3 knows AWS_DEFAULT_REGION only, the AWS CLI both.
        session = boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        raise LiveError(f"{error}: name one of those that `aws configure list-profiles` shows") from error
    if not session.region_name:
        raise LiveError("no Region is named: set AWS_REGION, or configure one for the profile")
    account = Account(session, masks, called)
    masks.add(account.id, f"<{called}>")
    return account


def code_of(error: ClientError) -> str:
    """The service's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """The service's words."""
    return str(error.response.get("Error", {}).get("Message", ""))
