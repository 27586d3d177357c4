"""What models are made of, as most tests have it: imports, each once in a stack."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cdk_cleanroomsml import AudienceModel, Membership, TrainingDataset
from cdk_cleanroomsml.common.environment import known_of, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef
    from constructs import Construct

    from cdk_cleanroomsml import IAudienceModel, ITrainingDataset


def an_audience_model(scope: Construct, arn: str) -> IAudienceModel:
    found: IAudienceModel = _once(scope, arn, AudienceModel.from_audience_model_arn)
    return found


def a_dataset(scope: Construct, arn: str) -> ITrainingDataset:
    found: ITrainingDataset = _once(scope, arn, TrainingDataset.from_training_dataset_arn)
    return found


def a_membership(scope: Construct, identifier: str) -> IMembershipRef:
    found: IMembershipRef = _once(scope, identifier, Membership.from_membership_identifier)
    return found


def _once(scope: Construct, text: str, load: Callable[[Construct, str, str], Any]) -> Any:
    stack = stack_of(scope)
    id_ = f"Imported{hashlib.sha256(f'{load.__name__} {text}'.encode()).hexdigest()[:8]}"
    return known_of(stack, id_, lambda: load(stack, id_, text))
