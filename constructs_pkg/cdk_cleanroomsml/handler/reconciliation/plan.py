"""What to do about an Update: a pure function of what is wanted, what was wanted before and what there is.

It compares with what the service holds: after an update that failed half-way only the service knows how far things got.
The last template says who caused a difference:

- The template changed the member: it is written, unless the service holds the wanted value already. A roll-back is such
  a change in the other direction, so it converges from any mixed state.
- The template did not: somebody else did. That is drift: logged, not written, as with CloudFormation's own types.
- After an update that failed (a tag says so) nobody knows: a roll-back may have been continued without the resource.
  Then all that the template gives is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..protocol import FAILED_MARKER, MARKER_PREFIX
from .kind import Change, Removal

if TYPE_CHECKING:
    from .kind import Kind, Table

Members = dict[str, Any]

_NOTHING = ("", None)
"""What is the same to the service as not to be given."""


@dataclass(frozen=True)
class Plan:
    """What an Update takes.

    Attributes:
        drift: members that somebody else changed; they stay as they are.
        replace: members because of which a new resource is needed.
        refusal: why it can't be done.
        abandoned: the last template needed a new resource, and this isn't it: one may have been left behind.
        dirty: an earlier update has failed, and none has succeeded since.
    """

    update: Members = field(default_factory=dict)
    tag: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)
    refusal: str = ""
    abandoned: bool = False
    dirty: bool = False


def plan_update(kind: Kind, wanted: Members, previous: Members, current: Members) -> Plan:
    """Plans an Update; without a wanted name it is a generated one."""
    table = kind.members
    dirty = FAILED_MARKER in current.get("tags", {})
    # What the last template gave and this one can't have had: then nothing of that template was ever applied to it.
    never_applied = _only_new(table, previous, wanted, current)
    replace = _only_new(table, wanted, previous, current)
    if not never_applied:
        replace += _only_without(table, wanted, previous, current)
    abandoned = bool(never_applied or _only_without(table, previous, wanted, current))
    if replace:
        refusal = _refusal(replace) if wanted.get(kind.name) == current[kind.name] else ""
        return Plan(replace=replace, refusal=refusal, abandoned=abandoned)
    update, drift = {}, []
    for member, (change, removal) in table.items():
        free = change is Change.REPLACEMENT or removal is Removal.GENERATED
        if change is Change.TAGS or (free and member not in wanted):
            continue
        default = None if isinstance(removal, Removal) else removal
        target = wanted.get(member, default)
        if _same(target, current.get(member, default)):
            continue
        known = _same(target, previous.get(member, default)) and not (dirty and member in wanted)
        if target is None or known or change is Change.REPLACEMENT:
            drift.append(member)
        else:
            update[member] = target
    given, last, now = (members.get("tags", {}) for members in (wanted, previous, current))
    tag, untag, drifted = _tags(given, last, now)
    if dirty:
        tag = {key: value for key, value in given.items() if now.get(key) != value}
    return Plan(update=update, tag=tag, untag=untag, drift=drift + drifted, abandoned=abandoned, dirty=dirty)


def plan_adoption(kind: Kind, wanted: Members, current: Members) -> tuple[Plan, list[str]]:
    """Plans to bring what exists to what a template says; and which members can't be, there and back.

    A name that the template doesn't give stays as it is, and so does what has no known default; so do tags.
    """
    update, problems = {}, []
    for member, (change, removal) in kind.members.items():
        default = None if isinstance(removal, Removal) else removal
        target, now = wanted.get(member, default), current.get(member, default)
        free = member not in wanted and (member == kind.name or removal is Removal.UNKNOWN)
        if change is Change.TAGS or free or _same(target, now):
            continue
        if target in _NOTHING and isinstance(removal, Removal):
            problems.append(f"{member} is given there, and can't be taken away: give it as it is there")
        elif change is Change.REPLACEMENT:
            problems.append(f"{member} is another one there, and can't be changed")
        elif now in _NOTHING and isinstance(removal, Removal):
            problems.append(
                f"{member} isn't given there, and a roll-back couldn't take it away again: leave it out, and give it in"
                " a later deployment"
            )
        else:
            update[member] = target
    given, now = wanted.get("tags", {}), current.get("tags") or {}
    tag = {key: value for key, value in given.items() if now.get(key) != value}
    drift = [f"tags.{key}" for key in sorted(now) if key not in given and not _is_reserved(key)]
    return Plan(update=update, tag=tag, drift=drift), problems


def without_replacement(wanted: Members, plan: Plan, current: Members) -> Members:
    """What a template says, but for what would need a replacement: that as it is."""
    rest = {member: value for member, value in wanted.items() if member not in plan.replace}
    return {**rest, **{member: current[member] for member in plan.replace if member in current}}


def holds(kind: Kind, wanted: Members, current: Members, member: str) -> bool:
    """Whether a resource holds what a template says of a member, or its default if that says nothing."""
    removal = kind.members[member][1]
    default = None if isinstance(removal, Removal) else removal
    return _same(wanted.get(member, default), current.get(member, default))


def _only_new(table: Table, wanted: Members, previous: Members, current: Members) -> list[str]:
    """The members given whose value only a new resource can have."""
    return [
        member
        for member, (change, _) in table.items()
        if change is Change.REPLACEMENT
        and wanted.get(member) not in _NOTHING
        and not _same(wanted[member], current.get(member))
        and not _same(wanted[member], previous.get(member))
    ]


def _same(one: object, other: object) -> bool:
    """Whether two values are the same to the service."""
    return one == other or (one in _NOTHING and other in _NOTHING)


def _only_without(table: Table, wanted: Members, previous: Members, current: Members) -> list[str]:
    """The members no longer given that only a new resource can do without.

    What can't change in place is the last template's doing only if it is equal to it.
    """
    return [
        member
        for member, (change, removal) in table.items()
        if removal in (Removal.REPLACEMENT, Removal.UNKNOWN)
        and wanted.get(member) in _NOTHING
        and previous.get(member) not in _NOTHING
        and current.get(member) not in _NOTHING
        and (change is Change.IN_PLACE or current[member] == previous[member])
    ]


def _refusal(replace: list[str]) -> str:
    return (
        f"{', '.join(replace)}: this change needs replacement under the same name: change the name as well, or leave it"
        " out and have one generated (in a roll-back: continue it without this resource)"
    )


def _tags(
    wanted: dict[str, str], previous: dict[str, str], current: dict[str, str]
) -> tuple[dict[str, str], list[str], list[str]]:
    """Tags to set, keys to remove, and drift. Markers and AWS's own tags are nobody's to touch."""
    own = {key: value for key, value in current.items() if not _is_reserved(key)}
    unlike = {key: value for key, value in wanted.items() if own.get(key) != value}
    tag = {key: value for key, value in unlike.items() if previous.get(key) != value}
    untag = sorted(key for key in own if key in previous and key not in wanted)
    foreign = [key for key in own if key not in previous and key not in wanted]
    return tag, untag, [f"tags.{key}" for key in sorted([*foreign, *(unlike.keys() - tag.keys())])]


def _is_reserved(key: str) -> bool:
    return key.startswith(MARKER_PREFIX) or key.lower().startswith("aws:")
