"""What was taken over: given back with its old document when that is rolled back, and left there when it leaves.

**The physical id says that it was taken over**, whatever the template says later. Its Delete leaves the policy as it is
by then, unless the template asks for more.

**The old document**, where another one has taken its place, stands compressed in tags of the model, from before that
until the next update, with the time: what is retained keeps it, and may be adopted again. A Delete is the roll-back of
the adoption if CloudFormation says that it rolls back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...calls import GET, TAG, UNTAG
from ...protocol import SKEW_SECONDS, Failure, Placeholder
from ...reconciliation import (
    ADOPT,
    DELETE_ADOPTED,
    MOST_TAGS,
    SETTLE_SECONDS,
    Remembered,
    is_taken_back,
    last_began,
    memory_of,
    unless_gone,
)
from .document import parsed
from .operation import ADOPTED_END, ARN, DOCUMENT, END, OVERWRITE, Operation, guard_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .document import Document, Policy


SINCE = "since"
"""Beside the old document: when that was put down, in seconds since the epoch."""


class Release(Operation):
    """What a request does with a policy that was taken over."""

    @property
    def _me(self) -> tuple[str, str]:
        """The resource that the request is about."""
        return self._request.stack_id, self._request.logical_id

    def _deletes(self) -> bool:
        """Whether the template asks to delete what was taken over; nobody who is being rolled back does."""
        if not self._says(DELETE_ADOPTED):
            return False
        return not self._says(ADOPT) or not is_taken_back(self._calls, self._request.stack_id)

    # The old document

    def _remember(self, arn: str, policy: Policy) -> None:
        """Puts down what there is, before another document takes its place."""
        tags = self._tags(arn)
        memory = Remembered({DOCUMENT: policy.text, SINCE: int(self._calls.clock.now())}).as_tags(self._me)
        stale = [key for key in memory_of(tags, self._me) if key not in memory]
        if len({*tags, *memory} - {*stale}) > MOST_TAGS:
            raise Failure(
                f"the policy of {arn} can't be overwritten: a roll-back couldn't give it back, as it is too long to be"
                " remembered in tags of the model. Nothing was changed. Give the template what is there, and change it"
                " in a later deployment"
            )
        if stale:
            self._calls(UNTAG, {"resourceArn": arn, "tagKeys": stale})
        self._calls(TAG, {"resourceArn": arn, "tags": memory})

    def _forget_earlier(self, arn: str) -> None:
        """Takes away what an earlier adoption has left: it has stayed."""
        tags = self._tags(arn)
        memory = memory_of(tags, self._me)
        if memory and not self._is_of(tags, self._request.sent_at or 0):
            self._calls(UNTAG, {"resourceArn": arn, "tagKeys": memory})

    def _is_of(self, tags: Mapping[str, str], sent_at: float) -> bool:
        """Whether a request that was sent then, or later, has put down the old document."""
        since: float = Remembered.read(tags, self._me).members.get(SINCE, 0)
        return since >= sent_at - SKEW_SECONDS

    def _give_back(self, arn: str, document: Document, sent_at: float = 0) -> bool:
        """Puts back the old document, unless somebody has put another one since; says whether there was one.

        If a Create is known to have been sent, it is what that has put down.
        """
        tags = self._tags(arn)
        memory = memory_of(tags, self._me)
        if not memory or not self._is_of(tags, sent_at):
            return False
        text, policy = Remembered.read(tags, self._me).members.get(DOCUMENT), self._read(arn)
        if text is not None and policy and policy.says(document):
            self._log("given back", arn=arn, update=[DOCUMENT])
            self._put(arn, parsed(text), guard_of(policy), partial(self._has_moved, arn, policy.hash), text)
        # Last: until then, another delivery begins anew.
        self._calls(UNTAG, {"resourceArn": arn, "tagKeys": memory})
        return True

    def _gives_back(self, arn: str, document: Document) -> bool:
        """Whether a Delete was the roll-back of an adoption that has overwritten the policy; then it is done."""
        if not self._says(OVERWRITE) or not is_taken_back(self._calls, self._request.stack_id):
            return False
        return self._give_back(arn, document)

    def _give_back_failed(self, arn: str, document: Document, placeholder: Placeholder | None) -> None:
        """Gives back what a Create took over that failed, or never answered, and may still be running.

        What CloudFormation has by now is a newer Create's.
        """
        if not self._says(OVERWRITE) or self._calls.waiting.has(arn + END, arn + ADOPTED_END):
            return

        def look() -> bool:
            policy = self._read(arn)
            return bool(memory_of(self._tags(arn), self._me) and policy and policy.says(document))

        age = self._request.age(self._calls.clock.now())
        self._calls.until(look, 0 if placeholder and not placeholder.unclear else SETTLE_SECONDS - age)
        self._give_back(
            arn, document, placeholder.since if placeholder else last_began(self._calls, "CREATE", *self._me)
        )

    def _forget(self, arn: str) -> None:
        """Takes the old document away, if that can be done at once: the adoption has stayed."""
        properties = (self._request.properties, self._request.old_properties)
        if not any(str(each.get(OVERWRITE)).lower() == "true" for each in properties):
            return
        output = self._calls.once(GET, {ARN: arn})
        memory = memory_of((output or {}).get("tags") or {}, self._me)
        if memory:
            self._calls.once(UNTAG, {"resourceArn": arn, "tagKeys": memory})

    def _tags(self, arn: str) -> dict[str, str]:
        """The tags of the model; none if it is gone."""
        output = unless_gone(lambda: self._calls(GET, {ARN: arn})) or {}
        return output.get("tags") or {}
