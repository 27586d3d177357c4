"""A retraining's state machine, path by path, through CloudFormation and by a clock that is turned."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault

from .conftest import AUDIENCE_MODEL_ARN, OTHER_AUDIENCE_MODEL_ARN
from .deployed_retraining import DAY, TRAINING_TIMEOUT, WINDOW, Retraining, create_model, output

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine
    from cdk_cleanroomsml.local.service import Call

MARKER = "cdk-cleanroomsml:retraining"
WEEK = 7 * DAY


@pytest.fixture
def retraining(engine: Engine) -> Retraining:
    return Retraining(engine)


def calls(retraining: Retraining, operation: str) -> list[Call]:
    return [call for call in retraining.engine.calls() if call.operation == operation]


def model_of(retraining: Retraining) -> dict[str, Any]:
    """The configured audience model, but for the time of its last change."""
    got = retraining.cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=retraining.model_arn)
    return {name: value for name, value in got.items() if name not in ("updateTime", "ResponseMetadata")}


class TestTurnOver:
    def test_the_next_audience_model_takes_the_place_of_the_first(self, retraining: Retraining) -> None:
        said = output(retraining.run())
        (new,) = retraining.audience_models()
        assert retraining.current() == new
        assert said == {
            "outcome": "retrained",
            "audienceModelArn": new,
            "previousAudienceModelArn": AUDIENCE_MODEL_ARN,
            "deleted": [],
            "notDeleted": [],
        }

        # As it was asked for.
        model = retraining.cleanroomsml.get_audience_model(audienceModelArn=new)
        assert model["trainingDatasetArn"] == retraining.dataset_arn
        assert model["description"] == "{% 'of the week' %}"
        assert model["tags"] == {"team": "media", MARKER: "Stack/StackRetrainingE9B20CAD"}
        assert len(model["name"]) == len("weekly-") + 16
        assert model["trainingDataEndTime"] - model["trainingDataStartTime"] == timedelta(seconds=WINDOW)
        assert model["trainingDataEndTime"] <= model["createTime"]

    @pytest.mark.parametrize("resets", [False, True])
    def test_only_the_audience_model_is_updated(self, retraining: Retraining, resets: bool) -> None:
        """Whatever becomes of what an Update isn't given: what could be reset goes along as it is."""
        retraining.engine.set_switches(update_resets=resets)
        sizes = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]}
        retraining.cleanroomsml.update_configured_audience_model(
            configuredAudienceModelArn=retraining.model_arn, description="readers", audienceSizeConfig=sizes
        )
        before = model_of(retraining)
        new = output(retraining.run())["audienceModelArn"]
        assert model_of(retraining) == {**before, "audienceModelArn": new}
        assert "outputConfig" not in calls(retraining, "UpdateConfiguredAudienceModel")[-1].input

    def test_the_newest_are_kept(self, engine: Engine) -> None:
        """However many pages there are to look through."""

        def have_pages_of_one(template: dict[str, Any]) -> None:
            smaller, times = re.subn(r"(MaxResults\W+)100", r"\g<1>1", json.dumps(template))
            assert times > 0
            template.update(json.loads(smaller))

        retraining = Retraining(engine, change=have_pages_of_one)
        first = output(retraining.run())["audienceModelArn"]
        second = output(retraining.run())["audienceModelArn"]
        third = output(retraining.run())
        assert third["deleted"] == [first]
        assert sorted(retraining.audience_models()) == sorted([second, third["audienceModelArn"]])

    def test_it_is_not_used_before_its_training_has_ended(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=DAY)
        execution = retraining.start()
        retraining.wait_until_waiting(execution)
        assert retraining.current() == AUDIENCE_MODEL_ARN
        output(retraining.finish(execution))
        assert retraining.current() == retraining.audience_models()[0]


class TestNotOurs:
    def test_what_only_has_such_a_name_is_left_alone(self, engine: Engine) -> None:
        retraining = Retraining(engine, keep=1)
        theirs = retraining.cleanroomsml.create_audience_model(
            name="weekly-0123456789abcdef", trainingDatasetArn=retraining.dataset_arn
        )["audienceModelArn"]
        output(retraining.run())
        said = output(retraining.run())
        assert len(said["deleted"]) == 1
        assert theirs in retraining.audience_models()

    def test_what_another_configured_model_uses_stays_and_is_named(self, engine: Engine) -> None:
        retraining = Retraining(engine, keep=1)
        first = output(retraining.run())["audienceModelArn"]
        other = create_model(engine, first)
        (kept,) = output(retraining.run())["notDeleted"]
        assert kept["audienceModelArn"] == first
        assert other in kept["reason"]
        retraining.cleanroomsml.update_configured_audience_model(
            configuredAudienceModelArn=other, audienceModelArn=OTHER_AUDIENCE_MODEL_ARN
        )
        assert first in output(retraining.run())["deleted"]

    def test_a_deletion_that_failed_is_tried_again(self, engine: Engine) -> None:
        engine.set_switches(deleting_fails=True)
        retraining = Retraining(engine, keep=1)
        first, second = (output(retraining.run())["audienceModelArn"] for _ in range(2))
        assert output(retraining.run())["deleted"] == [second, first]

    def test_what_is_gone_in_the_meantime_is_no_problem(self, engine: Engine) -> None:
        retraining = Retraining(engine, keep=1)
        output(retraining.run())
        engine.set_faults(
            Fault("DeleteAudienceModel", error="ResourceNotFoundException", message="it is gone", times=1)
        )
        assert len(output(retraining.run())["deleted"]) == 1


class TestFailures:
    def test_a_training_that_fails_and_a_notice_of_it(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_fails=True)
        execution = retraining.run()
        assert (execution["status"], execution["error"]) == ("FAILED", "TrainingFailed")
        assert "the training failed" in execution["cause"]
        told = ("executionArn", "status", "error", "cause")
        detail = retraining.notice()["detail"]
        assert [detail[name] for name in told] == [execution[name] for name in told]
        assert retraining.audience_models() == []
        assert retraining.current() == AUDIENCE_MODEL_ARN

    def test_a_training_that_takes_too_long(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=2 * TRAINING_TIMEOUT, training_delete_refused=False)
        execution = retraining.run()
        assert (execution["status"], execution["error"]) == ("FAILED", "TrainingTimedOut")
        assert "is still CREATE_IN_PROGRESS after 48 hours" in execution["cause"]
        assert retraining.audience_models() == []

    def test_what_could_not_be_deleted_then_is_deleted_later(self, engine: Engine) -> None:
        retraining = Retraining(engine, keep=1)
        engine.set_switches(training_seconds=2 * TRAINING_TIMEOUT)
        execution = retraining.run()
        assert "is still in training" in execution["cause"]
        (late,) = retraining.audience_models()
        engine.set_switches(training_seconds=0)
        assert output(retraining.run())["deleted"] == [late]

    def test_a_model_that_is_gone_before(self, retraining: Retraining) -> None:
        retraining.cleanroomsml.delete_configured_audience_model(configuredAudienceModelArn=retraining.model_arn)
        execution = retraining.run()
        assert (execution["status"], execution["error"]) == ("FAILED", "ConfiguredAudienceModelGone")
        assert retraining.model_arn in execution["cause"]
        assert calls(retraining, "CreateAudienceModel") == []

    def test_a_model_that_goes_during_the_training(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=DAY)
        execution = retraining.start()
        retraining.wait_until_waiting(execution)
        retraining.cleanroomsml.delete_configured_audience_model(configuredAudienceModelArn=retraining.model_arn)
        ended = retraining.finish(execution)
        assert (ended["status"], ended["error"]) == ("FAILED", "ConfiguredAudienceModelGone")
        assert retraining.audience_models() == []

    def test_an_audience_model_that_goes_during_its_training(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=DAY, training_delete_refused=False)
        execution = retraining.start()
        retraining.wait_until_waiting(execution)
        (new,) = retraining.audience_models()
        retraining.cleanroomsml.delete_audience_model(audienceModelArn=new)
        assert retraining.finish(execution)["error"] == "CleanRoomsMl.ResourceNotFoundException"

    def test_a_dataset_that_is_gone(self, retraining: Retraining) -> None:
        retraining.cleanroomsml.delete_training_dataset(trainingDatasetArn=retraining.dataset_arn)
        execution = retraining.run()
        assert execution["error"] == "CleanRoomsMl.ResourceNotFoundException"
        assert retraining.dataset_arn in execution["cause"]

    def test_an_execution_that_takes_too_long_altogether(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=100 * DAY)
        execution = retraining.start()
        retraining.wait_until_waiting(execution)
        retraining.engine.advance(100 * DAY)
        assert retraining.finish(execution)["status"] == "TIMED_OUT"
        assert retraining.notice()["detail"]["status"] == "TIMED_OUT"


class TestTroubleThatPasses:
    def test_calls_are_made_again(self, engine: Engine) -> None:
        operations = (
            "GetConfiguredAudienceModel",
            "ListAudienceModels",
            "GetAudienceModel",
            "UpdateConfiguredAudienceModel",
            "DeleteAudienceModel",
        )
        retraining = Retraining(engine, keep=1)
        output(retraining.run())
        engine.forget_calls()
        troubles: tuple[dict[str, Any], ...] = (
            {"error": "ThrottlingException", "message": "slow down"},
            {"error": "InternalServiceException", "message": "sorry"},
            {"kind": "connection_lost"},
        )
        engine.set_faults(*(Fault(operation, **trouble) for operation in operations for trouble in troubles))
        assert len(output(retraining.run())["deleted"]) == 1
        failed = Counter(call.operation for call in engine.calls() if call.outcome != "ok")
        assert failed == dict.fromkeys(operations, len(troubles))

    def test_a_create_that_is_throttled(self, retraining: Retraining) -> None:
        retraining.engine.set_faults(
            Fault("CreateAudienceModel", error="ThrottlingException", message="slow down", times=3)
        )
        output(retraining.run())
        assert len(calls(retraining, "CreateAudienceModel")) == 4

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("CreateAudienceModel", error="InternalServiceException", message="sorry", after_effect=True, times=1),
            Fault("CreateAudienceModel", kind="connection_lost", after_effect=True, times=1),
            Fault("CreateAudienceModel", error="ConflictException", message="try again", after_effect=True, times=1),
        ],
        ids=["5xx", "connection lost", "conflict"],
    )
    def test_a_create_whose_answer_is_lost_is_found_again(self, retraining: Retraining, fault: Fault) -> None:
        retraining.engine.set_faults(fault)
        said = output(retraining.run())
        assert retraining.audience_models() == [said["audienceModelArn"]]
        assert len(calls(retraining, "CreateAudienceModel")) == 1

    def test_a_create_that_had_no_effect_is_made_again(self, retraining: Retraining) -> None:
        retraining.engine.set_faults(
            Fault("CreateAudienceModel", error="InternalServiceException", message="sorry", times=2)
        )
        said = output(retraining.run())
        assert retraining.audience_models() == [said["audienceModelArn"]]

    def test_a_create_that_never_succeeds(self, retraining: Retraining) -> None:
        retraining.engine.set_faults(
            Fault("CreateAudienceModel", error="InternalServiceException", message="sorry", times=None)
        )
        execution = retraining.run()
        assert (execution["status"], execution["error"]) == ("FAILED", "AudienceModelNotCreated")
        assert execution["cause"].startswith("CleanRoomsMl.InternalServiceException: sorry (Service: CleanRoomsMl, ")
        assert len(calls(retraining, "CreateAudienceModel")) == 5


class TestAtTheSameTime:
    def other_trainings(self, retraining: Retraining, seconds: float) -> None:
        retraining.engine.set_switches(training_seconds=seconds)
        for name in ("other", "another"):
            retraining.cleanroomsml.create_audience_model(name=name, trainingDatasetArn=retraining.dataset_arn)

    def test_it_waits_for_the_end_of_other_trainings(self, retraining: Retraining) -> None:
        self.other_trainings(retraining, DAY)
        output(retraining.run())
        outcomes = [call.outcome for call in calls(retraining, "CreateAudienceModel")]
        assert outcomes.count("ok") == 3
        assert "ServiceQuotaExceededException" in outcomes

    def test_it_does_not_wait_for_ever(self, retraining: Retraining) -> None:
        self.other_trainings(retraining, 100 * DAY)
        execution = retraining.run()
        assert (execution["status"], execution["error"]) == ("FAILED", "TooManyTrainings")
        assert "no more are allowed" in execution["cause"]

    def test_a_second_execution_leaves_it_to_the_first(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=DAY)
        first = retraining.start()
        retraining.wait_until_waiting(first)
        second = retraining.run()
        assert output(second) == {"outcome": "alreadyRunning"}
        assert output(retraining.finish(first))["outcome"] == "retrained"
        assert len(calls(retraining, "CreateAudienceModel")) == 1
        # The first one's is the last event that there is, and the second one's isn't before it.
        (news,) = retraining.news()
        assert news["detail"]["executionArn"] == first
        assert json.loads(news["detail"]["output"])["audienceModelArn"] == retraining.current()

    def test_of_two_that_start_together_one_goes_on(self, retraining: Retraining) -> None:
        retraining.engine.set_switches(training_seconds=DAY)
        executions = [retraining.start(), retraining.start()]
        outcomes = [output(retraining.finish(each))["outcome"] for each in executions]
        assert sorted(outcomes) == ["alreadyRunning", "retrained"]


class TestSchedule:
    @pytest.fixture
    def retraining(self, engine: Engine) -> Retraining:
        return Retraining(engine, scheduled=True)

    def test_within_a_week_it_begins_by_itself(self, retraining: Retraining) -> None:
        assert retraining.executions() == []
        retraining.engine.advance(WEEK)
        (execution,) = retraining.executions()
        output(retraining.finish(execution))

    def test_it_goes_on_week_by_week(self, retraining: Retraining) -> None:
        for _ in range(3):
            retraining.engine.advance(WEEK)
            output(retraining.finish(retraining.executions()[0]))
        assert len(retraining.audience_models()) == 2

    def test_it_can_be_switched_off(self, engine: Engine) -> None:
        def switch_off(template: dict[str, Any]) -> None:
            (schedule,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Scheduler::Schedule")
            schedule["Properties"]["State"] = "DISABLED"

        retraining = Retraining(engine, scheduled=True, change=switch_off)
        engine.advance(WEEK)
        assert retraining.executions() == []

    def test_nothing_but_audience_models_is_left_when_the_stack_goes(self, retraining: Retraining) -> None:
        output(retraining.run())
        retraining.cloudformation.delete_stack(StackName="Stack")
        engine = retraining.engine
        engine.settle()
        assert engine.client("stepfunctions").list_state_machines()["stateMachines"] == []
        assert engine.client("scheduler").list_schedules()["Schedules"] == []
        assert engine.client("events").list_rules()["Rules"] == []
        assert len(retraining.audience_models()) == 1
