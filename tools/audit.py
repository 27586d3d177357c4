"""Asks whether a vulnerability is known in what is pinned: pip-audit for the Python packages, npm for the CDK CLI.

pip-audit itself isn't pinned: it is run for what it knows today, apart, and nothing depends on it.
"""

from __future__ import annotations

import subprocess
import sys

from .set_up import CLONE, Environment

# Strict: what couldn't be asked about isn't passed over.
PIP_AUDIT = "uv tool run --no-config pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt"
NPM_AUDIT = "npm audit --package-lock-only"


def main() -> int:
    """Both are asked, whatever the first says; 1 if either knows something, or can't be asked."""
    reach = Environment().reach()
    commands = [command.split() for command in (PIP_AUDIT, NPM_AUDIT)]
    return max(min(subprocess.run(each, cwd=CLONE, env=reach, check=False).returncode, 1) for each in commands)


if __name__ == "__main__":
    sys.exit(main())
