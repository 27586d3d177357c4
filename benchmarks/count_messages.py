"""Runs a program and counts its messages to the jsii kernel: `python -m benchmarks.count_messages MODULE ARGUMENT…`.

The count is the last line that it prints. jsii has no public way to count, so its own `send` is wrapped; only here.
"""

from __future__ import annotations

import runpy
import sys
from typing import Any

from jsii._kernel.providers.process import _NodeProcess as NodeProcess


def main() -> None:
    messages = 0
    send = NodeProcess.send

    def counted(self: NodeProcess, *arguments: Any) -> Any:  # noqa: ANN401 - jsii's
        nonlocal messages
        messages += 1
        return send(self, *arguments)

    setattr(NodeProcess, "send", counted)  # noqa: B010 - no type checker has to agree
    _, module, *sys.argv[1:] = sys.argv
    runpy.run_module(module, run_name="__main__", alter_sys=False)
    print(messages)


if __name__ == "__main__":
    main()
