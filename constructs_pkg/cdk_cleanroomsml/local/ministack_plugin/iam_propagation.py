"""IAM takes its time: after a change of its policies, a role goes on as before for as long as the switch says."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ministack.core import iam_evaluator
from ministack.services import iam

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..service import CleanRoomsML

Policies = list[Any]
"""What ministack has made of a role's policies."""


class _Seen(NamedTuple):
    """What a role may do, and may no longer do when that has come to every corner."""

    before: Policies
    now: Policies
    changed: datetime


def install(service: CleanRoomsML) -> None:
    """Patches ministack's IAM.

    Args:
        service: its clock and its switches count.
    """
    seen: dict[str, _Seen] = {}
    iam_evaluator._gather_role_policies = partial(_propagated, iam_evaluator._gather_role_policies, service, seen)


def _propagated(
    original: Callable[[str, str], Policies],
    service: CleanRoomsML,
    seen: dict[str, _Seen],
    role: str,
    account: str,
) -> Policies:
    """The policies that count for a request; a change is noticed when the role is used for the first time after it."""
    policies = original(role, account)
    delay = timedelta(seconds=service.switches.iam_seconds)
    if not delay:
        return policies
    now = service.now()
    # A role that is made anew isn't the one that had its name.
    role_id = str((iam._roles.get_scoped(account, None, role) or {}).get("RoleId"))
    last = seen.get(role_id, _Seen([], [], now))
    if policies != last.now:
        last = _Seen(last.now if now - last.changed >= delay else last.before, policies, now)
    seen[role_id] = last
    return last.now if now - last.changed >= delay else last.before
