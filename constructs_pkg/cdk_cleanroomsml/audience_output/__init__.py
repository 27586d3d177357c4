"""Where segments are written: bucket, key and role."""

from __future__ import annotations

from .construct import ONE_REGION, AudienceOutput

__all__ = [
    "ONE_REGION",
    "AudienceOutput",
]
