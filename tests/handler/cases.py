"""The scenarios that need nothing but a stack and a service with faults: data and steps, no engine.

A case is given a driver. The simulator's is `World`; whoever writes another one, for the embedded engine, gives it the
methods of `Driver`. What goes deeper into one engine stands in that engine's own tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .world import MAXIMAL, MINIMAL, OTHER_AUDIENCE_MODEL, output_config

if TYPE_CHECKING:
    from collections.abc import Callable

IMPATIENT = {"ServiceTimeout": 60}
"""For failures that last: CloudFormation waits only so many seconds, so that an engine in real time needn't."""

CREATE = "CreateConfiguredAudienceModel"
UPDATE = "UpdateConfiguredAudienceModel"
DELETE = "DeleteConfiguredAudienceModel"


class Result(Protocol):
    """How a stack operation ended: `COMPLETE`, `ROLLBACK_COMPLETE`, `ROLLBACK_FAILED`, `DELETE_…`."""

    status: str

    @property
    def reason(self) -> str: ...


class Driver(Protocol):
    """What a case can do and see. A logical id is `Model` unless the case says otherwise."""

    @property
    def faults(self) -> Any: ...
    @property
    def switches(self) -> Any: ...
    def deploy(
        self, _template: dict[str, dict[str, Any]] | None = None, *, fails: bool = False, **resources: Any
    ) -> Result: ...
    def destroy(self) -> Result: ...
    def crash(self, operation: str, *, times: int = 1, after_effect: bool = True, skip: int = 0) -> None: ...
    def fail(self, operation: str, error: str, message: str = ..., *, times: int | None = 1, **more: Any) -> None: ...
    def retain(self, logical_id: str = "Model") -> None: ...
    def models(self) -> list[dict[str, Any]]: ...
    def model(self, logical_id: str = "Model") -> dict[str, Any]: ...
    def tags(self, logical_id: str = "Model") -> dict[str, str]: ...
    def physical_id(self, logical_id: str = "Model") -> str: ...
    def attributes(self, logical_id: str = "Model") -> dict[str, str]: ...
    def change(self, logical_id: str = "Model", **members: Any) -> None: ...
    def vanish(self, logical_id: str = "Model") -> None: ...
    def forget_calls(self) -> None: ...
    def operations(self) -> list[str]: ...
    def writes(self) -> list[str]: ...
    def inputs(self, operation: str) -> list[dict[str, Any]]: ...
    def check(self) -> None: ...


@dataclass(frozen=True)
class Case:
    """A scenario.

    Attributes:
        rows: the rows of the table of scenarios that it stands for.
        steps: what happens, with the assertions.
    """

    rows: tuple[int, ...]
    steps: Callable[[Driver], None]

    @property
    def name(self) -> str:
        return self.steps.__name__


CASES: list[Case] = []


def scenario(*rows: int) -> Callable[[Callable[[Driver], None]], Callable[[Driver], None]]:
    def register(steps: Callable[[Driver], None]) -> Callable[[Driver], None]:
        CASES.append(Case(rows, steps))
        return steps

    return register


def nothing_left(driver: Driver) -> None:
    """The second half of most cases: the template holds, deploying again writes nothing, destroying leaves nothing."""
    driver.check()
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models() == []


# Create


@scenario(1, 3)
def create_minimal(driver: Driver) -> None:
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.operations() == ["Create"]
    assert driver.physical_id() == driver.model()["configuredAudienceModelArn"]
    assert 1 <= len(driver.model()["name"]) <= 63
    nothing_left(driver)


@scenario(1, 2, 3)
def create_maximal(driver: Driver) -> None:
    assert driver.deploy(Model=MAXIMAL).status == "COMPLETE"
    assert driver.operations() == ["Create"]
    model = driver.model()
    assert {name: model[name] for name in MAXIMAL if name != "tags"} == {
        name: value for name, value in MAXIMAL.items() if name != "tags"
    }
    assert driver.tags() == MAXIMAL["tags"]
    nothing_left(driver)


@scenario(2)
def bad_value(driver: Driver) -> None:
    sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": ["10", "many"]}
    result = driver.deploy(Model={**MINIMAL, "audienceSizeConfig": sizes})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "audienceSizeConfig.audienceSizeBins[1] must be an integer" in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@scenario(4, 14)
def unknown_property(driver: Driver) -> None:
    result = driver.deploy(Model={**MINIMAL, "minMatchingSeedsize": 100})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "minMatchingSeedsize is unknown" in result.reason
    assert "minMatchingSeedSize" in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@scenario(5)
def all_problems_at_once(driver: Driver) -> None:
    result = driver.deploy(Model={"outputConfig": {"destination": {}}, "minMatchingSeedSize": "few", "typo": "x"})
    assert result.status == "ROLLBACK_COMPLETE"
    for problem in (
        "audienceModelArn is missing",
        "sharedAudienceMetrics is missing",
        "outputConfig.roleArn is missing",
        "outputConfig.destination.s3Destination is missing",
        "minMatchingSeedSize must be an integer",
        "typo is unknown",
    ):
        assert problem in result.reason
    assert driver.writes() == []
    nothing_left(driver)


@scenario(6)
def crash_after_create(driver: Driver) -> None:
    driver.crash(CREATE)
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.writes() == ["Create"]
    assert len(driver.models()) == 1
    nothing_left(driver)


@scenario(9)
def all_deliveries_crash(driver: Driver) -> None:
    driver.crash(CREATE)
    driver.crash("ListConfiguredAudienceModels", times=2)
    assert driver.deploy(Model=MINIMAL).status == "ROLLBACK_COMPLETE"
    assert driver.models() == []
    nothing_left(driver)


@scenario(9)
def all_deliveries_crash_before_create(driver: Driver) -> None:
    driver.crash(CREATE, times=3, after_effect=False)
    assert driver.deploy(Model=MINIMAL).status == "ROLLBACK_COMPLETE"
    assert driver.models() == []


@scenario(11)
def delete_of_a_failed_create(driver: Driver) -> None:
    # The effect of the first call is hidden behind a 5xx, and then there is no time left to find it.
    driver.fail(CREATE, "InternalServiceException", times=None, after_effect=True)
    driver.fail("ListConfiguredAudienceModels", "AccessDeniedException", "explicit deny")
    result = driver.deploy(Model=MINIMAL)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "List" in driver.operations()
    assert driver.models() == []


# Delete


@scenario(13)
def delete_of_the_deleted(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    driver.vanish()
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert driver.models() == []


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


# Update

IN_PLACE: dict[str, Any] = {
    "audienceModelArn": OTHER_AUDIENCE_MODEL,
    "outputConfig": output_config("s3://bucket/other"),
    "description": "another one",
    "sharedAudienceMetrics": ["NONE"],
    "minMatchingSeedSize": 1000,
    "audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000]},
}


@scenario(17)
def update_each_member(driver: Driver) -> None:
    properties = MAXIMAL
    driver.deploy(Model=properties)
    arn = driver.physical_id()
    for member, value in IN_PLACE.items():
        properties = {**properties, member: value}
        driver.forget_calls()
        assert driver.deploy(Model=properties).status == "COMPLETE"
        assert driver.operations() == ["Get", "Update"]
        assert driver.inputs(UPDATE) == [{"configuredAudienceModelArn": arn, member: value}]
        assert driver.physical_id() == arn
        driver.check()
    nothing_left(driver)


@scenario(17, 41)
def update_all_members_at_once(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    attributes = driver.attributes()
    driver.forget_calls()
    assert driver.deploy(Model={**MINIMAL, **IN_PLACE}).status == "COMPLETE"
    assert driver.operations() == ["Get", "Update"]
    assert driver.attributes() == attributes
    nothing_left(driver)


@scenario(18)
def update_without_effect(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    driver.forget_calls()
    # What the template doesn't say, the service has by default.
    assert driver.deploy(Model={**MINIMAL, "minMatchingSeedSize": 500, "tags": {}}).status == "COMPLETE"
    assert driver.writes() == []
    nothing_left(driver)


@scenario(19)
def remove_what_can_be_reset(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    arn = driver.physical_id()
    driver.forget_calls()
    rest = {name: value for name, value in MAXIMAL.items() if name not in ("description", "minMatchingSeedSize")}
    assert driver.deploy(Model=rest).status == "COMPLETE"
    assert driver.inputs(UPDATE) == [{"configuredAudienceModelArn": arn, "description": "", "minMatchingSeedSize": 500}]
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


@scenario(20, 22, 41)
def replacement(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "childResourceTagOnCreatePolicy": "NONE"})
    old, attributes = driver.physical_id(), driver.attributes()
    driver.forget_calls()
    result = driver.deploy(Model={**MINIMAL, "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"})
    assert result.status == "COMPLETE"
    assert driver.physical_id() != old
    assert driver.attributes() != attributes
    assert driver.writes() == ["Create", "Delete"]
    assert [call["configuredAudienceModelArn"] for call in driver.inputs(DELETE)] == [old]
    nothing_left(driver)


@scenario(20, 22)
def rename(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "name": "first"})
    for properties in ({**MINIMAL, "name": "second"}, MINIMAL, {**MINIMAL, "name": "third"}):
        old = driver.physical_id()
        assert driver.deploy(Model=properties).status == "COMPLETE"
        assert driver.physical_id() != old
        assert len(driver.models()) == 1
        driver.check()
    assert driver.model()["name"] == "third"
    nothing_left(driver)


@scenario(21)
def replacement_under_the_same_name(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    arn = driver.physical_id()
    driver.forget_calls()
    result = driver.deploy(Model={**MAXIMAL, "childResourceTagOnCreatePolicy": "NONE"})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "needs replacement under the same name" in result.reason
    assert "change the name" in result.reason
    assert driver.writes() == []
    assert driver.physical_id() == arn
    nothing_left(driver)


@scenario(23)
def replacement_then_another_resource_fails(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "name": "first"})
    old = driver.physical_id()
    driver.forget_calls()
    assert driver.deploy(Model={**MINIMAL, "name": "second"}, fails=True).status == "ROLLBACK_COMPLETE"
    assert driver.physical_id() == old
    assert old not in [call["configuredAudienceModelArn"] for call in driver.inputs(DELETE)]
    assert driver.model()["name"] == "first"
    nothing_left(driver)


@scenario(24)
def update_then_another_resource_fails(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    before = {**driver.model(), "tags": dict(driver.model()["tags"])}
    changed = {**MAXIMAL, **IN_PLACE, "tags": {"team": "retention", "new": "1"}}
    assert driver.deploy(Model=changed, fails=True).status == "ROLLBACK_COMPLETE"
    assert {**driver.model(), "updateTime": None} == {**before, "updateTime": None}
    nothing_left(driver)


@scenario(25)
def update_fails_half_way(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    driver.fail("TagResource", "ValidationException", "a tag value has a character that is not allowed")
    changed = {**MAXIMAL, **IN_PLACE, "tags": {"team": "retention", "new": "1"}}
    result = driver.deploy(Model=changed)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "TagResource failed with ValidationException" in result.reason
    nothing_left(driver)


@scenario(26)
def update_of_the_deleted(driver: Driver) -> None:
    driver.deploy(Model=MINIMAL)
    driver.vanish()
    driver.forget_calls()
    result = driver.deploy(Model={**MINIMAL, "minMatchingSeedSize": 100})
    assert result.status == "ROLLBACK_FAILED"
    assert "does not exist, it was deleted outside of cloudformation" in result.reason
    assert driver.writes() == []
    assert driver.models() == []


@scenario(28)
def drift(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "description": "ours", "tags": {"team": "growth"}})
    arn = driver.physical_id()
    driver.change(description="theirs", tags={**driver.model()["tags"], "team": "theirs", "extra": "theirs"})
    driver.forget_calls()
    properties = {**MINIMAL, "description": "ours", "tags": {"team": "growth"}, "minMatchingSeedSize": 100}
    assert driver.deploy(Model=properties).status == "COMPLETE"
    assert driver.writes() == ["Update"]
    assert driver.inputs(UPDATE) == [{"configuredAudienceModelArn": arn, "minMatchingSeedSize": 100}]
    assert driver.model()["description"] == "theirs"
    assert driver.destroy().status == "DELETE_COMPLETE"


@scenario(29)
def tags(driver: Driver) -> None:
    driver.deploy(Model={**MINIMAL, "tags": {"a": "1", "b": "2"}})
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
        assert driver.deploy(Model={**MINIMAL, "tags": wanted}).status == "COMPLETE"
        assert driver.writes() == writes
        assert driver.tags() == wanted
        assert markers <= driver.model()["tags"].keys()
    driver.deploy(Model={**MINIMAL, "tags": {"a": "1"}})
    driver.deploy(Model=MINIMAL)
    assert driver.tags() == {}
    nothing_left(driver)


# Errors


@scenario(31)
def throttling(driver: Driver) -> None:
    driver.fail(CREATE, "ThrottlingException", times=2)
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.operations() == ["Create", "Create", "Create"]
    driver.fail(UPDATE, "ThrottlingException")
    assert driver.deploy(Model={**MINIMAL, "minMatchingSeedSize": 100}).status == "COMPLETE"
    driver.fail(DELETE, "ThrottlingException")
    nothing_left(driver)


@scenario(31, 36)
def throttling_for_ever(driver: Driver) -> None:
    driver.fail(CREATE, "ThrottlingException", times=None)
    result = driver.deploy(Model={**MINIMAL, **IMPATIENT})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "CreateConfiguredAudienceModel failed with ThrottlingException" in result.reason
    assert driver.models() == []


@scenario(32)
def role_not_propagated(driver: Driver) -> None:
    driver.faults.role_propagation.calls = 2
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    assert driver.writes() == ["Create"] * 3
    nothing_left(driver)


@scenario(32)
def permission_not_propagated(driver: Driver) -> None:
    driver.fail(CREATE, "AccessDeniedException", "is not authorized to perform", times=2)
    assert driver.deploy(Model=MINIMAL).status == "COMPLETE"
    nothing_left(driver)


@scenario(35)
def quota(driver: Driver) -> None:
    members = {"quotaName": "configured audience models", "quotaValue": 10}
    driver.fail(CREATE, "ServiceQuotaExceededException", "too many", members=members)
    result = driver.deploy(Model=MINIMAL)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "quotaName configured audience models, quotaValue 10" in result.reason
    assert "one spare is needed" in result.reason
    assert driver.writes() == ["Create"]
    assert driver.models() == []


@scenario(38)
def long_reason(driver: Driver) -> None:
    driver.fail(CREATE, "ValidationException", "größer als erlaubt 👀 " * 400)
    result = driver.deploy(Model=MINIMAL)
    assert result.status == "ROLLBACK_COMPLETE"
    assert result.reason.startswith("CreateConfiguredAudienceModel failed with ValidationException")
    assert "(log: " in result.reason
    nothing_left(driver)


# Stacks


@scenario(44)
def deploy_twice_destroy_twice(driver: Driver) -> None:
    driver.deploy(Model=MAXIMAL)
    driver.forget_calls()
    assert driver.deploy(Model=MAXIMAL).status == "COMPLETE"
    assert driver.operations() == []
    nothing_left(driver)
    assert driver.destroy().status == "DELETE_COMPLETE"


@scenario(45)
def retain(driver: Driver) -> None:
    driver.retain()
    driver.deploy(Model=MINIMAL)
    assert driver.destroy().status == "DELETE_COMPLETE"
    assert len(driver.models()) == 1


@scenario(47)
def several_resources(driver: Driver) -> None:
    template = {f"Model{number}": {**MAXIMAL, "name": f"model {number}"} for number in range(3)}
    assert driver.deploy(template).status == "COMPLETE"
    assert len({driver.physical_id(name) for name in template}) == 3
    template["Model1"] = {**MINIMAL, "name": "model 1", "description": "changed"}
    template["Model1"] |= {name: MAXIMAL[name] for name in ("audienceSizeConfig", "childResourceTagOnCreatePolicy")}
    assert driver.deploy(template).status == "COMPLETE"
    driver.check()
    del template["Model0"]
    assert driver.deploy(template).status == "COMPLETE"
    assert [model["name"] for model in driver.models()] == ["model 1", "model 2"]
    nothing_left(driver)
