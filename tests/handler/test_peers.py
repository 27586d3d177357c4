"""The rules that peers hold their resources to, under the names that they have there.

CloudFormation's contract tests for resource types, with the handler's stack in the place of the type's handlers, and
the acceptance tests of Terraform's AWS provider, with a second deployment in the place of an empty plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .cases import DELETE, UPDATE
from .world import MAXIMAL, MINIMAL

if TYPE_CHECKING:
    from .world import World

NAMED = {**MINIMAL, "name": "contract"}


@pytest.fixture
def created(world: World) -> World:
    assert world.deploy(Model=NAMED).status == "COMPLETE"
    return world


def plan_is_empty(world: World, template: dict[str, Any]) -> bool:
    """Deploying the same again changes nothing, and the service holds what it says."""
    world.forget_calls()
    done = world.deploy(Model=template).status == "COMPLETE"
    return done and world.writes() == [] and world.differences() == {}


def listed(world: World) -> list[str]:
    return [model["configuredAudienceModelArn"] for model in world.models()]


# CloudFormation's contract tests


def test_contract_create_delete(created: World) -> None:
    assert created.destroy().status == "DELETE_COMPLETE"
    assert created.models() == []


def test_contract_create_create(created: World) -> None:
    """The same writable name twice: refused where names must be unique, two models where they need not be."""
    created.switches.unique_names = True
    result = created.deploy({"Model": NAMED, "Again": NAMED})
    assert result.status == "ROLLBACK_COMPLETE"
    assert "the name is taken by" in result.reason
    assert listed(created) == [created.physical_id()]
    created.switches.unique_names = False
    assert created.deploy({"Model": NAMED, "Again": NAMED}).status == "COMPLETE"
    assert len(set(listed(created))) == 2


def test_contract_create_read(created: World) -> None:
    assert created.model()["configuredAudienceModelArn"] == created.physical_id()
    assert created.differences() == {}


def test_contract_create_list(created: World) -> None:
    assert listed(created) == [created.physical_id()]


def test_contract_create_taggable(world: World) -> None:
    world.deploy(Model={**NAMED, "tags": {"team": "media"}})
    assert world.tags() == {"team": "media"}


def test_contract_update_read(created: World) -> None:
    arn = created.physical_id()
    created.deploy(Model={**NAMED, "description": "changed"})
    assert created.physical_id() == arn
    assert created.model()["description"] == "changed"


def test_contract_update_list(created: World) -> None:
    created.deploy(Model={**NAMED, "description": "changed"})
    assert listed(created) == [created.physical_id()]


def test_contract_update_tag_updatable(created: World) -> None:
    created.deploy(Model={**NAMED, "tags": {"a": "1", "b": "1"}})
    created.deploy(Model={**NAMED, "tags": {"a": "2"}})
    assert created.tags() == {"a": "2"}


def test_contract_update_without_create(created: World) -> None:
    """An update of what doesn't exist is NotFound, never an upsert."""
    created.vanish()
    created.forget_calls()
    result = created.deploy(Model={**NAMED, "description": "changed"})
    assert "does not exist" in result.reason
    assert created.writes() == []


def test_contract_delete_read(created: World) -> None:
    arn = created.physical_id()
    created.destroy()
    assert arn not in listed(created)


def test_contract_delete_list(created: World) -> None:
    created.destroy()
    assert listed(created) == []


def test_contract_delete_update(created: World) -> None:
    """What is deleted can't be updated any more, and isn't made anew."""
    gone = created.resource()
    created.destroy()
    created.stack.resources["Model"] = gone
    result = created.deploy(Model={**NAMED, "description": "changed"})
    assert "does not exist" in result.reason
    assert created.inputs(UPDATE) == []
    assert created.models() == []


def test_contract_delete_delete(created: World) -> None:
    """The second Delete finds nothing, which is what it wants."""
    gone = created.resource()
    created.destroy()
    created.stack.resources["Model"] = gone
    created.forget_calls()
    assert created.destroy().status == "DELETE_COMPLETE"
    assert created.inputs(DELETE) == []


def test_contract_delete_create(created: World) -> None:
    first = created.physical_id()
    created.destroy()
    created.deploy(Model=NAMED)
    assert created.physical_id() != first
    assert listed(created) == [created.physical_id()]


# The acceptance tests of a Terraform resource


@pytest.fixture
def check_destroy(world: World) -> Any:
    """CheckDestroy: whatever a test did, nothing is left after it."""
    yield
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


@pytest.mark.usefixtures("check_destroy")
def test_acc_basic(world: World) -> None:
    """Every attribute; in the place of an import, which custom resources don't have: read back under its id."""
    world.deploy(Model=MAXIMAL)
    held = world.model()
    assert {member: held[member] for member in MAXIMAL if member != "tags"} == {
        member: value for member, value in MAXIMAL.items() if member != "tags"
    }
    assert world.attributes() == {"ConfiguredAudienceModelArn": world.physical_id(), "Name": MAXIMAL["name"]}
    assert plan_is_empty(world, MAXIMAL)


def test_acc_disappears(world: World) -> None:
    """Deleted from outside: the next change says so, and the stack can still be destroyed."""
    world.deploy(Model=MINIMAL)
    world.vanish()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


@pytest.mark.usefixtures("check_destroy")
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
def test_acc_tags(world: World, steps: list[dict[str, str]]) -> None:
    for tags in steps:
        template = {**MINIMAL, "tags": tags}
        assert world.deploy(Model=template).status == "COMPLETE"
        assert world.tags() == tags
        assert plan_is_empty(world, template)
