"""The function as it is shipped, with shorter pauses, and with crashes on demand.

Put next to the folder `handler` in the function's package. It needs botocore and the standard library, as the function.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import handler.main as main  # type: ignore[import-not-found]
from handler import dispatch
from handler.protocol import Clock  # type: ignore[import-not-found]

SPEED = float(os.environ.get("SPEED", "1000"))
ORDERS = Path(os.environ["CRASH_ORDERS"])
"""Crashes to come, as JSON: at which operation, whether after its effect, how many to let by, and how often."""


class AcceleratedClock(Clock):  # type: ignore[misc]
    """Real time when the process started, and faster since."""

    def __init__(self) -> None:
        self._waited = 0.0

    def now(self) -> float:
        return time.time() + self._waited

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)
        self._waited += seconds - seconds / SPEED


def crashes_now(operation: str, *, after_effect: bool) -> bool:
    """Whether the next order is to crash now; it is used up then."""
    orders = json.loads(ORDERS.read_text()) if ORDERS.exists() else []
    for order in orders:
        if order["operation"] != operation or order["after_effect"] != after_effect or not order["times"]:
            continue
        due = not order["skip"]
        order["times" if due else "skip"] -= 1
        ORDERS.write_text(json.dumps(orders))
        return due
    return False


def before_call(model: Any, **_: Any) -> None:
    if crashes_now(model.name, after_effect=False):
        os._exit(1)


def after_call(model: Any, **_: Any) -> None:
    if crashes_now(model.name, after_effect=True):
        os._exit(1)


def crashing_client(service: str) -> Any:
    """The function's client, whose calls crash the function when they are told to."""
    made = dispatch.client(service)
    made.meta.events.register(f"before-call.{service}", before_call, unique_id="before")
    made.meta.events.register(f"after-call.{service}", after_call, unique_id="after")
    return made


def on_event(event: Any, context: Any) -> None:
    """Lambda's entry point."""
    main.ENVIRONMENT.clock = AcceleratedClock()
    main.ENVIRONMENT.client = crashing_client
    main.handler(event, context)
