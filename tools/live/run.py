"""What an experiment has at hand: the account, what was given on the command line, and things to try with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import ClientError

from .account import Account, Answer, code_of, message_of
from .documents import WRITER, trust, write_policy
from .permissions import missing_action

if TYPE_CHECKING:
    from collections.abc import Callable

    from .belongings import Belonging, Belongings

T = TypeVar("T")

ROLE_PAUSES = (1, 2, 4, 8, 15, 30, 30)
"""Pauses, in seconds, until the service sees a new role."""

MOMENTS = 60
"""For how many seconds something new is waited for, until everybody sees it."""


@dataclass(frozen=True)
class Inputs:
    """What can be given on the command line; each opens a part. An experiment says by these names what it `needs`.

    Attributes:
        audience_model_arn: an ACTIVE audience model of the account, which stays as it is.
        training_dataset_arn: a training dataset: audience models are trained on it, which costs.
        membership_id: a membership with room for associations.
        partner_profile: a profile of the AWS CLI, of another member of that collaboration's.
        seed_s3_uri: a seed in the same account and Region: at least 25 users whom the audience model knows.
    """

    audience_model_arn: str
    training_dataset_arn: str | None = None
    membership_id: str | None = None
    partner_profile: str | None = None
    seed_s3_uri: str | None = None


@dataclass(frozen=True)
class Refusal:
    """An error that a service answered.

    Attributes:
        code: such as `ConflictException`.
        message: the service's words, as they came: they may hold an account.
    """

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


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
        recalled: what was answered when something was found that the current experiment has from an earlier one.
    """

    account: Account
    belongings: Belongings
    inputs: Inputs
    partner: Account | None = None
    pause: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    recalled: list[Answer] = field(default_factory=list)
    _role_refused: ClientError | None = None
    _numbers: dict[str, int] = field(default_factory=dict)
    _found: dict[str, tuple[Any, tuple[Answer, ...]]] = field(default_factory=dict)

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
        """The ARN of a role that Clean Rooms ML may assume to write there; all experiments have the same.

        It is waited until the service takes it, whatever its error is until then; once only.

        Raises:
            ClientError: it doesn't take it.
        """
        if self._role_refused:
            raise self._role_refused
        arn = self.new_role("write", write_policy(self.account, self.bucket))
        request = self.request(self.name("probe"), roleArn=arn)
        for seconds in ROLE_PAUSES:
            try:
                self._create(request)
            except ClientError as error:
                if missing_action(error, self.inputs):
                    raise
            else:
                return arn
            self.pause(seconds)
        try:
            self._create(request)
        except ClientError as error:
            self._role_refused = error
            raise
        return arn

    def new_role(self, what: str, policy: dict[str, Any] | None, principal: dict[str, str] = WRITER) -> str:
        """Creates a role.

        Args:
            what: a word for its name.
            policy: what it may do; None: nothing.
            principal: who may assume it.

        Returns:
            Its ARN. It isn't seen everywhere at once.
        """
        iam, name = self.account.client("iam"), self.name(what)
        arn: list[str] = []

        def create() -> str:
            made = iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(trust(principal)),
                Tags=[{"Key": key, "Value": value} for key, value in self.belongings.tags.items()],
            )
            arn.append(made["Role"]["Arn"])
            return name

        self.belongings.make("role", name, create)
        if policy is not None:
            self.give(arn[0], policy)
        return arn[0]

    def give(self, role_arn: str, policy: dict[str, Any]) -> None:
        """Gives a role of this run a policy instead of that which it has."""
        name = role_arn.rpartition("/")[2]
        put = self.account.client("iam").put_role_policy
        put(RoleName=name, PolicyName="Inline", PolicyDocument=json.dumps(policy))

    def request(self, name: str, **members: object) -> dict[str, Any]:
        """The smallest request of CreateConfiguredAudienceModel.

        Args:
            name: made by `name()`.
            members: what the request has besides, or otherwise; a member that is None is left out. `roleArn` and
                `s3Uri` are those of its `outputConfig`.
        """
        destination = {"s3Uri": members.pop("s3Uri", f"s3://{self.bucket}/segments/")}
        role = members.pop("roleArn", None) or self.role
        request = {
            "name": name,
            "audienceModelArn": self.inputs.audience_model_arn,
            "outputConfig": {"destination": {"s3Destination": destination}, "roleArn": role},
            "sharedAudienceMetrics": ["NONE"],
            "tags": self.belongings.tags,
            **members,
        }
        return {member: value for member, value in request.items() if value is not None}

    def configured_audience_model(self, name: str | None = None, **members: object) -> Belonging:
        """Creates a configured audience model.

        Args:
            name: its name; by default a new one.
            members: as `request` has them.

        Returns:
            It; its `id` is its ARN. Whether Get finds it yet isn't known: see `shown`.

        Raises:
            ClientError: the service refuses it.
        """
        return self._create(self.request(name or self.name("model"), **members))

    def _create(self, request: dict[str, Any]) -> Belonging:
        def create() -> str:
            return str(self.ml.create_configured_audience_model(**request)["configuredAudienceModelArn"])

        return self.belongings.make("configured audience model", request["name"], create)

    def shown(self, arn: str) -> dict[str, Any]:
        """What Get shows of a configured audience model, as soon as it does.

        Raises:
            ClientError: it doesn't.
        """
        get = self.ml.get_configured_audience_model
        self.seconds_until(lambda: not self.refusal(lambda: get(configuredAudienceModelArn=arn)))
        return dict(get(configuredAudienceModelArn=arn))

    def seconds_until(self, happens: Callable[[], bool], *, at_most: int = MOMENTS, every: int = 1) -> float | None:
        """Looks again and again.

        Args:
            happens: looks.
            at_most: for how many seconds.
            every: pauses between two looks, in seconds.

        Returns:
            After how many seconds it has happened; None: it hasn't.
        """
        began = self.clock()
        for _ in range(0, at_most + 1, every):
            passed = self.clock() - began
            if happens():
                return passed
            # Looks keep to the second, however long each takes.
            self.pause(every - (self.clock() - began) % every)
        return None

    def once(self, find: Callable[[Run], T]) -> T:
        """What a function has found in this run, or finds now: what several experiments look at is made once."""
        name, since = find.__name__, len(self.account.record)
        if name in self._found:
            self.recalled.extend(self._found[name][1])
        else:
            found = find(self)
            self._found[name] = (found, self.evidence(since))
        return cast("T", self._found[name][0])

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
