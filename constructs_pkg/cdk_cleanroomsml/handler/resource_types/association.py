"""The association of a configured audience model with a membership, a resource of Clean Rooms.

Get and List tell no tags. There are operations for that, but their model limits an ARN to 100 characters, and that of
an association has more: whether they take it is unknown. Where they don't, an association counts as ours if

- its name is one that is generated for this resource: it holds a hash of the stack, the logical id and the request,
- or it has the name, membership, model and description that the template gives, and is from the very time of a Create
  that had no clear answer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from ..calls import INVALID, LIST_TAGS
from ..protocol import SKEW_SECONDS, Failure, Placeholder, is_generated, resource_name
from ..reconciliation import (
    ADOPT,
    DELETE_ADOPTED,
    Change,
    Kind,
    Removal,
    Resource,
    ResourceState,
    Store,
    unless_gone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..reconciliation import Members

_NAME = "configuredAudienceModelAssociationName"
_MEMBERSHIP = "membershipIdentifier"
_MODEL = "configuredAudienceModelArn"
_ASSOCIATION = "configuredAudienceModelAssociation"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

KIND = Kind(
    noun="ConfiguredAudienceModelAssociation",
    words="an association of a configured audience model",
    pattern=rf"arn:aws[-a-z]*:cleanrooms:[-a-z0-9]+:[0-9]{{12}}:membership/({_UUID})/configuredaudiencemodelassociation/({_UUID})",
    members={
        _MEMBERSHIP: (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        _MODEL: (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        _NAME: (Change.IN_PLACE, Removal.GENERATED),
        "manageResourcePolicies": (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        # That "" clears it is inferred.
        "description": (Change.IN_PLACE, ""),
        "tags": (Change.TAGS, {}),
    },
    name=_NAME,
    own={ADOPT: "string", DELETE_ADOPTED: "boolean"},
    along=("description",),
)


class Associations(Store):
    """Associations of the memberships that a request names."""

    def read(self, arn: str, patience: float = 0.0) -> ResourceState | None:
        """Reads an association and its tags."""
        state = self.look(arn, patience)
        return unless_gone(lambda: self._with_tags(state)) if state else None

    def _listed(self) -> Iterator[ResourceState]:
        """All associations of these memberships, if they still exist."""
        for membership in self._memberships():
            yield from self._of(membership)

    def made(self, output: dict[str, Any], name: str) -> ResourceState:  # noqa: ARG002 - the answer has it
        """What has just been created."""
        return self._state_of(output)

    def is_own(self, state: ResourceState, request_id: str | None = None) -> bool:
        """Whether it was created for the request's resource; with a request id, for that request of it."""
        if state.tags_known:
            return super().is_own(state, request_id)
        return is_generated(state.name, self._request, request_id) or self._is_as_given(state, request_id)

    def update(self, state: ResourceState, members: dict[str, Any], recover: Callable[[str], Any]) -> None:
        """Changes members."""
        renamed = {"name" if member == _NAME else member: value for member, value in members.items()}
        super().update(state, renamed, recover)

    def tag(self, arn: str, tags: dict[str, str], untag: list[str]) -> None:
        """Changes tags."""
        try:
            super().tag(arn, tags, untag)
        except Failure as failure:
            if failure.kind != INVALID:
                raise
            raise Failure(
                f"{failure}. If the service takes no tags on an association that exists, leave them as they are, or"
                " give the resource another logical id (in a roll-back: continue it without this resource)",
                failure.kind,
            ) from failure

    def _of(self, membership: str) -> list[ResourceState]:
        items = f"{_ASSOCIATION}Summaries"
        pages = self._calls.pages(self.kind.list, items, {_MEMBERSHIP: membership})
        return [self._state_of(item) for item in unless_gone(lambda: list(pages)) or []]

    def _question(self) -> str:
        return " ".join([self.kind.list, *self._memberships()])

    def _memberships(self) -> list[str]:
        """Where an association of this resource may be."""
        match = re.fullmatch(self.kind.pattern, self._request.physical_id)
        named = [properties.get(_MEMBERSHIP) for properties in (self._request.properties, self._request.old_properties)]
        ids = [*named, match[1] if match else None]
        return list(dict.fromkeys(each for each in ids if isinstance(each, str) and re.fullmatch(_UUID, each)))

    def _is_as_given(self, state: ResourceState, request_id: str | None) -> bool:
        """Whether it has all that the template gives, and a Create without a clear answer may have made it.

        That is this request, or the one that the placeholder names, which tells when it was. Anything else, such as
        what an update left behind that never answered, could as well be another resource's: it is left alone.
        """
        request, now = self._request, self._calls.clock.now()
        placeholder = Placeholder.read(request.physical_id)
        if request.type == "Delete":
            may_be = placeholder is not None and placeholder.unclear and request_id == placeholder.request_id
        else:
            patience = SKEW_SECONDS if request.sent_at is None else 0
            may_be = request_id == request.request_id and state.created >= now - request.age(now) - patience
        return may_be and all(
            state.members.get(member, "") == request.properties.get(member, "")
            for member in (_NAME, _MEMBERSHIP, _MODEL, "description")
        )

    def _with_tags(self, state: ResourceState) -> ResourceState:
        try:
            tags = self._calls(LIST_TAGS, {"resourceArn": state.arn})["tags"]
        except Failure as failure:
            if failure.kind != INVALID:
                raise
            # Nothing but the last template tells them.
            given = self._request.old_properties.get("tags")
            tags = given if isinstance(given, dict) else {}
            return replace(state, members={**state.members, "tags": tags})
        return replace(state, members={**state.members, "tags": tags}, tags=tags, tags_known=True)

    def _address(self, arn: str) -> dict[str, Any]:
        match = re.fullmatch(self.kind.pattern, arn)
        membership, association = match.groups() if match else ("", "")
        return {_MEMBERSHIP: membership, f"{_ASSOCIATION}Identifier": association}

    def _state_of(self, members: dict[str, Any]) -> ResourceState:
        told = members.get(_ASSOCIATION, members)
        named = {**told, _NAME: told["name"], _MEMBERSHIP: told["membershipId"]}
        return ResourceState(told["arn"], told["name"], named, told["createTime"].timestamp(), tags_known=False)


class ConfiguredAudienceModelAssociation(Resource):
    """Carries out one request."""

    service: ClassVar = "cleanrooms"
    kind: ClassVar = KIND
    store_type: ClassVar = Associations

    def _data(self, state: ResourceState) -> dict[str, str]:
        return {
            **super()._data(state),
            f"{self.kind.noun}Identifier": state.arn.rpartition("/")[2],
            "CollaborationIdentifier": str(state.members["collaborationId"]),
        }

    def _effective(self, wanted: Members, previous: Members, state: ResourceState) -> Members:
        """A name that is taken away gives way to a generated one, in place."""
        if _NAME in wanted or previous.get(_NAME) != state.name:
            return wanted
        return {**wanted, _NAME: resource_name(self._request)}

    def _check_conflict(self, members: Members) -> None:
        super()._check_conflict(members)
        for state in self._store.all():
            if state.members[_MODEL] == members[_MODEL] and state.members[_MEMBERSHIP] == members[_MEMBERSHIP]:
                raise Failure(
                    f"the model is associated with this membership already, by {state.arn}, and the service refuses a"
                    " second time: if that is this resource's own, remove the resource from the template and deploy,"
                    " then add it again"
                )

    def _gone(self) -> Failure:
        failure = super()._gone()
        return Failure(f"{failure} (when a configured audience model goes, its associations go with it)", failure.kind)
