"""What an experiment has at hand: the account, what was given on the command line, and things to try with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .account import Account, Answer, code_of, message_of
from .permissions import missing_action

if TYPE_CHECKING:
    from collections.abc import Callable

    from .belongings import Belonging, Belongings

ROLE_PAUSES = (1, 2, 4, 8, 15, 30, 30)
"""Pauses, in seconds, until the service sees a new role."""


@dataclass(frozen=True)
class Inputs:
    """What can be given on the command line; each opens a part. An experiment says by these names what it `needs`.

    Attributes:
        audience_model_arn: an ACTIVE audience model of the account, which stays as it is.
        training_dataset_arn: a training dataset: audience models are trained on it, which costs.
        membership_id: a membership with room for associations.
        partner_profile: a profile of the AWS CLI, of another member of that collaboration's.
    """

    audience_model_arn: str
    training_dataset_arn: str | None = None
    membership_id: str | None = None
    partner_profile: str | None = None


@dataclass(frozen=True)
class Refusal:
    """An error that a service answered.

    Attributes:
        code: such as `ConflictException`.
        message: the service's words, as they came: they may hold an account.
    """

    code: str
    message: str


@dataclass
class Run:
    """One run.

    Attributes:
        account: where experiments are made.
        belongings: by which everything is made.
        inputs: what was given.
        partner: the other account, if a profile was given for it.
        pause: waits some seconds; never wait otherwise, so that a test can turn its engine's clock instead.
        clock: seconds that pass, for measuring.
    """

    account: Account
    belongings: Belongings
    inputs: Inputs
    partner: Account | None = None
    pause: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _numbers: dict[str, int] = field(default_factory=dict)
    _role_is_seen: bool = False

    @property
    def ml(self) -> Any:  # noqa: ANN401 - boto3 makes its methods
        """The client of Clean Rooms ML."""
        return self.account.client("cleanroomsml")

    @property
    def rooms(self) -> Any:  # noqa: ANN401 - boto3 makes its methods
        """The client of Clean Rooms."""
        return self.account.client("cleanrooms")

    def name(self, what: str) -> str:
        """A new name of this run: two calls never give the same one."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return self.belongings.name(f"{what}-{self._numbers[what]}")

    @cached_property
    def bucket(self) -> str:
        """A bucket to write to, without a key of KMS; all experiments have the same."""
        name = self.belongings.name("output")
        place = {} if self.account.region == "us-east-1" else {"LocationConstraint": self.account.region}
        configuration = {"CreateBucketConfiguration": place} if place else {}

        def create() -> str:
            self.account.client("s3").create_bucket(Bucket=name, **configuration)
            return name

        self.belongings.make("bucket", name, create)
        return name

    @cached_property
    def role(self) -> str:
        """The ARN of a role that Clean Rooms ML may assume to write there; all experiments have the same."""
        return self.new_role("write", _write_policy(self.account, self.bucket))

    def new_role(self, what: str, policy: dict[str, Any] | None, service: str = "cleanrooms-ml.amazonaws.com") -> str:
        """Creates a role.

        Args:
            what: a word for its name.
            policy: what it may do; None: nothing.
            service: who may assume it.

        Returns:
            Its ARN. The service may not see it at once.
        """
        iam, name = self.account.client("iam"), self.name(what)
        arn: list[str] = []

        def create() -> str:
            made = iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(_trust(service)),
                Tags=[{"Key": key, "Value": value} for key, value in self.belongings.tags.items()],
            )
            arn.append(made["Role"]["Arn"])
            return name

        self.belongings.make("role", name, create)
        if policy is not None:
            iam.put_role_policy(RoleName=name, PolicyName="Inline", PolicyDocument=json.dumps(policy))
        return arn[0]

    def request(self, name: str, **members: object) -> dict[str, Any]:
        """The smallest request of CreateConfiguredAudienceModel.

        Args:
            name: made by `name()`.
            members: what the request has besides, or otherwise; a member that is None is left out.
        """
        destination = {"s3Destination": {"s3Uri": f"s3://{self.bucket}/segments/"}}
        request = {
            "name": name,
            "audienceModelArn": self.inputs.audience_model_arn,
            "outputConfig": {"destination": destination, "roleArn": self.role},
            "sharedAudienceMetrics": ["NONE"],
            "tags": self.belongings.tags,
            **members,
        }
        return {member: value for member, value in request.items() if value is not None}

    def configured_audience_model(self, name: str | None = None, **members: object) -> Belonging:
        """Creates a configured audience model; before the first one, waits until the service sees the role.

        What it says of a role that it doesn't see nobody knows: so any refusal counts as that, until one was made.

        Args:
            name: its name; by default a new one.
            members: as `request` has them.

        Returns:
            It; its `id` is its ARN.

        Raises:
            ClientError: the service refuses it, for another reason than a role that it doesn't see.
        """
        request = self.request(name or self.name("model"), **members)

        def create() -> str:
            return str(self.ml.create_configured_audience_model(**request)["configuredAudienceModelArn"])

        for seconds in () if self._role_is_seen else ROLE_PAUSES:
            try:
                made = self.belongings.make("configured audience model", request["name"], create)
                break
            except ClientError as error:
                if missing_action(error, self.inputs) or code_of(error) not in _OF_ROLES:
                    raise
                self.pause(seconds)
        else:
            made = self.belongings.make("configured audience model", request["name"], create)
        self._role_is_seen = True
        return made

    def refusal(self, call: Callable[[], object], *, may_lack: str | None = None) -> Refusal | None:
        """Calls, and returns how the service refused it; None if it didn't.

        An error of the service itself (a status of 500 and above) is no answer, and raised; so is one that says that
        whoever runs this lacks an action.

        Args:
            call: the call.
            may_lack: an action that the caller is meant to lack, such as `iam:PassRole`.
        """
        try:
            call()
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
                raise
            if missing_action(error, self.inputs) not in (None, may_lack):
                raise
            return Refusal(code_of(error), message_of(error))
        return None

    def evidence(self, since: int) -> tuple[Answer, ...]:
        """What was answered since the record was so long."""
        return tuple(self.account.record[since:])


_OF_ROLES = ("AccessDeniedException", "ConflictException", "ResourceNotFoundException", "ValidationException")


def _trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _write_policy(account: Account, bucket: str) -> dict[str, Any]:
    """What the User Guide has a role for output do ("Create a service role to write a lookalike segment")."""
    arn, own = f"arn:{account.partition}:s3:::{bucket}", {"StringEquals": {"s3:ResourceAccount": account.id}}
    see = {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": arn, "Condition": own}
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{arn}/segments/*", "Condition": own}
    return {"Version": "2012-10-17", "Statement": [see, write]}
