"""The scenarios of the association alone."""

from __future__ import annotations

from typing import Any

import pytest

from ..simulation.resource_types import (
    ASSOCIATION,
    ASSOCIATIONS,
    EXISTING_MODELS,
    MEMBERSHIP,
    MINIMAL,
    OTHER_MEMBERSHIP,
)
from .scenario import Driver, nothing_left, scenario

CREATE = "CreateConfiguredAudienceModelAssociation"
UPDATE = "UpdateConfiguredAudienceModelAssociation"
DELETE = "DeleteConfiguredAudienceModelAssociation"

NAME = "configuredAudienceModelAssociationName"
PLAIN = ASSOCIATIONS.minimal


def names(driver: Driver) -> list[str]:
    return [association[NAME] for association in driver.models(ASSOCIATION)]


REFUSED = pytest.mark.reading("a second one is refused", association_names="unique", one_association_per_model=True)


@scenario(17, 19, subject=ASSOCIATIONS)
def rename_in_place(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    arn, (generated,) = driver.physical_id(), names(driver)
    for name in ("first", "second"):
        driver.forget_calls()
        assert driver.deploy(Model={**PLAIN, NAME: name}).status == "COMPLETE"
        assert driver.writes() == ["Update"]
        assert driver.attributes()["Name"] == name
        driver.check()
    assert driver.deploy(Model=PLAIN).status == "COMPLETE"
    assert driver.physical_id() == arn
    assert names(driver) != ["second"]
    # Generated for the request that took the name away.
    assert names(driver)[0][:-6] == generated[:-6]
    nothing_left(driver)


@scenario(24, subject=ASSOCIATIONS)
def rename_that_is_rolled_back(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    arn = driver.physical_id()
    assert driver.deploy(Model={**PLAIN, NAME: "first"}, fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == arn
    assert names(driver) != ["first"]
    driver.fail(UPDATE, "ValidationException", "no")
    before = names(driver)
    assert driver.deploy(Model={**PLAIN, NAME: "first"}).status == "ROLLBACK_COMPLETE"
    assert names(driver) == before
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models(ASSOCIATION) == []


@scenario(19, subject=ASSOCIATIONS)
def remove_the_description(driver: Driver) -> None:
    driver.deploy(Model={**PLAIN, "description": "who reads"})
    driver.forget_calls()
    assert driver.deploy(Model=PLAIN).status == "COMPLETE"
    assert [call["description"] for call in driver.inputs(UPDATE)] == [""]
    nothing_left(driver)


@scenario(20, 22, subject=ASSOCIATIONS)
def another_membership(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    old = driver.physical_id()
    assert driver.deploy(Model={**PLAIN, "membershipIdentifier": OTHER_MEMBERSHIP}).status == "COMPLETE"
    assert driver.physical_id() != old
    assert f"membership/{OTHER_MEMBERSHIP}/" in driver.physical_id()
    nothing_left(driver)


def of_model(**members: Any) -> dict[str, dict[str, Any]]:
    """A model and its association."""
    association = {**PLAIN, "configuredAudienceModelArn": {"Ref": "Base"}}
    return {"Base": {**MINIMAL, **members}, "Model": association}


@scenario(20, 22, subject=ASSOCIATIONS)
def its_model_is_replaced(driver: Driver) -> None:
    """The service drops the association of the old model when that goes."""
    driver.deploy(of_model())
    old = driver.physical_id()
    assert driver.deploy(of_model(name="another")).status == "COMPLETE"
    assert driver.physical_id() != old
    assert driver.model()["configuredAudienceModelArn"] == driver.physical_id("Base")
    nothing_left(driver)


@scenario(23, 24, subject=ASSOCIATIONS)
def its_model_is_replaced_in_vain(driver: Driver) -> None:
    driver.deploy(of_model())
    old = driver.physical_id()
    assert driver.deploy(of_model(name="another"), fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == old
    nothing_left(driver)


@scenario(26, 13, subject=ASSOCIATIONS)
def dropped_with_its_model(driver: Driver) -> None:
    driver.deploy(of_model())
    driver.vanish("Base")
    driver.vanish()
    result = driver.deploy({"Base": MINIMAL, "Model": {**of_model()["Model"], "description": "new"}})
    assert result.status == "ROLLBACK_FAILED"
    assert "when a configured audience model goes, its associations go with it" in result.reason
    assert driver.destroy().status == "DELETE_COMPLETE"


@scenario(8, 21, subject=ASSOCIATIONS, only=(REFUSED,))
def one_association_of_a_model(driver: Driver) -> None:
    """The service refuses a second one in the same membership, so what can't change in place can't change."""
    driver.deploy(Model=PLAIN)
    arn = driver.physical_id()
    result = driver.deploy(Model={**PLAIN, "manageResourcePolicies": True})
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"the model is associated with this membership already, by {arn}" in result.reason
    assert "remove the resource from the template and deploy, then add it again" in result.reason
    driver.switches.one_association_per_model = False
    assert driver.deploy(Model={**PLAIN, "manageResourcePolicies": True}).status == "COMPLETE"
    assert driver.physical_id() != arn
    nothing_left(driver)


@scenario(8, subject=ASSOCIATIONS, only=(REFUSED,))
def the_name_is_taken(driver: Driver) -> None:
    driver.retain("Theirs")
    driver.deploy(Theirs={**PLAIN, NAME: "taken"})
    theirs = driver.physical_id("Theirs")
    other = {**PLAIN, NAME: "taken", "configuredAudienceModelArn": EXISTING_MODELS[1]}
    result = driver.deploy(Theirs={**PLAIN, NAME: "taken"}, Model=other)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"the name is taken by {theirs}, which " in result.reason
    assert names(driver) == ["taken"]


@scenario(35, subject=ASSOCIATIONS)
def five_in_a_membership(driver: Driver) -> None:
    driver.switches.one_association_per_model = False
    result = driver.deploy({f"Model{number}": PLAIN for number in range(6)})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "quotaValue 5" in result.reason
    assert "one spare is needed" in result.reason
    assert driver.models(ASSOCIATION) == []


@scenario(29, subject=ASSOCIATIONS)
def tags_that_the_service_refuses(driver: Driver) -> None:
    driver.switches.association_tags_refused = True
    tagged = {**PLAIN, "tags": {"a": "1"}}
    driver.deploy(Model=tagged)
    assert driver.deploy(Model={**tagged, "description": "new"}).status == "COMPLETE"
    result = driver.deploy(Model={**tagged, "description": "new", "tags": {"a": "2"}})
    assert "TagResource failed with ValidationException" in result.reason
    assert "leave them as they are, or give the resource another logical id" in result.reason


@scenario(13, subject=ASSOCIATIONS)
def delete_without_the_membership(driver: Driver) -> None:
    driver.deploy(Model=PLAIN)
    driver.vanish()
    driver.fail("GetConfiguredAudienceModelAssociation", "ResourceNotFoundException", f"no {MEMBERSHIP}")
    assert driver.destroy().status == "DELETE_COMPLETE"
