"""The code of the function, as an asset that is the same on every machine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

if TYPE_CHECKING:
    from constructs import Construct

_MODE = 0o644
"""Of the function's files: everybody may read them."""


def function_code(scope: Construct) -> lambda_.Code:
    """The modules of the folder `handler` of this package, and nothing else, readable for Lambda.

    The mode of a file goes into the asset, and what Lambda's user can't read it can't run. So the modes aren't those of
    the installation, which follow from somebody's umask: a copy has modes of its own. They are part of the hash, which
    is the same on every machine.
    """
    package = Path(__file__).parents[1]
    files = sorted((package / "handler").rglob("*.py"))
    modules = {path.relative_to(package).as_posix(): path.read_bytes() for path in files}
    entries = [f"{_MODE:o}", *(f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in modules.items())]
    digest = hashlib.sha256("\n".join(entries).encode()).hexdigest()
    # In the assembly, because an asset that isn't staged is read where it is.
    folder = Path(cast("cdk.Stage", cdk.Stage.of(scope)).asset_outdir) / f"cdk-cleanroomsml-{digest[:12]}"
    for name, content in modules.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        copy.chmod(_MODE)
    return lambda_.Code.from_asset(str(folder), asset_hash=digest)
