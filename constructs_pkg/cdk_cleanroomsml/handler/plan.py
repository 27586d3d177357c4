"""What to do about an Update: a pure function of what is wanted, what was wanted before and what there is.

It compares with what the service holds: after an update that failed half-way only the service knows how far things got.
The last template says who caused a difference:

- The template changed the member: it is written, unless the service holds the wanted value already. A roll-back is such
  a change in the other direction, so it converges from any mixed state.
- The template did not: somebody else did. That is drift: logged, not written, as with CloudFormation's own types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .request import MARKER_PREFIX

Members = dict[str, Any]


class Change(Enum):
    """What the API can do with a member of a model that exists."""

    IN_PLACE = "UpdateConfiguredAudienceModel takes it"
    TAGS = "TagResource and UntagResource"
    REPLACEMENT = "only a new model can have it"


class Removal(Enum):
    """What stands for a member that the template no longer gives, where it isn't a value."""

    IMPOSSIBLE = "it is required"
    REPLACEMENT = "only a new model can do without it"


MEMBERS: dict[str, tuple[Change, Any]] = {
    "name": (Change.REPLACEMENT, Removal.REPLACEMENT),
    "audienceModelArn": (Change.IN_PLACE, Removal.IMPOSSIBLE),
    "outputConfig": (Change.IN_PLACE, Removal.IMPOSSIBLE),
    "description": (Change.IN_PLACE, ""),
    "sharedAudienceMetrics": (Change.IN_PLACE, Removal.IMPOSSIBLE),
    "minMatchingSeedSize": (Change.IN_PLACE, 500),
    "audienceSizeConfig": (Change.IN_PLACE, Removal.REPLACEMENT),
    "tags": (Change.TAGS, {}),
    "childResourceTagOnCreatePolicy": (Change.REPLACEMENT, Removal.REPLACEMENT),
}
"""Each member of CreateConfiguredAudienceModel: how it changes (service model), and what it is reset to when removed.

500: API reference. That "" clears a description and audienceSizeConfig can't be unset: inferred. The default of
childResourceTagOnCreatePolicy is unknown.
"""


@dataclass(frozen=True)
class Plan:
    """What an Update takes.

    Attributes:
        drift: members that somebody else changed; they stay as they are.
        replace: members because of which a new model is needed.
        refusal: why it can't be done.
        abandoned: the last template needed a new model, and this isn't it: one may have been left behind.
    """

    update: Members = field(default_factory=dict)
    tag: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)
    refusal: str = ""
    abandoned: bool = False


def plan(wanted: Members, previous: Members, current: Members) -> Plan:
    """Plans an Update; without a wanted `name` it is a generated one."""
    # What the last template gave and this model can't have had: then nothing of that template was ever applied to it.
    never_applied = _only_new(previous, wanted, current)
    replace = _only_new(wanted, previous, current)
    if not never_applied:
        replace += _only_without(wanted, previous, current)
    abandoned = bool(never_applied or _only_without(previous, wanted, current))
    if replace:
        refusal = _refusal(replace) if wanted.get("name") == current["name"] else ""
        return Plan(replace=replace, refusal=refusal, abandoned=abandoned)
    update, drift = {}, []
    for member, (change, removal) in MEMBERS.items():
        if change is Change.TAGS or (change is Change.REPLACEMENT and member not in wanted):
            continue
        default = None if isinstance(removal, Removal) else removal
        target = wanted.get(member, default)
        if target == current.get(member, default):
            continue
        if target == previous.get(member, default) or change is Change.REPLACEMENT:
            drift.append(member)
        else:
            update[member] = target
    tag, untag, drifted = _tags(wanted.get("tags", {}), previous.get("tags", {}), current.get("tags", {}))
    return Plan(update=update, tag=tag, untag=untag, drift=drift + drifted, abandoned=abandoned)


def _only_new(wanted: Members, previous: Members, current: Members) -> list[str]:
    """The members given whose value only a new model can have."""
    return [
        member
        for member, (change, _) in MEMBERS.items()
        if change is Change.REPLACEMENT
        and member in wanted
        and wanted[member] not in (current.get(member), previous.get(member))
    ]


def _only_without(wanted: Members, previous: Members, current: Members) -> list[str]:
    """The members no longer given that only a new model can do without.

    What can't change in place is the last template's doing only if it is equal to it.
    """
    return [
        member
        for member, (change, removal) in MEMBERS.items()
        if removal is Removal.REPLACEMENT
        and member not in wanted
        and member in previous
        and member in current
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
