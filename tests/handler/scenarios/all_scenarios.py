"""The cases: those that are the same for several resource types, and those of one."""

from __future__ import annotations

from . import association, audience_model, common, configured_audience_model
from .configured_audience_model import CREATE, DELETE, UPDATE
from .scenario import CASES, IMPATIENT, Case, nothing_left

__all__ = [
    "CASES",
    "CREATE",
    "DELETE",
    "IMPATIENT",
    "UPDATE",
    "Case",
    "association",
    "audience_model",
    "common",
    "configured_audience_model",
    "nothing_left",
]
