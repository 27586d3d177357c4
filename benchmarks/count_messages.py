"""Runs a program and counts its messages to the jsii kernel: `python -m benchmarks.count_messages MODULE ARGUMENT…`.

The count is the last line that it prints. jsii has no public way to count, so its own `send` is wrapped; only here.
"""

from __future__ import annotations

import runpy
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from jsii._kernel.providers.process import _NodeProcess as NodeProcess

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def counted() -> Iterator[mock.Mock]:
    """Counts messages: those sent until now are its `call_count`."""
    send = mock.Mock(side_effect=NodeProcess.send)

    def counting(self: NodeProcess, *arguments: Any) -> Any:  # noqa: ANN401 - jsii's
        return send(self, *arguments)

    with mock.patch.object(NodeProcess, "send", counting):
        yield send


def main() -> None:
    _, module, *sys.argv[1:] = sys.argv
    with counted() as messages:
        runpy.run_module(module, run_name="__main__", alter_sys=False)
    print(messages.call_count)


if __name__ == "__main__":
    main()
