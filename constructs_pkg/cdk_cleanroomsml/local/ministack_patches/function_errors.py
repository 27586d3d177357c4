"""A Python function fails as the runtime's own client and Lambda have it fail: its error's name, its trace, its log."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""Whatever a JSON document holds."""

_MARK = "\x00error: "
"""What the process of a function says of an error begins with it."""

_HELPERS = """
def _error(message, kind, trace=()):
    document = {"errorMessage": message, "errorType": kind, "stackTrace": list(trace)}
    told = "[ERROR] %s: %s\\nTraceback (most recent call last):\\n%s" % (kind, message, "".join(trace))
    return json.dumps({"status": "error", "error": "\\0error: " + json.dumps(document), "trace": told}) + "\\n"

def _init_error(error, module, handler):
    if isinstance(error, ImportError):
        return _error("Unable to import module '%s': %s" % (module, error), "Runtime.ImportModuleError")
    if isinstance(error, SyntaxError):
        where = '  File "%s" Line %s\\n    %s' % (error.filename, error.lineno, error.text)
        return _error("Syntax error in module '%s': %s" % (module, error), "Runtime.UserCodeSyntaxError", [where])
    if isinstance(error, AttributeError) and module in sys.modules and not hasattr(sys.modules[module], handler):
        return _error("Handler '%s' missing on module '%s'" % (handler, module), "Runtime.HandlerNotFound")
    return _error(str(error), type(error).__name__, traceback.format_tb(error.__traceback__)[1:])

class _Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None

def run():
"""

_CHANGES = {
    "\ndef run():\n": _HELPERS,
    """        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")
""": """        _real_stdout.write(_init_error(e, module_name, handler_name))
""",
    """            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")
        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) \
+ "\\n")
""": """            try:
                told = json.dumps({"status": "ok", "result": result}) + "\\n"
            except Exception as e:
                told = _error("Unable to marshal response: %s" % e, "Runtime.MarshalError")
            _real_stdout.write(told)
        except SystemExit as e:
            _real_stdout.write(_error("Runtime exited with error: exit status %s" % (e.code or 0), "Runtime.ExitError"))
            _real_stdout.flush()
            raise
        except Exception as e:
            trace = traceback.format_list(traceback.extract_tb(e.__traceback__)[1:])
            _real_stdout.write(_error(str(e), type(e).__name__, trace))
""",
    """"memory_limit_in_mb": init.get("memory", 128)""": """"memory_limit_in_mb": str(init.get("memory", 128))""",
    """            "identity": None,
""": """            "identity": _Identity(),
            "tenant_id": None,
            "log": lambda self, text: sys.stdout.write(str(text)),
""",
}
"""What is changed in ministack's script of a function's process: the class of an error is known only there."""


def install() -> None:
    """Patches ministack's Lambda.

    Raises:
        RuntimeError: ministack's script is another one.
    """
    module: Any = lambda_runtime
    script: str = module._PYTHON_WORKER_SCRIPT
    for old, new in _CHANGES.items():
        if script.count(old) != 1:
            raise RuntimeError(f"ministack's script of a function's process has no {old!r} any more")
        script = script.replace(old, new)
    module._PYTHON_WORKER_SCRIPT = script
    lambda_svc._execute_function_warm = partial(_execute, lambda_svc._execute_function_warm)


def _execute(original: Callable[..., Json], function: Json, event: Json, request_id: str) -> Json:
    result = original(function, event, request_id)
    body = result.get("body")
    if not result.get("error") or not isinstance(body, dict):
        return result
    said = str(body.get("errorMessage", ""))
    _, marked, document = said.partition(_MARK)
    if marked:
        error = json.loads(document)
        if error["errorType"] == "Runtime.ExitError":
            return {**result, "body": _platforms(request_id, error["errorMessage"], error["errorType"])}
        log = result.get("log") or f"[ERROR] {error['errorType']}: {error['errorMessage']}"
        return {**result, "body": {**error, "requestId": request_id}, "log": log}
    if said == "Worker process died":
        words = "Runtime exited without providing a reason"
        return {**result, "body": _platforms(request_id, words, "Runtime.ExitError")}
    if body.get("errorType") == "Sandbox.Timedout":
        line = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ} {request_id} {said}"
        log = str(result.get("log", "")).replace(said, line)
        return {**result, "body": _platforms(request_id, said, "Sandbox.Timedout"), "log": log}
    return result


def _platforms(request_id: str, words: str, kind: str) -> dict[str, str]:
    """An error that Lambda itself reports."""
    return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {words}"}
