"""What the service enforces and its model can't say, each with its source.

Sources: API = Clean Rooms ML API reference, UG = AWS Clean Rooms User Guide.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_MATCHING_SEED_SIZE = 500
"""The default of minMatchingSeedSize (API)."""

MAX_TAGS = 50
"""Tags on one resource; those of AWS itself don't count (API, the model allows 200)."""

MAX_PENDING_AUDIENCE_MODELS = 2
"""Audience models in training at a time, in one account and Region (UG, quotas)."""

MAX_PENDING_GENERATION_JOBS = 10
"""Audience generation jobs of one account in one Region that aren't done (UG, quotas)."""

MAX_PENDING_EXPORT_JOBS = 20
"""Audience export jobs of one account in one Region that aren't done (UG, quotas)."""

MAX_ASSOCIATIONS = 5
"""Configured audience model associations of one membership (UG, quotas)."""

PERCENTAGES = range(1, 101)
"""The bins of an audience size of type PERCENTAGE (API, in words only)."""

_TAG_PUNCTUATION = "+-=._:/@"


def audience_size_problems(config: dict[str, Any] | None) -> list[str]:
    """What is wrong with the bins of an `audienceSizeConfig`."""
    if not config or config["audienceSizeType"] != "PERCENTAGE":
        return []
    return [
        f"audienceSizeConfig.audienceSizeBins: {size} is not a percentage from 1 to 100"
        for size in config["audienceSizeBins"]
        if size not in PERCENTAGES
    ]


def is_reserved(tag_key: str) -> bool:
    """Whether a tag key belongs to AWS: `aws:` in any case."""
    return tag_key.lower().startswith("aws:")


def tag_key_problems(keys: Iterable[str]) -> list[str]:
    """What is wrong with the keys of tags that a user sets or removes."""
    reserved = [f"tag key '{key}' starts with the reserved prefix aws:" for key in keys if is_reserved(key)]
    return reserved + [f"tag key '{key}' has a character that is not allowed" for key in keys if not _plain(key)]


def tag_problems(tags: dict[str, str], existing: dict[str, str] | None = None) -> list[str]:
    """What is wrong with tags that come on top of the existing ones."""
    problems = tag_key_problems(tags)
    problems += [
        f"the value of tag '{key}' has a character that is not allowed"
        for key, value in tags.items()
        if not _plain(value)
    ]
    count = sum(not is_reserved(key) for key in {**(existing or {}), **tags})
    if count > MAX_TAGS:
        problems.append(f"{count} tags on one resource, at most {MAX_TAGS} are allowed")
    return problems


def _plain(text: str) -> bool:
    return all(unicodedata.category(char)[0] in "LNZ" or char in _TAG_PUNCTUATION for char in text)
