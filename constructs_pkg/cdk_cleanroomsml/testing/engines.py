"""The engines of a test session: each is a process, which serves many tests."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, TypedDict

from ..local.pins import EngineError, check_installed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from ..local.engine import Engine


class EngineOptions(TypedDict, total=False):
    """What an engine is, as :class:`cdk_cleanroomsml.local.engine.Engine` takes it; its port is always a free one."""

    account: str
    """The account that callers act for, 12 digits. Default: 111122223333."""
    audience_models: Sequence[str]
    """ARNs of audience models that are there when a test begins. Default: none."""
    auth: bool
    """Whether signatures and IAM policies are enforced. Default: they aren't."""
    region: str
    """Their default Region. Default: us-east-1."""
    retry_seconds: float
    """How long Lambda waits before it retries an asynchronous invocation. Default: 0.2."""


class Engines:
    """Starts an engine when the first test needs one of its kind, and stops all at the end."""

    def __init__(self) -> None:
        self._running: dict[tuple[object, ...], Engine] = {}

    def get(self, **options: Unpack[EngineOptions]) -> Engine:
        """An engine as if it had just been started.

        Args:
            options: What it is. Of one kind there is one, which is reset.

        Raises:
            EngineError: The extra ``local`` isn't installed, there is no such option, or no such account or Region.
        """
        check_installed()
        from ..local.engine import Engine  # after the check: it needs the extra's packages

        unknown = sorted(options.keys() - EngineOptions.__annotations__.keys())
        if unknown:
            known = ", ".join(sorted(EngineOptions.__annotations__))
            raise EngineError(f"an engine of a test has no option {', '.join(unknown)}: there are {known}")
        defaults = {name: each.default for name, each in signature(Engine).parameters.items()}
        kind: dict[str, Any] = {**defaults, **options, "audience_models": ()}
        key = tuple(kind.values())
        if key not in self._running:
            engine = Engine(**options)
            engine.start()
            self._running[key] = engine
        self._running[key].reset(audience_models=options.get("audience_models", ()))
        return self._running[key]

    def stop(self) -> None:
        """Stops all."""
        while self._running:
            self._running.popitem()[1].stop()
