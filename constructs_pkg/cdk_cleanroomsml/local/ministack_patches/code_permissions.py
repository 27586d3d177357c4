"""A function of Lambda reads no more of its code than the permissions in its package let everybody read."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import io
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

Opaque = Any
"""A value of ministack's that only passes through."""

_OTHERS_MAY_READ = 0o004
_OTHERS_MAY_ENTER = 0o005


def install() -> None:
    """Patches ministack's Lambda."""
    lambda_svc._execute_function_dispatch = _if_readable(lambda_svc._execute_function_dispatch)
    provisioners._zip_inline = _readable(provisioners._zip_inline)


def _readable(zip_inline: Callable[..., bytes | None]) -> Callable[..., bytes | None]:
    """Has code that stands in the template be packed so that everybody may read it."""

    def zip_readable(*source: Opaque) -> bytes | None:
        packed = zip_inline(*source)
        if packed is None:
            return None
        content = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(content, "w") as new:
            for info in old.infolist():
                code = old.read(info)
                info.external_attr = 0o644 << 16
                new.writestr(info, code)
        return content.getvalue()

    return zip_readable


def _if_readable(execute: Callable[..., Opaque]) -> Callable[..., Opaque]:
    """Has an invocation fail when the function's package has code that only its owner may read.

    Lambda runs as another user (developer guide, "Working with .zip file archives": 644 for files, 755 for folders),
    and says so when the file is imported. Here every Python file of a package is taken for imported.
    """

    def execute_if_readable(function: dict[str, Opaque], *request: Opaque) -> Opaque:
        code = function.get("code_zip")
        unreadable = _first_unreadable(code) if isinstance(code, bytes) else None
        if unreadable is None:
            return execute(function, *request)
        message = f"[Errno 13] Permission denied: '/var/task/{unreadable}'"
        error = {"errorMessage": message, "errorType": "PermissionError", "stackTrace": []}
        return {"body": error, "error": True, "log": f"[ERROR] PermissionError: {message}"}

    return execute_if_readable


@lru_cache(maxsize=32)
def _first_unreadable(code: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            needed = _OTHERS_MAY_ENTER if info.is_dir() else _OTHERS_MAY_READ
            # No mode at all is what Windows leaves, and fine.
            if mode and mode & needed != needed and (info.is_dir() or info.filename.endswith(".py")):
                return info.filename
    return None
