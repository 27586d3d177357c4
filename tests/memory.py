"""Where tests write what nobody keeps: into memory, where files cost a tenth."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MOUNTED = Path("/dev/shm")  # noqa: S108 - the folders made in it have names of their own
_ENOUGH = 1 << 30
"""Bytes; a thousand applications take some 100 MB, and a container may have 64."""

MEMORY = _MOUNTED if os.access(_MOUNTED, os.W_OK) and shutil.disk_usage(_MOUNTED).free > _ENOUGH else None
"""A folder in memory; none where that can't be written or is small."""
