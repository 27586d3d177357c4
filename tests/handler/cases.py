"""The cases: those that are the same for several resource types, and those of one."""

from __future__ import annotations

from . import cases_association, cases_audience_model, cases_common, cases_configured_audience_model
from .case import CASES, IMPATIENT, Case, nothing_left
from .cases_configured_audience_model import CREATE, DELETE, UPDATE

__all__ = [
    "CASES",
    "CREATE",
    "DELETE",
    "IMPATIENT",
    "UPDATE",
    "Case",
    "cases_association",
    "cases_audience_model",
    "cases_common",
    "cases_configured_audience_model",
    "nothing_left",
]
