"""What a clone has and an unpacked source distribution hasn't: CI's files, and the raw data of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


def left_out(name: str, root: Path = REPOSITORY) -> pytest.MarkDecorator:
    """Skips, outside of a clone, what tests a file or folder that isn't there. In a clone nothing may be missing."""
    missing = not any((root / each).exists() for each in (".git", name))
    return pytest.mark.skipif(missing, reason=f"a source distribution has no {name}: it is tested in a clone")
