"""What trains audience models anew, on a schedule."""

from __future__ import annotations

from .construct import AudienceModelRetraining
from .definition import settings_in
from .state_machine import allow, define_state_machine, schedule_role

__all__ = [
    "AudienceModelRetraining",
    "allow",
    "define_state_machine",
    "schedule_role",
    "settings_in",
]
