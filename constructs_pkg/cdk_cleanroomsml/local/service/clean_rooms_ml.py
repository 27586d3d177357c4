"""The service: one request in, one answer out."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from . import audience_models, configured_audience_models, policies, tags, training_datasets
from .context import Authorize, Context, allow
from .errors import NoAnswer, ServiceError, validation
from .faults import Faults
from .model import find_operation, operations, shape
from .requests import pattern, read_request
from .responses import Response, answer, error_answer
from .store import Store
from .switches import Switches

Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]

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
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListTagsForResource": tags.list_,
}
"""What this service implements; every other operation of the model answers NotImplemented."""


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
    """

    operation: str
    account: str
    region: str
    input: dict[str, Any] = field(default_factory=dict)
    outcome: str = "ok"
    took_effect: bool = False

    @property
    def is_write(self) -> bool:
        """Whether the operation can change anything."""
        return bool(operations()[self.operation]["http"]["method"] != "GET")


class CleanRoomsML:
    """AWS Clean Rooms ML in memory: configured audience models whole, what they refer to in part.

    Args:
        now: the clock.
        sleep: how a slow call waits, in seconds.

    Attributes:
        switches: the unknowns of the service.
        faults: what goes wrong next.
        calls: the calls so far, oldest first.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forgets everything: resources, calls, faults and switches."""
        self.switches = Switches()
        self.faults = Faults()
        self.calls: list[Call] = []
        self._stores: defaultdict[tuple[str, str], Store] = defaultdict(Store)
        self._named_roles: defaultdict[str, int] = defaultdict(int)

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
            authorize: checks what the operation needs beyond its own action: iam:PassRole on a role, and
                cleanrooms-ml:TagResource on what is created with tags. By default nobody is refused.

        Returns:
            The answer; errors are answers, too.

        Raises:
            NoAnswer: a fault wants the client to get none.
        """
        found = find_operation(method, path)
        if found is None:
            message = f"Clean Rooms ML has no operation {method} {path}"
            return error_answer(ServiceError("UnknownOperationException", message))
        operation, labels = found
        call = Call(operation, account, region)
        with self._lock:
            self.calls.append(call)
        try:
            _check_implemented(operation)
            call.input, problems = read_request(operation, labels, query, body)
            return self._perform(call, problems, authorize)
        except ServiceError as error:
            call.outcome = error.code
            return error_answer(error)
        except NoAnswer as lost:
            call.outcome = type(lost).__name__
            raise

    def seed_audience_model(self, arn: str, *, status: str = "ACTIVE") -> None:
        """Puts an audience model with a given ARN in place, in the account and Region that the ARN names.

        Args:
            arn: its ARN.
            status: its status, for good.

        Raises:
            ValueError: the text is not the ARN of an audience model.
        """
        if not pattern(shape({"shape": "AudienceModelArn"})["pattern"]).fullmatch(arn):
            raise ValueError(f"'{arn}' is not the ARN of an audience model")
        own_part, _, name = arn.rpartition(":audience-model/")
        region, account = own_part.split(":")[3:]
        now = self._now()
        model = {
            "audienceModelArn": arn,
            "name": name[:63],
            "trainingDatasetArn": f"{own_part}:training-dataset/{name}",
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
        return self._stores[account, region].resource(arn)

    def _perform(self, call: Call, problems: list[str], authorize: Authorize) -> Response:
        self._strike(call, after_effect=False)
        if problems:
            raise validation(problems)
        with self._lock:
            self._check_propagation(call)
            output = OPERATIONS[call.operation](self._context(call, authorize), deepcopy(call.input))
            response = answer(call.operation, output)
            call.took_effect = call.is_write
        self._strike(call, after_effect=True)
        return response

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
        self._named_roles[role] += 1
        propagation = self.faults.role_propagation
        if self._named_roles[role] <= propagation.calls:
            raise ServiceError(propagation.error, propagation.message)

    def _context(self, call: Call, authorize: Authorize) -> Context:
        store = self._stores[call.account, call.region]
        return Context(
            account=call.account,
            region=call.region,
            store=store,
            switches=self.switches,
            faults=self.faults,
            now=self._now(),
            authorize=authorize,
        )


def _check_implemented(operation: str) -> None:
    if operation not in OPERATIONS:
        message = f"the local Clean Rooms ML service does not implement {operation}"
        raise ServiceError("NotImplemented", message)
