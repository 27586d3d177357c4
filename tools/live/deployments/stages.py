"""What the run's model is like from deployment to deployment, in the API's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """What one deployment makes of the model.

    Attributes:
        name: how the model's name ends.
        folder: where below the bucket it writes.
        members: of the API, those that the template sets.
    """

    name: str
    folder: str
    members: dict[str, Any] = field(default_factory=dict)


_CHANGED: dict[str, Any] = {
    "sharedAudienceMetrics": ["NONE"],
    "description": "Changed by a live run: “Straße”, 50 % & more",
    "minMatchingSeedSize": 1000,
    "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5, 10]},
}

ADOPTED = "Adopted by a live run"
"""The description of the adopted model."""

FIRST, CHANGED, REPLACED = "first", "changed", "replaced"

STAGES: dict[str, Stage] = {
    FIRST: Stage("model", "first", {"sharedAudienceMetrics": ["ALL"]}),
    CHANGED: Stage("model", "changed", {**_CHANGED, "tags": {"stage": "changed"}}),
    REPLACED: Stage(
        "renamed", "changed", {**_CHANGED, "tags": {}, "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"}
    ),
}
"""The smallest, then each member that can be changed in place, then what takes a replacement."""


def differences(stage: str, shown: dict[str, Any]) -> list[str]:
    """What Get shows otherwise than the stage's template has it."""
    wanted = STAGES[stage]
    found = []
    for member, value in wanted.members.items():
        seen = shown.get(member)
        if member == "tags":
            tag = shown.get("tags", {}).get("stage")
            seen = {"stage": tag} if tag is not None else {}
        if seen != value:
            found.append(f"{member} is {seen!r} instead of {value!r}")
    uri = shown["outputConfig"]["destination"]["s3Destination"]["s3Uri"]
    if not uri.endswith(f"/{wanted.folder}/"):
        found.append(f"it writes to {uri!r} instead of the folder {wanted.folder!r}")
    return found
