"""The tools aren't installed: they are imported from the top of the repository, as `python -m tools.set_up` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
