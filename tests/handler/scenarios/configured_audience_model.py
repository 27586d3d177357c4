"""The scenarios of the configured audience model alone."""

from __future__ import annotations

import pytest

from ...worlds import COUNTED, EMPTIES
from ..simulation.resource_types import (
    AUDIENCE,
    AUDIENCE_MODEL,
    CONFIGURED_MODELS,
    DATASET,
    MAXIMAL,
    MINIMAL,
    OTHER_AUDIENCE_MODEL,
)
from .scenario import IMPATIENT, Driver, nothing_left, scenario

CREATE = "CreateConfiguredAudienceModel"
UPDATE = "UpdateConfiguredAudienceModel"
DELETE = "DeleteConfiguredAudienceModel"

IN_PLACE = CONFIGURED_MODELS.in_place

NEEDS_ACTIVE = pytest.mark.reading(
    "the audience model must be ACTIVE, and the refusal says so",
    audience_model_must_be_active=True,
    error_messages="telling",
)


@scenario(15)
def delete_while_in_use(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, **IMPATIENT})
    driver.faults.refuse_delete = True
    result = driver.destroy()
    assert result.status == "DELETE_FAILED"
    assert "ConflictException" in result.reason
    assert "jobs or lookalike models still use it" in result.reason
    assert len(driver.models()) == 1
    driver.faults.refuse_delete = False
    nothing_left(driver)


@scenario(15)
def delete_while_in_use_for_a_while(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    driver.fail(DELETE, "ConflictException", times=2)
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models() == []


@scenario(17, 41, only=(COUNTED,))
def update_all_members_at_once(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    attributes = driver.attributes()
    driver.forget_calls()
    assert driver.deploy(Model={**MINIMAL, **IN_PLACE}).status == "COMPLETE"
    assert driver.operations() == ["Get", "Update"]
    assert driver.attributes() == attributes
    nothing_left(driver)


@scenario(19, only=(EMPTIES,))
def remove_what_can_be_reset(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    arn = driver.physical_id()
    driver.forget_calls()
    rest = {name: value for name, value in MAXIMAL.items() if name not in ("description", "minMatchingSeedSize")}
    assert driver.deploy(Model=rest).status == "COMPLETE"
    sizes = MAXIMAL["audienceSizeConfig"]
    assert driver.inputs(UPDATE) == [
        {
            "configuredAudienceModelArn": arn,
            "description": "",
            "minMatchingSeedSize": 500,
            "audienceSizeConfig": sizes,
        }
    ]
    assert driver.physical_id() == arn
    nothing_left(driver)


@scenario(19, 20, 22)
def remove_what_can_not_be_unset(driver: Driver) -> None:
    properties = {**MINIMAL, "audienceSizeConfig": IN_PLACE["audienceSizeConfig"]}
    driver.deploy(Model=properties)
    arn = driver.physical_id()
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.physical_id() != arn
    assert "audienceSizeConfig" not in driver.model()
    nothing_left(driver)


@scenario(28)
def drift(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "description": "ours", "tags": {"team": "growth"}})
    arn = driver.physical_id()
    driver.change(description="theirs", tags={**driver.model()["tags"], "team": "theirs", "extra": "theirs"})
    driver.forget_calls()
    properties = {**MINIMAL, "description": "ours", "tags": {"team": "growth"}, "minMatchingSeedSize": 100}
    assert driver.deploy(Model=properties).status == "COMPLETE"
    assert driver.writes() == ["Update"]
    along = {"configuredAudienceModelArn": arn, "description": "theirs"}
    assert driver.inputs(UPDATE) == [{**along, "minMatchingSeedSize": 100}]
    assert driver.model()["description"] == "theirs"
    assert driver.destroy().status == "DELETE_COMPLETE"


@scenario(32, only=(COUNTED,))
def role_not_propagated(driver: Driver) -> None:
    driver.faults.role_propagation.calls = 2
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.writes() == ["Create"] * 3
    nothing_left(driver)


# The audience model belongs to a retraining

RETRAINED = {**MINIMAL, "Retrained": True}
NEWER_AUDIENCE_MODEL = f"{AUDIENCE_MODEL}-newer"


def state(driver: Driver) -> str:
    return str(driver.model()["audienceModelArn"])


@scenario(1, 17, 28)
def retrained_update(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    assert driver.deploy(Model={**RETRAINED, "description": "old"}).status == "COMPLETE"
    assert state(driver) == AUDIENCE_MODEL
    driver.change(audienceModelArn=OTHER_AUDIENCE_MODEL)
    arn = driver.physical_id()
    driver.seed_audience_model(NEWER_AUDIENCE_MODEL)
    for changed in ({"description": "new"}, {"description": "newer", "audienceModelArn": NEWER_AUDIENCE_MODEL}):
        driver.forget_calls()
        assert driver.deploy(Model={**RETRAINED, **changed}).status == "COMPLETE"
        along = {"configuredAudienceModelArn": arn, "minMatchingSeedSize": 500}
        assert driver.inputs(UPDATE) == [{**along, "description": changed["description"]}]
        assert state(driver) == OTHER_AUDIENCE_MODEL
    nothing_left(driver)


@scenario(17, 24)
def a_retraining_comes_with_another_audience_model(driver: Driver) -> None:
    """In that one deployment the template still decides, and so it does in its roll-back."""
    driver.deploy(Model=MINIMAL)
    both = {**RETRAINED, "audienceModelArn": OTHER_AUDIENCE_MODEL}
    assert driver.deploy(Model=both, fails=True).status == "ROLLBACK_COMPLETE"
    assert state(driver) == AUDIENCE_MODEL
    assert driver.deploy(Model=both).status == "COMPLETE"
    assert state(driver) == OTHER_AUDIENCE_MODEL
    nothing_left(driver)


@scenario(18, 28)
def retrained_update_of_nothing_else(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    driver.change(audienceModelArn=OTHER_AUDIENCE_MODEL)
    driver.forget_calls()
    driver.seed_audience_model(NEWER_AUDIENCE_MODEL)
    assert driver.deploy(Model={**RETRAINED, "audienceModelArn": NEWER_AUDIENCE_MODEL}).status == "COMPLETE"
    assert driver.writes() == []
    assert state(driver) == OTHER_AUDIENCE_MODEL
    nothing_left(driver)


@scenario(20, 22)
def retrained_replacement(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    driver.change(audienceModelArn=OTHER_AUDIENCE_MODEL)
    old = driver.physical_id()
    # The template's may be gone by now; it isn't looked at.
    renamed = {**RETRAINED, "name": "another", "audienceModelArn": f"{AUDIENCE_MODEL}-gone"}
    assert driver.deploy(Model=renamed).status == "COMPLETE"
    assert driver.physical_id() != old
    assert state(driver) == OTHER_AUDIENCE_MODEL
    nothing_left(driver)


@scenario(23, 24, only=(EMPTIES,))
def retrained_roll_back(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    driver.change(audienceModelArn=OTHER_AUDIENCE_MODEL)
    arn = driver.physical_id()
    for changed in ({"description": "new"}, {"name": "another"}):
        driver.forget_calls()
        template = {**RETRAINED, "audienceModelArn": f"{AUDIENCE_MODEL}-gone", **changed}
        assert driver.deploy(Model=template, fails=True).status == "ROLLBACK_COMPLETE"
        assert driver.physical_id() == arn
        assert state(driver) == OTHER_AUDIENCE_MODEL
        assert all("audienceModelArn" not in call for call in driver.inputs(UPDATE))
    nothing_left(driver)


@scenario(17)
def taken_back_from_the_retraining(driver: Driver) -> None:
    driver.deploy(Model=RETRAINED)
    driver.change(audienceModelArn=OTHER_AUDIENCE_MODEL)
    # The same as before: what the retraining did is drift now.
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert state(driver) == OTHER_AUDIENCE_MODEL
    driver.seed_audience_model(NEWER_AUDIENCE_MODEL)
    assert driver.deploy(Model={**MINIMAL, "audienceModelArn": NEWER_AUDIENCE_MODEL}).status == "COMPLETE"
    assert state(driver) == NEWER_AUDIENCE_MODEL
    nothing_left(driver)


# The audience model isn't ACTIVE

IN_TRAINING = f"{AUDIENCE_MODEL}-in-training"
FAILED = f"{AUDIENCE_MODEL}-failed"


@scenario(1, 17)
def waits_for_an_audience_model(driver: Driver) -> None:
    """One that the same stack trains."""
    driver.switches.training_seconds = 0.2
    trained = {"Type": AUDIENCE, "trainingDatasetArn": DATASET}
    waits = {**MINIMAL, "WaitForAudienceModelSeconds": 780, "audienceModelArn": {"Ref": "First"}}
    assert driver.deploy({"First": trained, "Model": waits}).status == "COMPLETE"
    operations = driver.operations()
    before = operations[1 : operations.index("Create", 1)]
    assert before[0] == "Get"
    assert set(before) <= {"Get", "List"}
    assert state(driver) == driver.physical_id("First")
    driver.forget_calls()
    again = {**waits, "audienceModelArn": {"Ref": "Second"}}
    assert driver.deploy({"First": trained, "Second": trained, "Model": again}).status == "COMPLETE"
    assert driver.operations()[-1] == "Update"
    assert state(driver) == driver.physical_id("Second")
    driver.forget_calls()
    changed = {**again, "description": "new"}
    assert driver.deploy({"First": trained, "Second": trained, "Model": changed}).status == "COMPLETE"
    assert driver.operations() == ["Get", "Update"]
    nothing_left(driver)


@scenario(36)
def waits_in_vain(driver: Driver) -> None:
    driver.seed_audience_model(IN_TRAINING, "CREATE_IN_PROGRESS")
    properties = {**MINIMAL, "audienceModelArn": IN_TRAINING, "WaitForAudienceModelSeconds": 60}
    result = driver.deploy(Model=properties)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"{IN_TRAINING} is still CREATE_IN_PROGRESS after 60 s" in result.reason
    assert "deploy again when it is ACTIVE" in result.reason
    assert driver.writes() == []
    driver.deploy(Model=MINIMAL)
    assert driver.deploy(Model=properties).status == "ROLLBACK_COMPLETE"
    assert state(driver) == AUDIENCE_MODEL
    nothing_left(driver)


@scenario(26)
def does_not_wait_for_what_never_comes(driver: Driver) -> None:
    driver.seed_audience_model(FAILED, "CREATE_FAILED")
    for arn, said in (
        (FAILED, f"{FAILED} is CREATE_FAILED (the training failed): only one that is ACTIVE"),
        (f"{FAILED}-gone", f"there is no audience model {FAILED}-gone in us-east-1"),
    ):
        result = driver.deploy(Model={**MINIMAL, "audienceModelArn": arn, "WaitForAudienceModelSeconds": 780})
        assert result.status == "ROLLBACK_COMPLETE"
        assert said in result.reason
        assert driver.writes() == []


@scenario(2, 5)
def waits_no_longer_than_the_function_may(driver: Driver) -> None:
    for seconds in (781, -1):
        result = driver.deploy(Model={**MINIMAL, "typo": 1, "WaitForAudienceModelSeconds": seconds})
        assert "WaitForAudienceModelSeconds must be from 0 to 780" in result.reason
        assert "typo is unknown" in result.reason
        assert driver.writes() == []
    result = driver.deploy(Model={**MINIMAL, "WaitForAudienceModelSeconds": "long", "Retrained": "perhaps"})
    assert "WaitForAudienceModelSeconds must be an integer" in result.reason
    assert "Retrained must be true or false" in result.reason


@scenario(33, only=(COUNTED, NEEDS_ACTIVE))
def an_audience_model_in_training_is_told_at_once(driver: Driver) -> None:
    driver.seed_audience_model(IN_TRAINING, "CREATE_PENDING")
    result = driver.deploy(Model={**MINIMAL, "audienceModelArn": IN_TRAINING})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "let the deployment wait for it (wait_for_audience_model)" in result.reason
    assert driver.writes() == ["Create"]
    driver.deploy(Model=MINIMAL)
    driver.forget_calls()
    result = driver.deploy(Model={**MINIMAL, "audienceModelArn": IN_TRAINING})
    assert "deploy again when the audience model is ACTIVE" in result.reason
    # The failed update is marked, until the roll-back has made sure that nothing of it stays.
    assert driver.writes() == ["Update", "TagResource", "UntagResource"]
    nothing_left(driver)


# Replacement protection

PROTECTED = {**MINIMAL, "ReplacementProtection": True}
SIZES = {"audienceSizeConfig": IN_PLACE["audienceSizeConfig"]}


@scenario(20, 21)
def a_protected_model_is_not_replaced(driver: Driver) -> None:
    whole = {**PROTECTED, **SIZES, "childResourceTagOnCreatePolicy": "NONE"}
    driver.deploy(Model=whole)
    arn = driver.physical_id()
    for changed in (
        {**PROTECTED, "childResourceTagOnCreatePolicy": "NONE", "description": "not written either"},
        {**PROTECTED, **SIZES},
        {**whole, "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"},
        {**whole, "name": "readers"},
    ):
        driver.forget_calls()
        result = driver.deploy(Model=changed)
        assert result.status == "ROLLBACK_COMPLETE"
        (member,) = {
            name for name in {*whole, *changed} if name != "description" and whole.get(name) != changed.get(name)
        }
        assert result.reason.startswith(f"{member}: this change needs a replacement, and {arn} is protected")
        assert "replacement_protection=False" in result.reason
        assert driver.writes() == []
        assert driver.physical_id() == arn
        driver.check()
    assert driver.deploy(Model={**whole, "description": "in place"}).status == "COMPLETE"
    nothing_left(driver)


@scenario(20, 22)
def a_replacement_that_is_asked_for(driver: Driver) -> None:
    driver.deploy(Model={**PROTECTED, **SIZES})
    arn = driver.physical_id()
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.physical_id() != arn
    assert driver.deploy(Model=PROTECTED).status == "COMPLETE"
    nothing_left(driver)


@scenario(20, 21)
def protection_that_comes_with_the_replacement(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, **SIZES})
    result = driver.deploy(Model=PROTECTED)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "audienceSizeConfig" in result.reason
    nothing_left(driver)


@scenario(23)
def a_replacement_that_is_asked_for_is_rolled_back(driver: Driver) -> None:
    driver.deploy(Model={**PROTECTED, **SIZES})
    arn = driver.physical_id()
    assert driver.deploy(Model={**MINIMAL, "name": "readers"}, fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == arn
    nothing_left(driver)


@scenario(24, only=(EMPTIES,))
def what_only_a_replacement_could_take_back_stays(driver: Driver) -> None:
    """Whether protection was there, and stays, or not: the roll-back neither fails nor replaces."""
    driver.deploy(Model=PROTECTED)
    arn = driver.physical_id()
    for changed in (PROTECTED, MINIMAL):
        added = {**changed, **SIZES, "description": "new"}
        assert driver.deploy(Model=added, fails=True).status == "ROLLBACK_COMPLETE"
        assert driver.physical_id() == arn
        assert driver.model()["audienceSizeConfig"] == SIZES["audienceSizeConfig"]
        assert driver.model()["description"] == ""
    assert driver.deploy(Model={**PROTECTED, "description": "newer"}).status == "COMPLETE"
    assert driver.physical_id() == arn
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models() == []
