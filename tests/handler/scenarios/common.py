"""The scenarios that are the same for every resource type with a name and tags."""

from __future__ import annotations

from cdk_cleanroomsml.handler.reconciliation.kind import Removal

from ...worlds import CHANGES_TAGS, COUNTED
from ..simulation.resource_types import (
    ACCOUNT,
    ASSOCIATIONS,
    AUDIENCE_MODELS,
    CONFIGURED_MODELS,
    REGION,
    Subject,
    as_time,
)
from .scenario import IMPATIENT, Driver, common_scenario, nothing_left


def deleted(driver: Driver, subject: Subject) -> list[str]:
    """The ids that Delete was called for."""
    inputs = driver.inputs(subject.kind.delete)
    if subject is not ASSOCIATIONS:
        return [call[subject.kind.arn] for call in inputs]
    here = f"arn:aws:cleanrooms:{REGION}:{ACCOUNT}:membership"
    return [
        f"{here}/{call['membershipIdentifier']}/configuredaudiencemodelassociation"
        f"/{call['configuredAudienceModelAssociationIdentifier']}"
        for call in inputs
    ]


@common_scenario(1, 3, only=(COUNTED,))
def create_minimal(driver: Driver, subject: Subject) -> None:
    assert driver.deploy(Model=subject.minimal).status == "COMPLETE"
    assert driver.operations() == ["Create"]
    assert driver.physical_id() in driver.attributes().values()
    assert 1 <= len(driver.model()[subject.name]) <= 63
    nothing_left(driver)


@common_scenario(1, 2, 3, only=(COUNTED,))
def create_maximal(driver: Driver, subject: Subject) -> None:
    assert driver.deploy(Model=subject.maximal).status == "COMPLETE"
    # A name of the template may have led to what had it before.
    assert [each for each in driver.operations() if each != "ListTagsForResource"] == ["Create", "Get"]
    model = driver.model()
    for member in subject.kind.members:
        if member != "tags":
            assert model[member] == as_time(subject.maximal[member])
    assert driver.tags() == subject.maximal["tags"]
    nothing_left(driver)


@common_scenario(2)
def bad_value(driver: Driver, subject: Subject) -> None:
    members, problem = subject.bad
    result = driver.deploy(Model={**subject.minimal, **members})
    assert result.status == "ROLLBACK_COMPLETE"
    assert problem in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@common_scenario(4, 14)
def unknown_property(driver: Driver, subject: Subject) -> None:
    result = driver.deploy(Model={**subject.minimal, "typo": "x"})
    assert result.status == "ROLLBACK_COMPLETE"
    allowed = ", ".join(sorted([*subject.kind.members, *subject.kind.own]))
    assert f"typo is unknown, allowed are {allowed}" in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@common_scenario(5)
def all_problems_at_once(driver: Driver, subject: Subject) -> None:
    members, problem = subject.bad
    result = driver.deploy(Model={"Type": subject.type, **members, "tags": ["none"], "typo": "x"})
    assert result.status == "ROLLBACK_COMPLETE"
    required = [member for member, (_, removal) in subject.kind.members.items() if removal is Removal.IMPOSSIBLE]
    for said in (
        *(f"{member} is missing" for member in required if member not in members),
        "tags must be an object",
        "typo is unknown",
        problem,
    ):
        assert said in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@common_scenario(6, only=(COUNTED,))
def crash_after_create(driver: Driver, subject: Subject) -> None:
    driver.crash(subject.kind.create)
    assert driver.deploy(Model=subject.minimal).status == "COMPLETE"
    assert driver.writes() == ["Create"]
    assert len(driver.models(subject.type)) == 1
    nothing_left(driver)


@common_scenario(9)
def all_deliveries_crash(driver: Driver, subject: Subject) -> None:
    driver.crash(subject.kind.create)
    driver.crash(subject.kind.list, times=2)
    assert driver.deploy(Model=subject.minimal).status == "ROLLBACK_COMPLETE"
    assert driver.models(subject.type) == []
    nothing_left(driver)


@common_scenario(9)
def all_deliveries_crash_before_create(driver: Driver, subject: Subject) -> None:
    driver.crash(subject.kind.create, times=3, after_effect=False)
    assert driver.deploy(Model=subject.minimal).status == "ROLLBACK_COMPLETE"
    assert driver.models(subject.type) == []


@common_scenario(11)
def delete_of_a_failed_create(driver: Driver, subject: Subject) -> None:
    # The effect of the first call is hidden behind a 5xx, and then there is no time left to find it.
    driver.fail(subject.kind.create, "InternalServiceException", times=None, after_effect=True)
    driver.fail(subject.kind.list, "AccessDeniedException", "explicit deny")
    result = driver.deploy(Model=subject.minimal)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "List" in driver.operations()
    assert driver.models(subject.type) == []


@common_scenario(13)
def delete_of_the_deleted(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.minimal)
    driver.vanish()
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models(subject.type) == []


@common_scenario(17, subjects=(CONFIGURED_MODELS, ASSOCIATIONS), only=(COUNTED, CHANGES_TAGS))
def update_each_member(driver: Driver, subject: Subject) -> None:
    properties = subject.maximal
    driver.deploy(Model=properties)
    arn = driver.physical_id()
    for member, value in subject.in_place.items():
        properties = {**properties, member: value}
        driver.forget_calls()
        assert driver.deploy(Model=properties).status == "COMPLETE"
        assert driver.operations() == [*subject.reads, "Update"]
        (update,) = driver.inputs(subject.kind.update)
        assert {name: update[name] for name in update if name not in subject.address} == {
            **{name: properties[name] for name in subject.kind.along if name in properties},
            subject.renamed.get(member, member): value,
        }
        assert driver.physical_id() == arn
        driver.check()
    nothing_left(driver)


@common_scenario(18)
def update_without_effect(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.minimal)
    driver.forget_calls()
    # What the template doesn't say, the service has by default.
    assert driver.deploy(Model={**subject.minimal, **subject.defaults, "tags": {}}).status == "COMPLETE"
    assert driver.writes() == []
    nothing_left(driver)


@common_scenario(20, 22, 41)
def replacement(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.minimal)
    old, attributes = driver.physical_id(), driver.attributes()
    driver.forget_calls()
    result = driver.deploy(Model={**subject.minimal, **subject.other})
    assert result.status == "COMPLETE"
    assert driver.physical_id() != old
    assert driver.attributes() != attributes
    assert driver.writes() == ["Create", "Delete"]
    assert deleted(driver, subject) == [old]
    nothing_left(driver)


@common_scenario(20, 22, subjects=(CONFIGURED_MODELS, AUDIENCE_MODELS))
def rename(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model={**subject.minimal, "name": "one"})
    for properties in ({**subject.minimal, "name": "two"}, subject.minimal, {**subject.minimal, "name": "three"}):
        old = driver.physical_id()
        assert driver.deploy(Model=properties).status == "COMPLETE"
        assert driver.physical_id() != old
        assert len(driver.models(subject.type)) == 1
        driver.check()
    assert driver.model()["name"] == "three"
    nothing_left(driver)


@common_scenario(21)
def replacement_under_the_same_name(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.maximal)
    arn = driver.physical_id()
    driver.forget_calls()
    result = driver.deploy(Model={**subject.maximal, **subject.other})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "needs replacement under the same name" in result.reason
    assert "change the name" in result.reason
    assert driver.writes() == []
    assert driver.physical_id() == arn
    nothing_left(driver)


@common_scenario(23)
def replacement_then_another_resource_fails(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.minimal)
    old, name = driver.physical_id(), driver.model()[subject.name]
    driver.forget_calls()
    assert driver.deploy(Model={**subject.minimal, **subject.other}, fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == old
    assert old not in deleted(driver, subject)
    assert driver.model()[subject.name] == name
    nothing_left(driver)


@common_scenario(24, only=(CHANGES_TAGS,))
def update_then_another_resource_fails(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.maximal)
    before = {**driver.model(), "tags": dict(driver.model()["tags"])}
    changed = {**subject.maximal, **subject.in_place, "tags": {"team": "retention", "new": "1"}}
    assert driver.deploy(Model=changed, fails=True).status == "ROLLBACK_COMPLETE"
    assert {**driver.model(), "updateTime": None} == {**before, "updateTime": None}
    nothing_left(driver)


@common_scenario(25, only=(CHANGES_TAGS,))
def update_fails_half_way(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.maximal)
    driver.fail("TagResource", "ValidationException", "a tag value has a character that is not allowed")
    changed = {**subject.maximal, **subject.in_place, "tags": {"team": "retention", "new": "1"}}
    result = driver.deploy(Model=changed)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "TagResource failed with ValidationException" in result.reason
    nothing_left(driver)


@common_scenario(26)
def update_of_the_deleted(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.minimal)
    driver.vanish()
    driver.forget_calls()
    result = driver.deploy(Model={**subject.minimal, "tags": {"new": "1"}})
    assert result.status == "ROLLBACK_FAILED"
    assert "does not exist, it was deleted outside of cloudformation" in result.reason
    assert driver.writes() == []
    assert driver.models(subject.type) == []


@common_scenario(29, only=(CHANGES_TAGS,))
def tags(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model={**subject.minimal, "tags": {"a": "1", "b": "2"}})
    markers = driver.model()["tags"].keys() - driver.tags().keys()
    assert len(markers) == 3
    for wanted, writes in (
        ({"a": "1", "b": "2", "c": "3"}, ["TagResource"]),
        ({"a": "1", "b": "two", "c": "3"}, ["TagResource"]),
        ({"b": "two", "c": "3"}, ["UntagResource"]),
        ({"b": "2", "d": "4"}, ["UntagResource", "TagResource"]),
        ({}, ["UntagResource"]),
    ):
        driver.forget_calls()
        assert driver.deploy(Model={**subject.minimal, "tags": wanted}).status == "COMPLETE"
        assert driver.writes() == writes
        assert driver.tags() == wanted
        assert markers <= driver.model()["tags"].keys()
    driver.deploy(Model={**subject.minimal, "tags": {"a": "1"}})
    driver.deploy(Model=subject.minimal)
    assert driver.tags() == {}
    nothing_left(driver)


@common_scenario(31, only=(COUNTED, CHANGES_TAGS))
def throttling(driver: Driver, subject: Subject) -> None:
    driver.fail(subject.kind.create, "ThrottlingException", times=2)
    assert driver.deploy(Model=subject.minimal).status == "COMPLETE"
    assert driver.operations() == ["Create", "Create", "Create"]
    driver.fail("TagResource", "ThrottlingException")
    assert driver.deploy(Model={**subject.minimal, "tags": {"new": "1"}}).status == "COMPLETE"
    driver.fail(subject.kind.delete, "ThrottlingException")
    nothing_left(driver)


@common_scenario(31, 36)
def throttling_for_ever(driver: Driver, subject: Subject) -> None:
    driver.fail(subject.kind.create, "ThrottlingException", times=None)
    result = driver.deploy(Model={**subject.minimal, **IMPATIENT})
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"{subject.kind.create} failed with ThrottlingException" in result.reason
    assert driver.models(subject.type) == []


@common_scenario(32)
def permission_not_propagated(driver: Driver, subject: Subject) -> None:
    driver.fail(subject.kind.create, "AccessDeniedException", "is not authorized to perform", times=2)
    assert driver.deploy(Model=subject.minimal).status == "COMPLETE"
    nothing_left(driver)


@common_scenario(35)
def quota(driver: Driver, subject: Subject) -> None:
    members = {"quotaName": "resources of a kind", "quotaValue": 10}
    driver.fail(subject.kind.create, "ServiceQuotaExceededException", "too many", members=members)
    result = driver.deploy(Model=subject.minimal)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "quotaName resources of a kind, quotaValue 10" in result.reason
    assert ("when one is done" if subject is AUDIENCE_MODELS else "one spare is needed") in result.reason
    assert driver.writes() == ["Create"]
    assert driver.models(subject.type) == []


@common_scenario(38)
def long_reason(driver: Driver, subject: Subject) -> None:
    driver.fail(subject.kind.create, "ValidationException", "größer als 500 👀 " * 400)
    result = driver.deploy(Model=subject.minimal)
    assert result.status == "ROLLBACK_COMPLETE"
    assert result.reason.startswith(f"{subject.kind.create} failed with ValidationException")
    assert "(log: " in result.reason
    nothing_left(driver)


@common_scenario(44)
def deploy_twice_destroy_twice(driver: Driver, subject: Subject) -> None:
    driver.deploy(Model=subject.maximal)
    driver.forget_calls()
    assert driver.deploy(Model=subject.maximal).status == "COMPLETE"
    assert driver.operations() == []
    nothing_left(driver)
    assert driver.destroy().status == "DELETE_COMPLETE"


@common_scenario(45)
def retain(driver: Driver, subject: Subject) -> None:
    driver.retain()
    driver.deploy(Model=subject.minimal)
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert len(driver.models(subject.type)) == 1


@common_scenario(47, only=(CHANGES_TAGS,))
def several_resources(driver: Driver, subject: Subject) -> None:
    named = [{**subject.maximal, **subject.variants[number], subject.name: f"model {number}"} for number in range(3)]
    template = {f"Model{number}": properties for number, properties in enumerate(named)}
    assert driver.deploy(template).status == "COMPLETE"
    assert len({driver.physical_id(name) for name in template}) == 3
    template["Model1"] = {**named[1], "tags": {"changed": "1"}}
    assert driver.deploy(template).status == "COMPLETE"
    driver.check()
    del template["Model0"]
    assert driver.deploy(template).status == "COMPLETE"
    assert sorted(model[subject.name] for model in driver.models(subject.type)) == ["model 1", "model 2"]
    nothing_left(driver)
