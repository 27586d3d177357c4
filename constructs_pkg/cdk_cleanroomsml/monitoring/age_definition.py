"""The state machine that measures how old audience models are, in Amazon States Language.

Each configured audience model is measured, whatever the others come to; one that couldn't be makes the execution fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..common.metrics import AGE, AGE_DIMENSION, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

_RETRY = [
    {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 3},
]


def definition(configured_audience_models: Sequence[str]) -> dict[str, Any]:
    """The definition, as JSON.

    Args:
        configured_audience_models: the ARNs.
    """
    return {
        "Comment": "Measures the age of the audience models that configured audience models use, in days",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 3600,
        "StartAt": "MeasureEach",
        "States": {
            "MeasureEach": {
                "Type": "Map",
                "Items": list(configured_audience_models),
                "MaxConcurrency": 5,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "GetConfiguredAudienceModel",
                    "States": _MEASURE,
                },
                "Assign": {"problems": "{% [$states.result.problem] %}"},
                "Next": "IsEachMeasured",
            },
            "IsEachMeasured": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $count($problems) > 0 %}", "Next": "Failed"}],
                "Default": "Measured",
            },
            "Measured": {"Type": "Succeed"},
            "Failed": {"Type": "Fail", "Error": "NotMeasured", "Cause": "{% $join($problems, '; ') %}"},
        },
    }


_NOT_MEASURED = [
    {
        "ErrorEquals": ["States.ALL"],
        "Output": {"problem": "{% $states.context.Map.Item.Value & ': ' & $states.errorOutput.Cause %}"},
        "Next": "Over",
    }
]

_MEASURE: dict[str, Any] = {
    "GetConfiguredAudienceModel": {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::aws-sdk:cleanroomsml:getConfiguredAudienceModel",
        "Arguments": {"ConfiguredAudienceModelArn": "{% $states.input %}"},
        "Retry": _RETRY,
        "Catch": _NOT_MEASURED,
        "Output": "{% $states.result.AudienceModelArn %}",
        "Next": "GetAudienceModel",
    },
    "GetAudienceModel": {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::aws-sdk:cleanroomsml:getAudienceModel",
        "Arguments": {"AudienceModelArn": "{% $states.input %}"},
        "Retry": _RETRY,
        "Catch": _NOT_MEASURED,
        "Output": "{% ($millis() - $toMillis($states.result.CreateTime)) / 86400000 %}",
        "Next": "PutMetricData",
    },
    "PutMetricData": {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::aws-sdk:cloudwatch:putMetricData",
        "Arguments": {
            "Namespace": NAMESPACE,
            "MetricData": [
                {
                    "MetricName": AGE,
                    "Dimensions": [{"Name": AGE_DIMENSION, "Value": "{% $states.context.Map.Item.Value %}"}],
                    "Value": "{% $states.input %}",
                }
            ],
        },
        "Retry": _RETRY,
        "Catch": _NOT_MEASURED,
        "Output": {},
        "Next": "Over",
    },
    "Over": {"Type": "Pass", "End": True},
}
