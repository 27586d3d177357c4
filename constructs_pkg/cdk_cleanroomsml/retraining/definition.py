"""The state machine of a retraining, in Amazon States Language, to be read from top to bottom.

What differs between retrainings is assigned to variables by the first state; the rest is the same for all. Only SDK
integrations, and JSONata for what has to be calculated. Errors have the names that the SDK for Java gives them.

A name is made from the execution's ARN, so an execution that doesn't know whether it has created an audience model can
look for it. What a retraining has trained carries its marker; nothing else is ever deleted but the one model that it
was told it may.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MARKER = "cdk-cleanroomsml:retraining"
"""The tag of an audience model that says whose it is."""

RETRAINED = "retrained"
"""The outcome of an execution after which the configured audience model uses a newer audience model."""

NAME_SUFFIX = 17
"""How many characters an execution adds to the prefix of a name."""

Json = dict[str, Any]

_COMMENT = "Trains the next audience model and points the configured audience model to it"
_UNCLEAR_ANSWERS = 5
_UNCLEAR_ANSWER_PAUSE = 30

# As few pages as can be: each is events in the execution's history.
_FIRST_PAGE = {"MaxResults": 100}
_NEXT_PAGE = (
    "{% $exists($states.result.NextToken)"
    " ? {'MaxResults': 100, 'NextToken': $states.result.NextToken} : {'MaxResults': 100} %}"
)

_NOT_FOUND = ["CleanRoomsMl.ResourceNotFoundException"]
_CONFLICT = ["CleanRoomsMl.ConflictException"]
_THROTTLED = ["CleanRoomsMl.ThrottlingException"]
# An SDK whose model lacks an error calls it by the service's name.
_UNCLEAR = [
    "CleanRoomsMl.InternalServiceException",
    "CleanRoomsMl.CleanRoomsMlException",
    "CleanRoomsMl.SdkClientException",
]


@dataclass(frozen=True)
class Settings:
    """What differs between retrainings; times are in seconds.

    Attributes:
        configured_audience_model: the ARN of what is repointed.
        training_dataset: the ARN of what is trained from.
        name_prefix: how the names of audience models begin.
        marker: the value of their marker tag.
        keep: how many audience models stay, the current one among them.
        training_timeout: how long a training may take, and so may waiting for others to end.
        polling_interval: how long to wait before looking again.
        timeout: how long an execution may take.
        training_window: how far back the training data go; None: as far as there are any.
        initial_audience_model: the ARN of one that may be deleted without a marker; "": there is none.
        optional: further members of the request, as they are.
        tags: further tags.
    """

    configured_audience_model: str
    training_dataset: str
    name_prefix: str
    marker: str
    keep: int
    training_timeout: int
    polling_interval: int
    timeout: int
    training_window: int | None = None
    initial_audience_model: str = ""
    optional: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def definition(settings: Settings) -> Json:
    """The definition, as JSON.

    Args:
        settings: what differs between retrainings.
    """
    return {
        "Comment": _COMMENT,
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": settings.timeout,
        "StartAt": "Begin",
        "States": {"Begin": _begin(settings)} | _STATES,
    }


def _begin(settings: Settings) -> Json:
    tags = {**settings.tags, MARKER: settings.marker}
    optional = {name: _literal(value) for name, value in settings.optional.items()}
    return {
        "Type": "Pass",
        "Assign": {
            "configuredAudienceModel": settings.configured_audience_model,
            "request": {"TrainingDatasetArn": settings.training_dataset, "Tags": tags} | optional,
            "trainingWindow": 1000 * (settings.training_window or 0),
            "namePrefix": _literal(f"{settings.name_prefix}-"),
            "marker": settings.marker,
            "keep": settings.keep,
            "initialAudienceModel": settings.initial_audience_model,
            "trainingTimeout": 1000 * settings.training_timeout,
            "pollingInterval": settings.polling_interval,
            "unclearAnswers": 0,
            "problem": "",
            "candidates": [],
            "page": _FIRST_PAGE,
        },
        "Next": "FindOtherExecutions",
    }


def settings_in(definition: Json) -> Json | None:
    """Reads what :func:`definition` was told, in the words of ``CreateAudienceModel`` where it has any.

    Args:
        definition: any state machine's.

    Returns:
        What isn't given is missing; times are in seconds. ``None`` if the state machine is no retraining.
    """
    if definition.get("Comment") != _COMMENT:
        return None
    given = definition["States"]["Begin"]["Assign"]
    request = {name: _meant(value) for name, value in given["request"].items()}
    tags = {name: value for name, value in request["Tags"].items() if name != MARKER}
    settings = {
        "configuredAudienceModelArn": given["configuredAudienceModel"],
        "trainingDatasetArn": request["TrainingDatasetArn"],
        "initialAudienceModelArn": given["initialAudienceModel"],
        "namePrefix": _meant(given["namePrefix"]).removesuffix("-"),
        "description": request.get("Description"),
        "kmsKeyArn": request.get("KmsKeyArn"),
        "tags": tags,
        "keep": given["keep"],
        "pollingInterval": given["pollingInterval"],
        "trainingTimeout": given["trainingTimeout"] // 1000,
        "trainingWindow": given["trainingWindow"] // 1000,
    }
    return {name: value for name, value in settings.items() if value}


def _meant(value: Any) -> Any:  # noqa: ANN401 - whatever a member may have
    """The opposite of :func:`_literal`."""
    is_text = isinstance(value, str) and value.startswith("{%")
    return json.loads(value[2:-2]) if is_text else value


def _literal(text: str) -> str:
    """Text that means itself, whatever it looks like."""
    return f"{{% {json.dumps(text)} %}}" if text.startswith("{%") else text


def _retry(errors: list[str], attempts: int = 8) -> Json:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 120,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def _call(action: str, arguments: Json | str, **more: Any) -> Json:  # noqa: ANN401 - whatever a state may have
    """A call that can be made again."""
    return {
        "Type": "Task",
        "Resource": f"arn:${{Partition}}:states:::aws-sdk:cleanroomsml:{action}",
        "Arguments": arguments,
        "Retry": [_retry(_THROTTLED + _UNCLEAR)],
    } | more


def _failed(failure: str, problem: str) -> Json:
    """What the state Failed says."""
    return {"failure": failure, "problem": problem}


_GONE_AFTER_ALL: list[Json] = [
    {
        "ErrorEquals": _NOT_FOUND,
        "Assign": _failed(
            "ConfiguredAudienceModelGone",
            "{% $configuredAudienceModel & ' could not be updated: ' & $states.errorOutput.Cause %}",
        ),
        "Next": "DeleteAudienceModel",
    }
]

_STATES: Json = {
    # One at a time: the oldest execution goes on. The list is the newest first, so a further page is of older ones.
    "FindOtherExecutions": {
        "Type": "Task",
        "Resource": "arn:${Partition}:states:::aws-sdk:sfn:listExecutions",
        "Arguments": {"StateMachineArn": "{% $states.context.StateMachine.Id %}", "StatusFilter": "RUNNING"},
        "Retry": [_retry(["Sfn.SfnException", "Sfn.SdkClientException"])],
        "Assign": {
            "name": "{% $namePrefix & $substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 16) %}",
            "deadline": "{% $millis() + $trainingTimeout %}",
            "older": """{% (
                $me := $states.context.Execution;
                $own := $states.result.Executions[ExecutionArn = $me.Id].StartDate;
                $start := $toMillis($own ? $own : $me.StartTime);
                $exists($states.result.NextToken) or $exists($states.result.Executions[
                    ExecutionArn != $me.Id and (
                        $toMillis(StartDate) < $start or ($toMillis(StartDate) = $start and ExecutionArn < $me.Id)
                    )
                ])
            ) %}""",
        },
        "Next": "IsAnotherExecutionAtIt",
    },
    "IsAnotherExecutionAtIt": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $older %}", "Next": "LeaveItToTheOther"}],
        "Default": "GetConfiguredAudienceModel",
    },
    "LeaveItToTheOther": {"Type": "Succeed", "Output": {"outcome": "alreadyRunning"}},
    "GetConfiguredAudienceModel": _call(
        "getConfiguredAudienceModel",
        {"ConfiguredAudienceModelArn": "{% $configuredAudienceModel %}"},
        Assign={"previous": "{% $states.result.AudienceModelArn %}"},
        Catch=[
            {
                "ErrorEquals": _NOT_FOUND,
                "Assign": _failed(
                    "ConfiguredAudienceModelGone",
                    "{% $configuredAudienceModel & ' does not exist any more, nothing was trained' %}",
                ),
                "Next": "Failed",
            }
        ],
        Next="FindOwnAudienceModel",
    ),
    # The next audience model. Whether this execution has created it is asked before each attempt.
    "FindOwnAudienceModel": _call(
        "listAudienceModels",
        "{% $page %}",
        Assign={
            "own": """{% (
                $dataset := $request.TrainingDatasetArn;
                $own := $states.result.AudienceModels[Name = $name and TrainingDatasetArn = $dataset];
                $own ? $own[0].AudienceModelArn : ''
            ) %}""",
            "page": _NEXT_PAGE,
        },
        Next="IsItThereAlready",
    ),
    "IsItThereAlready": {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": "{% $own != '' %}",
                "Assign": {
                    "audienceModel": "{% $own %}",
                    "page": _FIRST_PAGE,
                    "deadline": "{% $millis() + $trainingTimeout %}",
                },
                "Next": "GetAudienceModel",
            },
            {"Condition": "{% $exists($page.NextToken) %}", "Next": "FindOwnAudienceModel"},
            {
                "Condition": f"{{% $unclearAnswers >= {_UNCLEAR_ANSWERS} %}}",
                "Assign": {"failure": "AudienceModelNotCreated"},
                "Next": "Failed",
            },
        ],
        "Default": "CreateAudienceModel",
    },
    "CreateAudienceModel": _call(
        "createAudienceModel",
        """{% $merge([
            $request,
            {'Name': $name},
            $trainingWindow = 0 ? {} : (
                $end := $toMillis($states.context.Execution.StartTime);
                {
                    'TrainingDataStartTime': $fromMillis($end - $trainingWindow),
                    'TrainingDataEndTime': $fromMillis($end)
                }
            )
        ]) %}""",
        Assign={
            "audienceModel": "{% $states.result.AudienceModelArn %}",
            "deadline": "{% $millis() + $trainingTimeout %}",
        },
        Retry=[_retry(_THROTTLED)],
        Catch=[
            {
                "ErrorEquals": ["CleanRoomsMl.ServiceQuotaExceededException"],
                "Assign": {"problem": "{% $states.errorOutput.Cause %}"},
                "Next": "IsItWorthWaitingForOtherTrainings",
            },
            {
                "ErrorEquals": _UNCLEAR + _CONFLICT,
                "Assign": {
                    "problem": "{% $states.errorOutput.Error & ': ' & $states.errorOutput.Cause %}",
                    "unclearAnswers": "{% $unclearAnswers + 1 %}",
                },
                "Next": "WaitUntilItWouldBeListed",
            },
        ],
        Next="GetAudienceModel",
    ),
    "WaitUntilItWouldBeListed": {"Type": "Wait", "Seconds": _UNCLEAR_ANSWER_PAUSE, "Next": "FindOwnAudienceModel"},
    "IsItWorthWaitingForOtherTrainings": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $millis() < $deadline %}", "Next": "WaitForOtherTrainings"}],
        "Default": "Failed",
        "Assign": {"failure": "TooManyTrainings"},
    },
    "WaitForOtherTrainings": {"Type": "Wait", "Seconds": "{% $pollingInterval %}", "Next": "FindOwnAudienceModel"},
    # The training.
    "GetAudienceModel": _call(
        "getAudienceModel",
        {"AudienceModelArn": "{% $audienceModel %}"},
        Assign={
            "status": "{% $states.result.Status %}",
            "details": """{% $join(
                [$states.result.StatusDetails.StatusCode, $states.result.StatusDetails.Message], ': '
            ) %}""",
        },
        Retry=[_retry(_THROTTLED + _UNCLEAR), _retry(_NOT_FOUND, attempts=3)],
        Next="IsItTrained",
    ),
    "IsItTrained": {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $status = 'ACTIVE' %}", "Next": "GetWhatIsToStay"},
            {
                "Condition": "{% $not($status in ['CREATE_PENDING', 'CREATE_IN_PROGRESS']) %}",
                "Assign": _failed("TrainingFailed", "{% $audienceModel & ' is ' & $status & ': ' & $details %}"),
                "Next": "DeleteAudienceModel",
            },
            {
                "Condition": "{% $millis() >= $deadline %}",
                "Assign": _failed(
                    "TrainingTimedOut",
                    "{% $audienceModel & ' is still ' & $status & ' after '"
                    " & $string($trainingTimeout / 3600000) & ' hours' %}",
                ),
                "Next": "DeleteAudienceModel",
            },
        ],
        "Default": "WaitForTraining",
    },
    "WaitForTraining": {"Type": "Wait", "Seconds": "{% $pollingInterval %}", "Next": "GetAudienceModel"},
    # The turn-over. That an update leaves alone what it isn't given is inferred: what it could reset goes along.
    "GetWhatIsToStay": _call(
        "getConfiguredAudienceModel",
        {"ConfiguredAudienceModelArn": "{% $configuredAudienceModel %}"},
        Assign={
            "staying": """{% $merge([{}, $sift($states.result, function($value, $member) {
                $member in ['Description', 'MinMatchingSeedSize', 'AudienceSizeConfig'] and $value != ''
            })]) %}"""
        },
        Catch=_GONE_AFTER_ALL,
        Next="UpdateConfiguredAudienceModel",
    ),
    "UpdateConfiguredAudienceModel": _call(
        "updateConfiguredAudienceModel",
        """{% $merge([$staying, {
            'ConfiguredAudienceModelArn': $configuredAudienceModel, 'AudienceModelArn': $audienceModel
        }]) %}""",
        Retry=[_retry(_THROTTLED + _UNCLEAR + _CONFLICT)],
        Catch=_GONE_AFTER_ALL,
        Next="FindOlderAudienceModels",
    ),
    # What has had its day: own ones by name here, by their marker below.
    "FindOlderAudienceModels": _call(
        "listAudienceModels",
        "{% $page %}",
        Assign={
            "candidates": """{% [$append($candidates, $states.result.AudienceModels[
                AudienceModelArn != $initialAudienceModel
                and $substring(Name, 0, $length($namePrefix)) = $namePrefix
            ].AudienceModelArn)] %}""",
            "page": _NEXT_PAGE,
        },
        Next="AreThereMore",
    ),
    "AreThereMore": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $exists($page.NextToken) %}", "Next": "FindOlderAudienceModels"}],
        "Default": "LookAtEach",
    },
    "LookAtEach": {
        "Type": "Map",
        "Items": "{% $initialAudienceModel = '' ? $candidates : [$append($candidates, $initialAudienceModel)] %}",
        "MaxConcurrency": 5,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "GetOne",
            "States": {
                "GetOne": _call(
                    "getAudienceModel",
                    {"AudienceModelArn": "{% $states.input %}"},
                    Output={
                        "arn": "{% $states.input %}",
                        "created": "{% $states.result.CreateTime %}",
                        "status": "{% $states.result.Status %}",
                        "mine": "{% $states.input = $initialAudienceModel or"
                        f" $lookup($states.result.Tags, '{MARKER}') = $marker %}}",
                    },
                    Catch=[{"ErrorEquals": _NOT_FOUND, "Output": {"mine": False}, "Next": "Gone"}],
                    End=True,
                ),
                "Gone": {"Type": "Pass", "End": True},
            },
        },
        "Assign": {
            "surplus": """{% (
                $others := $states.result[mine and arn != $audienceModel];
                $trained := $others[status = 'ACTIVE']^(>created);
                $broken := $others[status in ['CREATE_FAILED', 'DELETE_FAILED']];
                [$append($filter($trained, function($each, $at) { $at >= $keep - 1 }), $broken).arn]
            ) %}"""
        },
        "Next": "DeleteEach",
    },
    "DeleteEach": {
        "Type": "Map",
        "Items": "{% $surplus %}",
        "MaxConcurrency": 5,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "DeleteOne",
            "States": {
                "DeleteOne": _call(
                    "deleteAudienceModel",
                    {"AudienceModelArn": "{% $states.input %}"},
                    Output={"arn": "{% $states.input %}", "deleted": True},
                    Catch=[
                        {
                            "ErrorEquals": _NOT_FOUND,
                            "Output": {"arn": "{% $states.input %}", "deleted": True},
                            "Next": "Over",
                        },
                        {
                            "ErrorEquals": _CONFLICT,
                            "Output": {
                                "arn": "{% $states.input %}",
                                "deleted": False,
                                "reason": "{% $states.errorOutput.Cause %}",
                            },
                            "Next": "Over",
                        },
                    ],
                    End=True,
                ),
                "Over": {"Type": "Pass", "End": True},
            },
        },
        "Output": {
            "outcome": RETRAINED,
            "audienceModelArn": "{% $audienceModel %}",
            "previousAudienceModelArn": "{% $previous %}",
            "deleted": "{% [$states.result[deleted].arn] %}",
            "notDeleted": "{% [$states.result[$not(deleted)].{'audienceModelArn': arn, 'reason': reason}] %}",
        },
        "End": True,
    },
    # What went wrong.
    "DeleteAudienceModel": _call(
        "deleteAudienceModel",
        {"AudienceModelArn": "{% $audienceModel %}"},
        Catch=[
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"problem": "{% $problem & '; deleting it failed: ' & $states.errorOutput.Cause %}"},
                "Next": "Failed",
            }
        ],
        Next="Failed",
    ),
    "Failed": {"Type": "Fail", "Error": "{% $failure %}", "Cause": "{% $problem %}"},
}
