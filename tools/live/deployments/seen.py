"""A configured audience model as the service shows it, which may take a moment after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..run import Run

PAUSES = (1, 2, 4, 8, 15, 30)
"""Pauses between looks, in seconds: after a minute, what was made or deleted is seen as that."""


def shown(run: Run, arn: str) -> dict[str, Any] | None:
    """What Get answers; None if it doesn't find the model, not even after a while."""
    found: dict[str, Any] = {}

    def look() -> bool:
        refusal = run.refusal(
            lambda: found.update(run.ml.get_configured_audience_model(configuredAudienceModelArn=arn))
        )
        return refusal is None

    until(run, look)
    found.pop("ResponseMetadata", None)
    return found or None


def is_gone(run: Run, arn: str) -> bool:
    """Whether Get doesn't find a model any more; what was deleted a moment ago may be shown a little longer."""

    def look() -> bool:
        refusal = run.refusal(lambda: run.ml.get_configured_audience_model(configuredAudienceModelArn=arn))
        return refusal is not None and refusal.code == "ResourceNotFoundException"

    return until(run, look)


def until(run: Run, look: Callable[[], bool]) -> bool:
    """Looks until it is so, or for a minute; whether it was."""
    for seconds in PAUSES:
        if look():
            return True
        run.pause(seconds)
    return look()
