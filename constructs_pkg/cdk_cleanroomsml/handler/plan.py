"""What to do about an Update: a pure function of what is wanted, what was wanted before and what there is.

The comparison is with what the service holds, not with the last template: after an update that failed half-way, and in
a repeated delivery, only the service knows how far things got. The last template says who caused a difference:

- The template changed the member: it is written, unless the service holds the wanted value already. A roll-back is such
  a change, in the other direction, so that it converges from any mixed state.
- The template did not change it: somebody else did. That is drift: logged, not written, as CloudFormation does with
  types of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .identity import MARKER_PREFIX

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
"""Each member of CreateConfiguredAudienceModel: how it changes, and what it is reset to when it is removed.

Changes: service model. The default 500: API reference. That "" clears a description, and that audienceSizeConfig
can't be unset: inferred. What childResourceTagOnCreatePolicy is when it isn't given is unknown, so it isn't guessed.
"""


@dataclass(frozen=True)
class Plan:
    """What an Update takes.

    Attributes:
        update: members to write.
        tag: tags to set.
        untag: keys of tags to remove.
        drift: members that somebody else changed; they stay as they are.
        replace: members because of which a new model is needed; empty when it isn't.
        refusal: why it can't be done; "" when it can.
        abandoned: the last template could only have become true with a new model, and didn't: such a model may have
            been left behind.
    """

    update: Members = field(default_factory=dict)
    tag: dict[str, str] = field(default_factory=dict)
    untag: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)
    refusal: str = ""
    abandoned: bool = False


def plan(wanted: Members, previous: Members, current: Members) -> Plan:
    """Plans an Update.

    Args:
        wanted: the members that the template gives; no `name` when it is to be generated.
        previous: the same of the last template.
        current: what Get answers.
    """
    replace = _replacing(wanted, previous, current)
    if replace and wanted.get("name") == current["name"]:
        return Plan(replace=replace, refusal=_refusal(replace))
    if replace:
        return Plan(replace=replace)
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
    return Plan(
        update=update,
        tag=tag,
        untag=untag,
        drift=drift + drifted,
        abandoned=bool(_replacing(previous, wanted, current)),
    )


def _replacing(wanted: Members, previous: Members, current: Members) -> list[str]:
    """The members that stand between the current model and the wanted one."""
    return [member for member in MEMBERS if _needs_new(member, wanted, previous, current)]


def _needs_new(member: str, wanted: Members, previous: Members, current: Members) -> bool:
    change, removal = MEMBERS[member]
    if member in wanted:
        unlike = wanted[member] not in (current.get(member), previous.get(member))
        return change is Change.REPLACEMENT and unlike
    if removal is not Removal.REPLACEMENT or member not in previous or member not in current:
        return False
    # What can't change in place is the last template's only if it is equal to it.
    return change is Change.IN_PLACE or current[member] == previous[member]


def _refusal(replace: list[str]) -> str:
    return (
        f"{', '.join(replace)}: this change needs replacement under the same name, and the old model exists until the"
        " new one is in use: change the name as well, or leave it out and have one generated (in a roll-back: continue"
        " it without this resource)"
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
