"""What creating, updating and deleting a resource have in common: one request, its resource, the way to the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ..calls import NOT_FOUND
from ..protocol import Answer, Failure
from . import properties
from .leftovers import Leftovers
from .store import ResourceState, Store

if TYPE_CHECKING:
    from ..calls import Calls
    from ..protocol import Log, Request
    from .kind import Kind

Members = dict[str, Any]


class Operation:
    """One request for one resource.

    A subclass says what kind it is, and overrides what its kind does in another way.
    """

    service: ClassVar = "cleanroomsml"
    kind: ClassVar[Kind]
    store_type: ClassVar = Store

    def __init__(self, request: Request, calls: Calls, log: Log, account: str, *, seen: bool) -> None:
        self._request = request
        self._calls = calls
        self._log = log
        self._account = account
        self._suspicious = seen
        # Whether a Create of this request may have had an effect that nobody has seen.
        self._unclear = seen or not request.is_fresh(calls.clock.now())
        self._store = self.store_type(self.kind, request, calls)
        self._leftovers = Leftovers(self._store, request, calls, log)
        self._shape = properties.with_own(
            calls.client.meta.service_model.operation_model(self.kind.create).input_shape, self.kind.own
        )

    def _wanted(self) -> Members:
        return properties.wanted(self._shape, self._request.properties, self.kind.name, self._problems)

    # What a kind may do in another way

    def _data(self, state: ResourceState) -> dict[str, str]:
        """The attributes."""
        return {f"{self.kind.noun}Arn": state.arn, "Name": state.name}

    def _problems(self, wanted: Members) -> list[str]:  # noqa: ARG002 - for subclasses
        """What is wrong with members of ours."""
        return []

    def _before_update(self, wanted: Members, changes: Members) -> None:
        """What must be so before members are changed in place."""

    def _effective(self, wanted: Members, previous: Members, state: ResourceState) -> Members:  # noqa: ARG002 - for subclasses
        """What is really wanted of a resource that exists, when the service may know better than the template."""
        return wanted

    def _gone(self) -> Failure:
        return Failure(
            f"{self._request.physical_id} does not exist, it was deleted outside of cloudformation: remove the resource"
            " from the template and deploy, then add it again",
            NOT_FOUND,
        )

    # For all three

    def _answer(self, state: ResourceState, renamed: str | None = None) -> Answer:
        data = self._data(state)
        return Answer(state.arn, data={**data, "Name": renamed} if renamed else data)

    def _is_arn(self, physical_id: str) -> bool:
        return re.fullmatch(self.kind.pattern, physical_id) is not None

    def _is_here(self, arn: str) -> bool:
        """Whether it is the ARN of what this function can work with."""
        region, account = arn.split(":")[3:5] if self._is_arn(arn) else ("", "")
        return region == self._calls.region and account == (self._account or account)

    def _check_own(self, physical_id: str) -> None:
        """Sees to it that no id is sent to the service that can't be one of ours."""
        if not self._is_arn(physical_id):
            raise Failure(
                f"'{self._log.clean(physical_id)}' is not the ARN of {self.kind.words}, its creation was never"
                " answered: remove the resource from the template and deploy, then add it again"
            )
        if not self._is_here(physical_id):
            raise Failure(
                f"{physical_id} was not created by this function, which works in account {self._account} and Region"
                f" {self._calls.region}: it is left alone"
            )
