"""Replacement protection: what depends on a resource outside of the stack is lost with it, so it stays.

The event doesn't tell a roll-back from an update, and taking back a member that can't be unset looks like taking it
away. So CloudFormation is asked, and only then: an update is refused; a roll-back leaves the members as they are, which
is drift, and goes on. It is never refused, and replaces nothing either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol import Failure
from .kind import PROTECTED
from .plan import without_replacement
from .stacks import is_rolling_back

if TYPE_CHECKING:
    from ..calls import Calls
    from ..protocol import Log, Request
    from .plan import Plan
    from .store import ResourceState

Members = dict[str, Any]


class ReplacementProtection:
    """Protects what one request is about."""

    def __init__(self, request: Request, calls: Calls, log: Log) -> None:
        self._request = request
        self._calls = calls
        self._log = log

    def without_replacement(self, wanted: Members, previous: Members, state: ResourceState, todo: Plan) -> Members:
        """What a roll-back can have without a replacement.

        Raises:
            Failure: it is no roll-back, or nobody tells.
        """
        why = (
            f"{', '.join(todo.replace)}: this change needs a replacement, and {state.arn} is protected from that: a"
            f" replacement deletes it, and so removes it from every collaboration. Nothing was changed. Leave"
            f" {', '.join(todo.replace)} as it was, or ask for the replacement: deploy the same with"
            f" {PROTECTED} taken away (replacement_protection=False)"
        )
        try:
            is_roll_back = is_rolling_back(self._calls, self._request.stack_id)
        except Failure as failure:
            # Without protection in the last template its permissions are gone with it: only a roll-back comes back.
            if previous.get(PROTECTED):
                raise Failure(f"{why}. Whether this is a roll-back could not be told: {failure}") from failure
            is_roll_back = True
        if not is_roll_back:
            raise Failure(why)
        self._log("retained", members=todo.replace)
        return without_replacement(wanted, todo, state.members)
