"""Roles: such as aren't there yet, may not what they should, or belong to a caller who may do little."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..account import code_of, message_of
from ..documents import WRITER, allow, document, write_policy
from ..run import MOMENTS
from . import Run, Verdict, experiment, no, seen, told, unknown, yes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..account import Account
    from ..run import Refusal

LATE = "Which error has a role that isn't propagated yet?"
TRIED = "Does the service try a role when a model is given it: one that may not write, or that it can't assume?"
POLICIES = "For how long does IAM go on as before after a role's policy has changed?"
PASSING = "iam:PassRole"
NO_IAM = "a role without permissions isn't denied a List: nobody asks IAM here"
PATIENCE = 30
"""Seconds after which a role that isn't taken never will be, unless a right one took more than a third of it."""

IN_FORCE = 90
"""Seconds after which a policy counts."""


def new_role(run: Run) -> tuple[Refusal | None, float | None]:
    """How a role is refused when it is new, and for how many seconds."""
    role = run.new_role("new", write_policy(run.account, run.bucket))
    first = refused(run, role)
    return first, run.seconds_until(lambda: refused(run, role) is None) if first else 0


def refused(run: Run, role: str) -> Refusal | None:
    """How a Create with a role is refused."""
    return run.refusal(lambda: run.configured_audience_model(roleArn=role))


@experiment(row=LATE, switch="unusable_role_error")
def unusable_role_error(run: Run) -> Verdict:
    """A Create with a role that was made a moment ago: how is it refused?"""
    first, seconds = run.once(new_role)
    if first is None:
        return unknown("a role that was made a moment ago was taken at once")
    if seconds is None:
        return unknown(f"it wasn't taken within a minute, so it is another error than that: {first}")
    return told(str(first), position=seen("unusable_role_error", first.code))


@experiment(row=LATE, switch="role_seconds")
def role_seconds(run: Run) -> Verdict:
    """Creates with a role that was made a moment ago: from when on are they taken?"""
    first, seconds = run.once(new_role)
    if first is None:
        return told("a role that was made a moment ago was taken at once", position=0)
    if seconds is None:
        return unknown(f"it wasn't taken within a minute: {first}")
    return told(f"it is taken after {seconds:.1f} seconds", position=int(seconds))


def patience(run: Run) -> int:
    """For how many seconds a role is tried, so that it isn't refused because it is new."""
    _, seconds = run.once(new_role)
    return max(PATIENCE, 3 * int(MOMENTS if seconds is None else seconds))


def attempt(run: Run, word: str, policy: dict[str, Any] | None, principal: dict[str, str]) -> Refusal | None:
    """How a role is refused that isn't as it should be, for so long that it isn't because it is new."""
    at_most = patience(run)
    role = run.new_role(word, policy, principal)
    last: list[Refusal | None] = []

    def is_taken() -> bool:
        last[:] = [refused(run, role)]
        return last == [None]

    run.seconds_until(is_taken, at_most=at_most, every=3)
    return last[0]


def powerless(run: Run) -> tuple[str, Account] | None:
    """A role that may do nothing, and the account as it sees it; None: it may all the same, so nobody asks IAM."""
    role, account = as_role(run, "caller", None)
    list_ = account.client("cleanroomsml").list_configured_audience_models
    return (role, account) if denial(lambda: list_(maxResults=1)) else None


@experiment(row=TRIED, switch="roles_are_tried")
def role_that_may_not_write(run: Run) -> Verdict:
    """A Create with a role that has no permissions: is it refused, when one that has them was taken?"""
    _ = run.role
    if run.once(powerless) is None:
        return unknown(NO_IAM)
    if last := attempt(run, "powerless", None, WRITER):
        return yes(f"one without permissions is refused for {patience(run)} seconds: {last}", position=True)
    return no("one without permissions is taken", position=False)


@experiment(row=TRIED)
def role_with_wrong_trust(run: Run) -> Verdict:
    """A Create with a role that another service may assume: is it refused, when a right one was taken?"""
    _ = run.role
    wrong = {"Service": "lambda.amazonaws.com"}
    if last := attempt(run, "untrusting", write_policy(run.account, run.bucket), wrong):
        return yes(f"one that another service may assume is refused for {patience(run)} seconds: {last}")
    return no("one that another service may assume is taken")


def as_role(run: Run, word: str, policy: dict[str, Any] | None) -> tuple[str, Account]:
    """A new role of whoever runs this, and the account as it sees it."""
    own = {"AWS": f"arn:{run.account.partition}:iam::{run.account.id}:root"}
    role = run.new_role(word, policy, own)
    seen_as: list[Account] = []

    def is_assumed() -> bool:
        with suppress(ClientError):
            seen_as.append(run.account.as_role(role))
        return bool(seen_as)

    if run.seconds_until(is_assumed) is None:
        seen_as.append(run.account.as_role(role))
    return role, seen_as[0]


def denial(call: Callable[[], object]) -> list[str]:
    """The words with which a call is denied to whoever makes it; none if it isn't.

    Raises:
        ClientError: it fails for another reason.
    """
    try:
        call()
    except ClientError as error:
        if "AccessDenied" not in code_of(error):
            raise
        return [message_of(error)]
    return []


@experiment(
    row="Does `UpdateConfiguredAudienceModel` need `iam:PassRole` when it is given no `outputConfig`?",
    switch="update_passes_role",
)
def update_passes_role(run: Run) -> Verdict:
    """An Update of a description by a role without iam:PassRole: is it denied until the role has that?"""
    model = run.configured_audience_model()
    run.shown(model.id)
    if (found := run.once(powerless)) is None:
        return unknown(NO_IAM)
    role, caller = found
    updates = allow("cleanrooms-ml:UpdateConfiguredAudienceModel", on=[model.id, run.inputs.audience_model_arn])
    run.give(role, document(updates))
    update = caller.client("cleanroomsml").update_configured_audience_model
    denials: list[str] = []

    def is_allowed() -> bool:
        denials[:] = denial(lambda: update(configuredAudienceModelArn=model.id, description="another"))
        return not denials

    def is_told() -> bool:
        return is_allowed() or PASSING in denials[0]

    if run.seconds_until(is_told, at_most=IN_FORCE) is not None and not denials:
        return no("a role that hasn't got it can update the description", position=False)
    run.give(role, document(updates, allow(PASSING, on=run.role)))
    if run.seconds_until(is_allowed) is not None:
        return yes("a role can update the description only when it has got it", position=True)
    return unknown(f"with it, too, the role can't update the description: {denials[0]}")


@experiment(row=POLICIES, switch="iam_seconds")
def policy_seconds(run: Run) -> Verdict:
    """A List by a role that has just been given it: for how long is it still denied?"""
    if (found := run.once(powerless)) is None:
        return unknown(NO_IAM)
    role, caller = found
    list_ = caller.client("cleanroomsml").list_configured_audience_models
    run.give(role, document(allow("cleanrooms-ml:ListConfiguredAudienceModels")))
    if not denial(lambda: list_(maxResults=1)):
        return told("it counts at once", position=0)
    seconds = run.seconds_until(lambda: not denial(lambda: list_(maxResults=1)))
    if seconds is None:
        return told("for more than a minute")
    return told(f"for {seconds:.1f} seconds", position=int(seconds))
