"""The benchmark isn't installed: it is imported from the top of the repository, as `python -m benchmarks` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
