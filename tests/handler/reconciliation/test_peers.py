"""The rules that peers hold their resources to, under the names that they have there.

CloudFormation's contract tests for resource types, with the handler's stack in the place of the type's handlers, and
the acceptance tests of Terraform's AWS provider, with a second deployment in the place of an empty plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ...worlds import CHANGES_TAGS
from ..simulation.resource_types import SUBJECTS, Subject, as_time

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator


@pytest.fixture(params=[pytest.param(subject, id=subject.called) for subject in SUBJECTS])
def subject(request: pytest.FixtureRequest) -> Subject:
    of: Subject = request.param
    return of


@pytest.fixture
def ready(world: Simulator, subject: Subject) -> Simulator:
    world.prepare(subject)
    return world


@pytest.fixture
def created(ready: Simulator, subject: Subject) -> Simulator:
    assert ready.deploy(Model=subject.named("contract")).status == "COMPLETE"
    return ready


def plan_is_empty(world: Simulator, template: dict[str, Any]) -> bool:
    """Deploying the same again changes nothing, and the service holds what it says."""
    world.forget_calls()
    done = world.deploy(Model=template).status == "COMPLETE"
    return done and world.writes() == [] and world.differences() == {}


def listed(world: Simulator) -> list[str]:
    return [
        physical_id for live in world.live().values() for physical_id in live if not physical_id.endswith("/policy")
    ]


# CloudFormation's contract tests


def test_contract_create_delete(created: Simulator) -> None:
    assert created.destroy().status == "DELETE_COMPLETE"
    assert listed(created) == []


def test_contract_create_create(created: Simulator, subject: Subject) -> None:
    """The same writable name twice: refused where names must be unique, two resources where they need not be."""
    created.name_twice("unique")
    template = {
        "Model": subject.named("contract"),
        "Again": {**subject.named("contract"), **subject.variants[1]},
    }
    result = created.deploy(template)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "the name is taken by" in result.reason
    assert listed(created) == [created.physical_id()]
    created.name_twice("repeat")
    assert created.deploy(template).status == "COMPLETE"
    assert len(set(listed(created))) == 2


def test_contract_create_read(created: Simulator) -> None:
    assert created.physical_id() in created.attributes().values()
    assert created.differences() == {}


def test_contract_create_list(created: Simulator) -> None:
    assert listed(created) == [created.physical_id()]


def test_contract_create_taggable(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.named("contract", tags={"team": "media"}))
    assert ready.tags() == {"team": "media"}


def test_contract_update_read(created: Simulator, subject: Subject) -> None:
    arn = created.physical_id()
    created.deploy(Model={**subject.named("contract", tags={"changed": "1"}), **subject.in_place})
    assert created.physical_id() == arn
    assert created.differences() == {}


def test_contract_update_list(created: Simulator, subject: Subject) -> None:
    created.deploy(Model=subject.named("contract", tags={"changed": "1"}))
    assert listed(created) == [created.physical_id()]


@CHANGES_TAGS
def test_contract_update_tag_updatable(created: Simulator, subject: Subject) -> None:
    created.deploy(Model=subject.named("contract", tags={"a": "1", "b": "1"}))
    created.deploy(Model=subject.named("contract", tags={"a": "2"}))
    assert created.tags() == {"a": "2"}


def test_contract_update_without_create(created: Simulator, subject: Subject) -> None:
    """An update of what doesn't exist is NotFound, never an upsert."""
    created.vanish()
    created.forget_calls()
    result = created.deploy(Model=subject.named("contract", tags={"changed": "1"}))
    assert "does not exist" in result.reason
    assert created.writes() == []


def test_contract_delete_read(created: Simulator) -> None:
    arn = created.physical_id()
    created.destroy()
    assert arn not in listed(created)


def test_contract_delete_list(created: Simulator) -> None:
    created.destroy()
    assert listed(created) == []


def test_contract_delete_update(created: Simulator, subject: Subject) -> None:
    """What is deleted can't be updated any more, and isn't made anew."""
    gone = created.resource()
    created.destroy()
    created.stack.resources["Model"] = gone
    created.forget_calls()
    result = created.deploy(Model=subject.named("contract", tags={"changed": "1"}))
    assert "does not exist" in result.reason
    assert created.writes() == []
    assert listed(created) == []


def test_contract_delete_delete(created: Simulator) -> None:
    """The second Delete finds nothing, which is what it wants."""
    gone = created.resource()
    created.destroy()
    created.stack.resources["Model"] = gone
    created.forget_calls()
    assert created.destroy().status == "DELETE_COMPLETE"
    assert created.writes() == []


def test_contract_delete_create(created: Simulator, subject: Subject) -> None:
    first = created.physical_id()
    created.destroy()
    created.deploy(Model=subject.named("contract"))
    assert created.physical_id() != first
    assert listed(created) == [created.physical_id()]


# The acceptance tests of a Terraform resource


@pytest.fixture
def check_destroy(ready: Simulator) -> Any:
    """CheckDestroy: whatever a test did, nothing is left after it."""
    yield
    assert ready.destroy().status == "DELETE_COMPLETE"
    assert listed(ready) == []


@pytest.mark.usefixtures("check_destroy")
def test_acc_basic(ready: Simulator, subject: Subject) -> None:
    """Every attribute; in the place of an import, which custom resources don't have: read back under its id."""
    ready.deploy(Model=subject.maximal)
    state = ready.model()
    for member in subject.kind.members:
        assert member == "tags" or state[member] == as_time(subject.maximal[member])
    assert {ready.physical_id(), subject.maximal[subject.name]} <= set(ready.attributes().values())
    assert plan_is_empty(ready, subject.maximal)


def test_acc_disappears(ready: Simulator, subject: Subject) -> None:
    """Deleted from outside: the next change says so, and the stack can still be destroyed."""
    ready.deploy(Model=subject.minimal)
    ready.vanish()
    assert ready.destroy().status == "DELETE_COMPLETE"
    assert listed(ready) == []


@pytest.mark.usefixtures("check_destroy")
@CHANGES_TAGS
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([{"a": "1"}, {"a": "2", "b": "1"}, {"b": "1"}], id="tags"),
        pytest.param([{}, {"a": "1"}, {}], id="tags_null"),
        pytest.param([{"a": ""}, {}], id="tags_emptyTag_OnCreate"),
        pytest.param([{"a": "1"}, {"a": "1", "b": ""}, {"a": "1"}], id="tags_emptyTag_OnUpdate_add"),
        pytest.param([{"a": "1"}, {"a": ""}], id="tags_emptyTag_OnUpdate_replace"),
        pytest.param([{}, {"a": "1"}], id="tags_addOnUpdate"),
    ],
)
def test_acc_tags(ready: Simulator, subject: Subject, steps: list[dict[str, str]]) -> None:
    for tags in steps:
        template = {**subject.minimal, "tags": tags}
        assert ready.deploy(Model=template).status == "COMPLETE"
        assert ready.tags() == tags
        assert plan_is_empty(ready, template)
