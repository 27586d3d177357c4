"""How the command ends."""

from __future__ import annotations

DISTRIBUTION = "cdk-cleanroomsml"

DONE = 0
"""It did what it was asked to, and there is nothing to see to."""

FAILED = 1
"""It could not do it; the last line on standard error says why."""

FOUND = 2
"""It did it, and found something: drift, an orphan, a failure. With `--fix` or `--delete`: something is still there."""

NOT_KNOWN = 3
"""It found nothing, but could not know everything: what stands under "not known from here"."""

WRONG_CALL = 64
"""The command line is wrong (`EX_USAGE`); 2 would be taken for a find."""


class CommandError(Exception):
    """The command can't do what it was asked to; the message says why and what to change."""
