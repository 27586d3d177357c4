"""The scenarios of the audience model alone."""

from __future__ import annotations

import pytest

from ..simulation.resource_types import AUDIENCE, AUDIENCE_MODELS, DATASET, MINIMAL, OTHER_DATASET
from .scenario import IMPATIENT, Driver, nothing_left, scenario

CREATE = "CreateAudienceModel"
DELETE = "DeleteAudienceModel"

PLAIN = AUDIENCE_MODELS.minimal
RETRAINED = {**PLAIN, "Retrained": True}


REFUSED = pytest.mark.reading("what trains can't be deleted", training_delete_refused=True)


@scenario(1, 41, subject=AUDIENCE_MODELS)
def status_of_a_training(driver: Driver) -> None:
    """Creating one doesn't wait for the training."""
    driver.switches.training_seconds = 2
    driver.deploy(Model=PLAIN)
    assert driver.operations() == ["Create"]
    assert driver.attributes()["Status"] == "CREATE_PENDING"
    driver.switches.training_seconds = 0
    assert driver.deploy(Model={**PLAIN, "tags": {"a": "1"}}).status == "COMPLETE"
    assert driver.attributes()["Status"] == "ACTIVE"
    nothing_left(driver)


@scenario(2, 18, subject=AUDIENCE_MODELS)
def times_are_compared_as_times(driver: Driver) -> None:
    driver.deploy(Model={**PLAIN, "trainingDataStartTime": "2026-03-01T00:00:00Z"})
    arn = driver.physical_id()
    for text in ("2026-03-01T00:00:00+00:00", "2026-03-01T02:00:00.000+02:00"):
        assert driver.deploy(Model={**PLAIN, "trainingDataStartTime": text}).status == "COMPLETE"
        assert driver.physical_id() == arn
    assert driver.deploy(Model={**PLAIN, "trainingDataStartTime": "2026-03-08T00:00:00Z"}).status == "COMPLETE"
    assert driver.physical_id() != arn
    nothing_left(driver)


@scenario(19, 20, subject=AUDIENCE_MODELS)
def remove_what_only_a_new_one_can_do_without(driver: Driver) -> None:
    properties = {**PLAIN, "description": "who reads", "trainingDataEndTime": "2026-03-01T00:00:00Z"}
    driver.deploy(Model=properties)
    for member in ("description", "trainingDataEndTime"):
        arn = driver.physical_id()
        properties = {name: value for name, value in properties.items() if name != member}
        assert driver.deploy(Model=properties).status == "COMPLETE"
        assert driver.physical_id() != arn
        assert member not in driver.model()
    nothing_left(driver)


@scenario(15, subject=AUDIENCE_MODELS, only=(REFUSED,))
def delete_while_training(driver: Driver) -> None:
    driver.switches.training_seconds = 7200
    driver.deploy(Model={**PLAIN, **IMPATIENT})
    result = driver.destroy()
    assert result.status == "DELETE_FAILED"
    assert "ConflictException" in result.reason
    assert "it is still training (status CREATE_" in result.reason
    driver.switches.training_seconds = 0
    nothing_left(driver)


@scenario(15, subject=AUDIENCE_MODELS)
def delete_while_configured(driver: Driver) -> None:
    driver.deploy(Model={**PLAIN, **IMPATIENT}, User={**MINIMAL, "audienceModelArn": {"Ref": "Model"}})
    driver.retain("User")
    result = driver.destroy()
    assert result.status == "DELETE_FAILED"
    assert "a configured audience model still uses it" in result.reason
    assert len(driver.models(AUDIENCE)) == 1


@scenario(15, subject=AUDIENCE_MODELS)
def delete_while_configured_for_a_while(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    driver.fail(DELETE, "ConflictException", times=2)
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models(AUDIENCE) == []


@scenario(16, subject=AUDIENCE_MODELS)
def delete_takes_its_time(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    driver.switches.deleting_seconds = 2
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models(AUDIENCE) == []


@scenario(13, 16, subject=AUDIENCE_MODELS)
def delete_that_is_going_on_is_waited_for(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    driver.switches.deleting_seconds = 2
    driver.crash(DELETE)
    driver.forget_calls()
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models(AUDIENCE) == []


@scenario(16, subject=AUDIENCE_MODELS)
def delete_that_fails(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    driver.switches.deleting_fails = True
    result = driver.destroy()
    assert result.status == "DELETE_FAILED"
    assert "is DELETE_FAILED (the deletion failed): delete it again" in result.reason
    driver.switches.deleting_fails = False
    nothing_left(driver)


@scenario(35, subject=AUDIENCE_MODELS)
def two_train_at_a_time(driver: Driver) -> None:
    driver.switches.training_seconds = 7200
    driver.switches.training_delete_refused = False
    result = driver.deploy({f"Model{number}": PLAIN for number in range(3)})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "at most two audience models train at a time: deploy again when one is done" in result.reason
    assert driver.models(AUDIENCE) == []


# A retraining may have deleted it


@scenario(26, 18, subject=AUDIENCE_MODELS)
def retrained_update_of_the_deleted(driver: Driver) -> None:
    driver.deploy(Model={**RETRAINED, "name": "one"})
    arn = driver.physical_id()
    driver.vanish()
    driver.forget_calls()
    assert driver.deploy(Model={**RETRAINED, "name": "one", "tags": {"a": "1"}}).status == "COMPLETE"
    assert driver.writes() == []
    assert driver.physical_id() == arn
    assert driver.attributes() == {"AudienceModelArn": arn, "Name": "one", "Status": "DELETED"}
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.writes() == []


@scenario(20, 26, subject=AUDIENCE_MODELS)
def retrained_replacement_of_the_deleted(driver: Driver) -> None:
    driver.deploy(Model={**RETRAINED, "name": "one"})
    old = driver.physical_id()
    driver.vanish()
    # The name is free again.
    assert driver.deploy(Model={**RETRAINED, "name": "one", "trainingDatasetArn": OTHER_DATASET}).status == "COMPLETE"
    assert driver.physical_id() != old
    assert driver.model()["trainingDatasetArn"] == OTHER_DATASET
    nothing_left(driver)


@scenario(24, 26, subject=AUDIENCE_MODELS)
def retrained_roll_back_of_the_deleted(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    arn = driver.physical_id()
    driver.vanish()
    driver.forget_calls()
    assert driver.deploy(Model={**RETRAINED, "tags": {"a": "1"}}, fails=True).status == "ROLLBACK_COMPLETE"
    changed = {**RETRAINED, "trainingDatasetArn": OTHER_DATASET}
    assert driver.deploy(Model=changed, fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == arn
    assert driver.models(AUDIENCE) == []
    assert driver.destroy().status == "DELETE_COMPLETE"


@scenario(17, 28, subject=AUDIENCE_MODELS)
def retrained_that_is_still_there(driver: Driver) -> None:
    """Then the flag changes nothing."""
    driver.deploy(Model=RETRAINED)
    arn = driver.physical_id()
    assert driver.deploy(Model={**RETRAINED, "tags": {"a": "1"}}).status == "COMPLETE"
    assert driver.physical_id() == arn
    assert driver.tags() == {"a": "1"}
    assert driver.deploy(Model={"Type": AUDIENCE, "trainingDatasetArn": DATASET}).status == "COMPLETE"
    assert driver.physical_id() == arn
    nothing_left(driver)
