"""The service, and Clean Rooms beside it: one request in, one answer out."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from . import (
    associations,
    audience_models,
    collaborations,
    configured_audience_models,
    export_jobs,
    generation_jobs,
    memberships,
    policies,
    tags,
    training_datasets,
)
from .context import SOMEBODY, Authorize, Caller, Context, allow, unusable_role
from .errors import ConnectionLost, NoAnswer, ServiceError, bare, validation
from .faults import PROPAGATION_MESSAGE, Faults, TokenBucket, unknown
from .model import ServiceModel, ServiceName, service_model
from .objects import Objects, ObjectsInMemory
from .requests import read_request
from .responses import Response, answer, error_answer
from .store import Shared, Store
from .switches import from_environment

# Where no document says that the service is, and CloudFormation has its types.
_LOOK_SECONDS = 0.002
"""Between looks whether something is still under way: it costs next to nothing."""

_EUROPEAN_REGIONS = ("eu-west-2", "eu-north-1")

Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]

_TAGS: dict[str, Operation] = {
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListTagsForResource": tags.list_,
}

OPERATIONS: dict[str, Operation] = {
    "CreateTrainingDataset": training_datasets.create,
    "GetTrainingDataset": training_datasets.get,
    "ListTrainingDatasets": training_datasets.list_,
    "DeleteTrainingDataset": training_datasets.delete,
    "CreateAudienceModel": audience_models.create,
    "GetAudienceModel": audience_models.get,
    "ListAudienceModels": audience_models.list_,
    "DeleteAudienceModel": audience_models.delete,
    "CreateConfiguredAudienceModel": configured_audience_models.create,
    "UpdateConfiguredAudienceModel": configured_audience_models.update,
    "GetConfiguredAudienceModel": configured_audience_models.get,
    "ListConfiguredAudienceModels": configured_audience_models.list_,
    "DeleteConfiguredAudienceModel": configured_audience_models.delete,
    "PutConfiguredAudienceModelPolicy": policies.put,
    "GetConfiguredAudienceModelPolicy": policies.get,
    "DeleteConfiguredAudienceModelPolicy": policies.delete,
    "StartAudienceGenerationJob": generation_jobs.start,
    "GetAudienceGenerationJob": generation_jobs.get,
    "ListAudienceGenerationJobs": generation_jobs.list_,
    "DeleteAudienceGenerationJob": generation_jobs.delete,
    "StartAudienceExportJob": export_jobs.start,
    "ListAudienceExportJobs": export_jobs.list_,
    **_TAGS,
}
"""What Clean Rooms ML implements here; every other operation of its model answers NotImplemented."""

CLEAN_ROOMS_OPERATIONS: dict[str, Operation] = {
    "CreateCollaboration": collaborations.create,
    "GetCollaboration": collaborations.get,
    "ListCollaborations": collaborations.list_,
    "ListMembers": collaborations.list_members,
    "UpdateCollaboration": collaborations.update,
    "DeleteCollaboration": collaborations.delete,
    "CreateMembership": memberships.create,
    "GetMembership": memberships.get,
    "ListMemberships": memberships.list_,
    "UpdateMembership": memberships.update,
    "DeleteMembership": memberships.delete,
    "CreateConfiguredAudienceModelAssociation": associations.create,
    "GetConfiguredAudienceModelAssociation": associations.get,
    "ListConfiguredAudienceModelAssociations": associations.list_,
    "UpdateConfiguredAudienceModelAssociation": associations.update,
    "DeleteConfiguredAudienceModelAssociation": associations.delete,
    **_TAGS,
}
"""What Clean Rooms implements here."""

_OPERATIONS: dict[ServiceName, dict[str, Operation]] = {
    "cleanroomsml": OPERATIONS,
    "cleanrooms": CLEAN_ROOMS_OPERATIONS,
}


@dataclass
class Call:
    """A call that the service saw.

    Attributes:
        operation: the operation's name.
        account: whose account it was for.
        region: which Region it was for.
        input: the members of the input that the model knows.
        outcome: `ok`, the code of the error, or `ConnectionLost` or `Hang` when there was no answer.
        took_effect: whether the operation was carried out, whatever the client was told.
        service: the service, as boto3 names it: `cleanroomsml` or `cleanrooms`.
    """

    operation: str
    account: str
    region: str
    input: dict[str, Any] = field(default_factory=dict)
    outcome: str = "ok"
    took_effect: bool = False
    service: ServiceName = "cleanroomsml"

    @property
    def is_write(self) -> bool:
        """Whether the operation can change anything."""
        return bool(service_model(self.service).operations[self.operation]["http"]["method"] != "GET")


class CleanRoomsML:
    """AWS Clean Rooms ML in memory, and as much of Clean Rooms as it needs: collaborations, memberships, associations.

    Args:
        now: the clock.
        sleep: how a slow call waits, in seconds.
        objects: where jobs read seeds and write segments; by default in memory.

    Attributes:
        switches: the unknowns of the service.
        faults: what goes wrong next.
        calls: the calls so far, oldest first.
        objects: where jobs read and write; it outlives `reset`.
        on_advance: called without arguments each time the clock was turned; they outlive `reset`.
        under_way: each says what is under way beside the service, in words; they outlive `reset`.
        redeliver: what delivers a request of CloudFormation once more; only the engine has it.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        sleep: Callable[[float], None] = time.sleep,
        objects: Objects | None = None,
    ) -> None:
        self._clock = now
        self._sleep = sleep
        self.objects: Objects = objects or ObjectsInMemory()
        self.on_advance: list[Callable[[], None]] = []
        self.under_way: list[Callable[[], list[str]]] = []
        self.redeliver: Callable[..., None] | None = None
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forgets everything: resources, calls, faults, how far the clock was turned, what was switched."""
        self._turned = timedelta()
        self.switches = from_environment()
        self.faults = Faults()
        self.calls: list[Call] = []
        self._stores: defaultdict[tuple[str, str], Store] = defaultdict(lambda: Store(self.now))
        self._shared: defaultdict[str, Shared] = defaultdict(Shared)
        self._named_roles: dict[str, tuple[int, datetime]] = {}
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    def now(self) -> datetime:
        """The time of this service: that of its clock, and how far it was turned."""
        return self._clock() + self._turned

    @property
    def turned(self) -> timedelta:
        """How far the clock was turned."""
        return self._turned

    def contexts(self, authorize: Authorize) -> list[Context]:
        """The places that hold anything, account by account and Region by Region."""
        with self._lock:
            return [self._context(account, region, authorize) for account, region in sorted(self._stores)]

    def advance(self, seconds: float) -> None:
        """Turns the clock forward: trainings go on, jobs end.

        Raises:
            ValueError: the clock isn't turned back.
        """
        if seconds < 0:
            raise ValueError(f"the clock can't be turned back: {seconds} seconds")
        self._turned += timedelta(seconds=seconds)
        with self._lock:
            for account, region in list(self._stores):
                _finish(self._context(account, region, allow))
        for callback in self.on_advance:
            callback()

    def settle(self, seconds: float) -> None:
        """Waits until nothing is under way any more.

        Args:
            seconds: for how long, in real time.

        Raises:
            ValueError: something is still under way then.
        """
        end = time.monotonic() + seconds
        while found := [each for look in self.under_way for each in look()]:
            if time.monotonic() > end:
                raise ValueError(f"after {seconds} seconds there is still under way: {', '.join(found)}")
            self._sleep(_LOOK_SECONDS)

    def handle(
        self,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        headers: Mapping[str, str],  # noqa: ARG002 - no operation here has a member in a header
        body: bytes,
        *,
        account: str,
        region: str,
        authorize: Authorize = allow,
        caller: Caller = SOMEBODY,
        service: ServiceName = "cleanroomsml",
    ) -> Response:
        """Serves one request.

        Args:
            method: the HTTP method.
            path: the path, percent-encoded as it was sent.
            query: the query string, each name with its values.
            headers: the headers.
            body: the JSON document.
            account: the account that the caller belongs to.
            region: the Region that the request was signed for.
            authorize: checks what the operation needs beyond its own action: iam:PassRole on a role, TagResource on
                what is created with tags, and what Clean Rooms does to a model. By default nobody is refused.
            caller: who calls; by default nothing but the account is known.
            service: which service the request is for.

        Returns:
            The answer; errors are answers, too.

        Raises:
            NoAnswer: a fault wants the client to get none.
        """
        model = service_model(service)
        found = model.find_operation(method, path)
        if found is None:
            message = f"{service} has no operation {method} {path}"
            return error_answer(model, ServiceError("UnknownOperationException", message))
        operation, labels = found
        call = Call(operation, account, region, service=service)
        with self._lock:
            self.calls.append(call)
        try:
            self._check_region(region)
            _check_implemented(call)
            call.input, problems = read_request(self._limits(model, labels), operation, labels, query, body)
            return self._perform(call, problems, authorize, caller)
        except ServiceError as error:
            call.outcome = error.code
            return error_answer(model, error)
        except NoAnswer as lost:
            call.outcome = type(lost).__name__
            raise

    def seed_audience_model(self, arn: str, *, status: str = "ACTIVE") -> None:
        """Puts an audience model with a given ARN in place, in the account and Region that the ARN names.

        Args:
            arn: its ARN.
            status: its status, for good.

        Raises:
            ValueError: the text is not the ARN of an audience model, or the status is none.
        """
        audience_models.check_arn(arn)
        statuses = service_model("cleanroomsml").shape({"shape": "AudienceModelStatus"})["enum"]
        if problems := unknown("status", status, statuses):
            raise ValueError(problems[0])
        own_part, _, name = arn.rpartition(":audience-model/")
        region, account = own_part.split(":")[3:]
        now = self.now()
        model = {
            "audienceModelArn": arn,
            "name": name[:63],
            "trainingDatasetArn": f"{own_part}:training-dataset/{name}-data",
            "status": status,
            "createTime": now,
            "updateTime": now,
            "tags": {},
        }
        with self._lock:
            self._stores[account, region].audience_models.add(arn, model)

    def resource(self, arn: str) -> dict[str, Any]:
        """A live resource, to be looked at or changed behind the API's back.

        Raises:
            ServiceError: `ResourceNotFoundException`.
        """
        _, _, _, region, account, _ = arn.split(":", 5)
        found = (table.peek(arn) for table in self._stores[account, region].tables)
        return next(filter(None, found), None) or self._context(account, region, allow).resource(arn)

    def policy(self, arn: str, account: str, region: str) -> str | None:
        """The resource policy of a configured audience model of an account and Region, if it has one."""
        policy = self._stores[account, region].policies.get(arn)
        return policy.text if policy else None

    def collaboration_account(self, identifier: str, region: str) -> str | None:
        """The account in the ARN of a collaboration, if it isn't the caller's."""
        if self.switches.collaboration_arn_account == "caller":
            return None
        found = (each for each in self._shared[region].collaborations.live() if each["id"] == identifier)
        return next((str(each["creatorAccountId"]) for each in found), None)

    def _perform(self, call: Call, problems: list[str], authorize: Authorize, caller: Caller) -> Response:
        self._take_token(call)
        self._strike(call, after_effect=False)
        if problems:
            raise validation(problems)
        with self._lock:
            self._check_propagation(call)
            context = self._context(call.account, call.region, authorize, caller)
            _finish(context)
            output = self._carry_out(call, context)
            response = answer(service_model(call.service), call.operation, output)
            call.took_effect = call.is_write
        self._strike(call, after_effect=True)
        return response

    def _carry_out(self, call: Call, context: Context) -> dict[str, Any]:
        try:
            return _OPERATIONS[call.service][call.operation](context, deepcopy(call.input))
        except ServiceError as error:
            if self.switches.error_messages == "bare":
                raise bare(error) from error
            raise

    def _take_token(self, call: Call) -> None:
        rate = self.faults.requests_a_second
        if not rate:
            return
        now = self.now().timestamp()
        with self._lock:
            bucket = self._buckets.setdefault((call.account, call.region), TokenBucket(rate, now))
            taken = bucket.take(rate, now)
        if not taken:
            raise ServiceError("ThrottlingException", "Rate exceeded")

    def _strike(self, call: Call, *, after_effect: bool) -> None:
        with self._lock:
            fault = self.faults.take(call.operation, after_effect=after_effect)
        if fault is None:
            return
        if fault.kind == "slow":
            self._sleep(fault.seconds)
        fault.strike()

    def _check_propagation(self, call: Call) -> None:
        role = call.input.get("outputConfig", {}).get("roleArn")
        if role is None:
            return
        times, first = self._named_roles.get(role, (0, self.now()))
        self._named_roles[role] = (times + 1, first)
        propagation = self.faults.role_propagation
        if times < propagation.calls:
            raise ServiceError(propagation.error, propagation.message)
        if self.now() - first < timedelta(seconds=self.switches.role_seconds):
            raise unusable_role(self.switches, PROPAGATION_MESSAGE)

    def _check_region(self, region: str) -> None:
        if region in _EUROPEAN_REGIONS and not self.switches.european_regions:
            raise ConnectionLost

    def _limits(self, model: ServiceModel, labels: Mapping[str, str]) -> ServiceModel:
        """The model whose limits count for a request."""
        if self.switches.association_tags_refused or not associations.is_association(labels.get("resourceArn", "")):
            return model
        return service_model(model.name, unlimited=frozenset({"CleanroomsArn"}))

    def _context(self, account: str, region: str, authorize: Authorize, caller: Caller = SOMEBODY) -> Context:
        return Context(
            account=account,
            region=region,
            store=self._stores[account, region],
            store_of=lambda other: self._stores[other, region],
            shared=self._shared[region],
            objects=self.objects,
            switches=self.switches,
            faults=self.faults,
            now=self.now(),
            authorize=authorize,
            caller=caller,
        )


def _finish(context: Context) -> None:
    """Ends what is over by now."""
    audience_models.finish(context)
    generation_jobs.finish(context)
    export_jobs.finish(context)


def _check_implemented(call: Call) -> None:
    if call.operation not in _OPERATIONS[call.service]:
        message = f"the local {call.service} service does not implement {call.operation}"
        raise ServiceError("NotImplemented", message)
