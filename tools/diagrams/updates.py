"""The source of the diagram of updates: which parameter is changed in place, and which takes a new resource.

    python -m tools.diagrams.updates

writes docs/diagrams/updates.d2, from the table by which the function decides.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import cdk_cleanroomsml
from cdk_cleanroomsml.handler.reconciliation.kind import Change, Removal
from cdk_cleanroomsml.handler.resource_types import association, audience_model, configured_audience_model

from ..set_up import CLONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_cleanroomsml.handler.reconciliation.kind import Kind

FILE = CLONE / "docs" / "diagrams" / "updates.d2"
KINDS = (configured_audience_model.KIND, association.KIND, audience_model.KIND)
# Parameters whose names don't follow from the member's.
NAMES = {
    "audienceSizeConfig": "audience_sizes",
    "kmsKeyArn": "encryption_key",
    "outputConfig": "output",
}


def parameter(construct: type, member: str) -> str:
    """What a construct calls a member of the API.

    Raises:
        LookupError: it has no such parameter.
    """
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", member).lower()
    own = re.sub(r"(?<!^)(?=[A-Z])", "_", construct.__name__).lower()
    named = (NAMES.get(member, words), f"{own}_{words}", re.sub("_(arn|identifier)$", "", words))
    there = inspect.signature(vars(construct)["__init__"]).parameters
    for name in named:
        if name in there:
            return name
    raise LookupError(f"{construct.__name__} has no parameter for {member}")


def changes(kind: Kind) -> Iterator[tuple[str, list[str]]]:
    """What a change does, and the parameters of which that is so."""
    construct = getattr(cdk_cleanroomsml, kind.noun)
    found: dict[str, list[str]] = {"changed in place": [], "in place; taking it away replaces": [], "replaced": []}
    for member, (change, removal) in kind.members.items():
        if change is Change.REPLACEMENT:
            effect = "replaced"
        elif removal is Removal.REPLACEMENT:
            effect = "in place; taking it away replaces"
        else:
            effect = "changed in place"
        found[effect].append(parameter(construct, member))
    for effect, parameters in found.items():
        if parameters:
            yield effect, parameters


def source() -> str:
    """The diagram, in D2's grammar."""
    lines = ["# Written by tools/diagrams/updates.py.", "...@classes"]
    for kind in KINDS:
        lines += [f'{kind.noun}: "{kind.noun}" {{', "  class: group"]
        for number, (effect, parameters) in enumerate(changes(kind)):
            lines += [f"  effect{number}: |md", f"    **{effect}**\\"]
            escaped = [name.replace("_", "\\_") for name in parameters]
            lines += [f"    {name}\\" for name in escaped[:-1]] + [f"    {escaped[-1]}"]
            # What takes a new resource has a broken line.
            lines.append("  | {class: box" + ("; style.stroke-dash: 4}" if effect == "replaced" else "}"))
        lines.append("}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(source())
