"""`python -m cdk_cleanroomsml.operators`, the same as `cdk-cleanroomsml`."""

from __future__ import annotations

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
