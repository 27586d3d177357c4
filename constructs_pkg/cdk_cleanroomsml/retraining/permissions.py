"""What the state machine of a retraining may do.

Source: Service Authorization Reference. Creating an audience model is authorised on the training dataset, and with
tags also on the audience model; its ARN isn't known before it is there, hence the wildcards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.environment import audience_models
from ..common.role_permissions import SERVICE_PRINCIPAL
from .definition import MARKER
from .state_machine import allow

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk.interfaces.aws_iam import IRoleRef

    from .definition import Settings


@dataclass(frozen=True)
class Permissions:
    """The permissions of one state machine.

    Attributes:
        settings: what it does.
        output_role: the role that segments are written with, if it is known.
    """

    settings: Settings
    output_role: IRoleRef | None

    def statements(self) -> list[iam.PolicyStatement]:
        """All but for its own executions."""
        model, initial = self.settings.configured_audience_model, self.settings.initial_audience_model
        statements = [
            allow("cleanrooms-ml:GetConfiguredAudienceModel", on=[model]),
            # The audience model is an optional resource of it.
            allow("cleanrooms-ml:UpdateConfiguredAudienceModel", on=[model, audience_models()]),
            allow("cleanrooms-ml:CreateAudienceModel", on=[self.settings.training_dataset]),
            allow("cleanrooms-ml:GetAudienceModel", "cleanrooms-ml:TagResource", on=[audience_models()]),
            allow("cleanrooms-ml:ListAudienceModels", on=["*"]),
            allow(
                "cleanrooms-ml:DeleteAudienceModel",
                on=[audience_models()],
                when={f"aws:ResourceTag/{MARKER}": self.settings.marker},
            ),
        ]
        if initial:
            statements.append(allow("cleanrooms-ml:DeleteAudienceModel", on=[initial]))
        if self.output_role is not None:
            # UpdateConfiguredAudienceModel depends on it; whether without a new outputConfig isn't documented.
            statements.append(
                allow(
                    "iam:PassRole",
                    on=[self.output_role.role_ref.role_arn],
                    when={"iam:PassedToService": SERVICE_PRINCIPAL},
                )
            )
        return statements

    @staticmethod
    def own_executions(state_machine_arn: str) -> iam.PolicyStatement:
        """To see whether another execution is at it."""
        return allow("states:ListExecutions", on=[state_machine_arn])
