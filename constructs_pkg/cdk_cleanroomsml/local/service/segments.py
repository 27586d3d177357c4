"""Seeds and segments. Nothing is learned here: who is alike is drawn by lot, the same lot each time.

Seeds and segments are JSON lines, `{"user_id": "…"}` (API; that of a segment is inferred).
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

POPULATION = 10_000
"""How many users the local service pretends to have been trained on, `user-00001` to `user-10000`."""

MAX_SEED = 500_000
"""Users in a seed (UG)."""


class SeedError(Exception):
    """A seed can't be used; the message says why."""


def read_seed(body: bytes, smallest: int) -> list[str]:
    """The users of a seed, each once, in their order; here all of them match the training data.

    Args:
        body: the object.
        smallest: how many users must match, the model's `minMatchingSeedSize`.

    Raises:
        SeedError: a line isn't of the documented form, or there are too few users, or too many.
    """
    users = list(dict.fromkeys(_user(line, n) for n, line in enumerate(body.splitlines(), 1) if line.strip()))
    if not smallest <= len(users) <= MAX_SEED:
        raise SeedError(f"{len(users)} users of the seed match, {smallest} to {MAX_SEED} are needed")
    return users


def segment(seed: list[str], size: dict[str, Any], *, include_seed: bool) -> list[str]:
    """The users of an audience: those that are most alike first, so that a smaller one begins each larger one.

    Args:
        seed: the seed; its users are left out, or come first.
        size: an `audienceSize`; one in absolute terms that exceeds the population gives the whole of it.
        include_seed: whether the seed comes first, and counts.
    """
    wanted = size["value"] * POPULATION // 100 if size["type"] == "PERCENTAGE" else size["value"]
    others = [f"user-{n:05}" for n in range(1, POPULATION + 1)]
    random.Random(hashlib.sha256("\n".join(seed).encode()).digest()).shuffle(others)  # noqa: S311 - a lot, no secret
    known = set(seed)
    alike = [user for user in others if user not in known]
    return ([*seed, *alike] if include_seed else alike)[:wanted]


def write_segment(users: list[str]) -> bytes:
    """A segment as it is exported."""
    return "".join(json.dumps({"user_id": user}) + "\n" for user in users).encode()


def _user(line: bytes, number: int) -> str:
    try:
        user = json.loads(line)["user_id"]
    except (ValueError, LookupError, TypeError):
        user = None
    if not isinstance(user, str):
        raise SeedError(f'line {number} of the seed is not {{"user_id": "…"}}')
    return user
