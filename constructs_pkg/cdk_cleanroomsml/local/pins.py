"""Whether what the engine needs is installed, in the version that it was made for."""

from __future__ import annotations

import re
import sys
from importlib import metadata

DISTRIBUTION = "cdk-cleanroomsml"

CDK_CLI_VERSION = "2.1148.1"
"""The CDK CLI that this engine is tried with; newer major versions may not read the assemblies."""


class EngineError(Exception):
    """The engine can't do what it was asked to; the message says why and what to change."""


def pinned_version(package: str) -> str:
    """The exact version that the extra `local` of this distribution asks for.

    Args:
        package: the name of the other distribution, such as `ministack`.

    Raises:
        EngineError: the extra doesn't pin it.
    """
    for requirement in metadata.requires(DISTRIBUTION) or []:
        if match := re.match(rf"{re.escape(package)}==([\w.]+)", requirement):
            return match[1]
    raise EngineError(f"{DISTRIBUTION} pins no version of {package}: the installation is damaged, install it again")


def check_installed(package: str = "ministack") -> None:
    """Checks that a pinned package is installed, in exactly the pinned version, on a system that the engine runs on.

    The engine changes ministack from inside, so another version is refused rather than tried.

    Raises:
        EngineError: it isn't.
    """
    if sys.platform == "win32":
        raise EngineError("the local engine runs on Linux and macOS, not on Windows: run it in WSL there")
    wanted = pinned_version(package)
    install = f"pip install '{DISTRIBUTION}[local]'"
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        raise EngineError(f"the local engine needs {package} {wanted}, which isn't installed: {install}") from None
    if found != wanted:
        raise EngineError(f"the local engine needs {package} {wanted}, but {found} is installed: {install}")
