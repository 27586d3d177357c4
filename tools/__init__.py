"""What sets a clone up, keeps its pins and proves its releases: the standard library only, on any supported Python.

This file is read by whatever Python is at hand, so its syntax is that of all of them.
"""

import sys

OLDEST = (3, 10)
NEWEST = (3, 14)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "Python %d.%d to %d.%d is needed, and this is %s (%s): make PYTHON=python%d.%d ..."  # noqa: UP031
        % (OLDEST + NEWEST + (sys.version.split()[0], sys.executable) + NEWEST)
    )
