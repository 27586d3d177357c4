"""The code of the function, as an asset that is the same on every machine."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

if TYPE_CHECKING:
    from constructs import Construct

_MODE = 0o644
"""Of the function's files: everybody may read them."""
_UNIX = 3
"""Whose modes these are, on Windows, too."""


def function_code(scope: Construct) -> lambda_.Code:
    """The modules of the folder `handler` of this package, and nothing else, readable for Lambda.

    The mode of a file goes into the asset, and what Lambda's user can't read it can't run. So the modes aren't those of
    the installation, which follow from somebody's umask: they are told in an archive. They are part of the hash, which
    is the same on every machine. One file is also what costs least where many stacks and stages have a function.
    """
    digest, content = _archive(Path(__file__).parents[1])
    # In the assembly, because an asset that isn't staged is read where it is.
    archive = Path(cast("cdk.Stage", cdk.Stage.of(scope)).asset_outdir) / f"cdk-cleanroomsml-{digest[:12]}.zip"
    archive.write_bytes(content)
    return lambda_.Code.from_asset(str(archive), asset_hash=digest)


@cache
def _archive(package: Path) -> tuple[str, bytes]:
    """The hash of the code of a package, and the archive: read once, because an application may have many stacks."""
    files = sorted((package / "handler").rglob("*.py"))
    modules = [(path.relative_to(package).as_posix(), path.read_bytes()) for path in files]
    entries = [f"{_MODE:o}", *(f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in modules)]
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name, content in modules:
            entry = ZipInfo(name)
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            archive.writestr(entry, content, ZIP_DEFLATED)
    return hashlib.sha256("\n".join(entries).encode()).hexdigest(), written.getvalue()
