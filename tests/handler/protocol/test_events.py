"""Events that are damaged, unknown or hostile, and a function that can't be imported: there is an answer, always."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_cleanroomsml import handler
from cdk_cleanroomsml.handler import dispatch, main

from ...by_night import NIGHT
from ...worlds import USUAL
from ..scenarios.all_scenarios import nothing_left
from ..simulation.cloudformation import SIGNATURE
from ..simulation.deliveries import answers, create_event, deliver
from ..simulation.simulator import MAXIMAL, MINIMAL, Simulator

pytestmark = USUAL


@pytest.mark.scenario(39)
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"RequestType": None}, "RequestType must be one of Create, Update, Delete"),
        ({"RequestType": "Upsert"}, "RequestType must be one of Create, Update, Delete"),
        ({"ResourceType": "Custom::Other"}, "'Custom::Other' is unknown, allowed are Custom::CleanRooms"),
        ({"ResourceProperties": "none"}, "ResourceProperties must be an object"),
        ({"RequestType": "Update"}, "PhysicalResourceId must be a text that is not empty"),
        ({"RequestId": "", "ResourceType": 3}, "ResourceType must be a text that is not empty; RequestId must be"),
    ],
)
def test_a_bad_event_fails(world: Simulator, damage: dict[str, Any], said: str) -> None:
    event = create_event(world)
    event.update(damage)
    deliver(world, event)
    (answer,) = answers(world, event)
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert world.operations() == []


@pytest.mark.scenario(39)
@pytest.mark.parametrize(
    "event", [None, [], "x", {}, {"ResponseURL": ""}, {"ResponseURL": 3}, {"ResponseURL": "file:///etc"}]
)
def test_without_a_response_url_it_raises(world: Simulator, event: Any) -> None:
    with pytest.raises(ValueError, match="nobody to answer to"):
        world.function.deliver(event)


@pytest.mark.scenario(39, 11)
def test_an_unknown_type_can_be_rolled_back(world: Simulator) -> None:
    event = create_event(world)
    event["ResourceType"] = "Custom::Other"
    deliver(world, event)
    placeholder = answers(world, event)[0]["PhysicalResourceId"]
    event = world.cloudformation.event("Delete", world.stack.id, "Model", {}, PhysicalResourceId=placeholder)
    event["ResourceType"] = "Custom::Other"
    deliver(world, event)
    assert answers(world, event)[0]["Status"] == "SUCCESS"
    assert world.operations() == []


@pytest.mark.scenario(14, 39)
def test_a_delete_needs_no_properties(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    arn = world.physical_id()
    event = world.cloudformation.event("Delete", world.stack.id, "Model", {}, PhysicalResourceId=arn)
    event["ResourceProperties"] = "none"
    deliver(world, event)
    assert answers(world, event)[0]["Status"] == "SUCCESS"
    assert world.models() == []


@pytest.mark.scenario(39)
def test_an_error_at_import_is_an_answer(world: Simulator) -> None:
    with (
        mock.patch.dict(sys.modules, {"cdk_cleanroomsml.handler.dispatch": None}),
        mock.patch.object(handler, "dispatch", create=True),
    ):
        del handler.dispatch
        importlib.reload(main)
        assert main.IMPORT_ERROR is not None
        result = world.deploy(Model=MINIMAL)
    importlib.reload(main)
    assert main.IMPORT_ERROR is None
    assert result.status == "ROLLBACK_FAILED"
    assert "internal error (ImportError)" in result.reason or "internal error (ModuleNotFoundError)" in result.reason
    assert world.destroy().status == "DELETE_COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(39, 40)
def test_a_bug_is_an_answer_and_its_trace_stays_in_the_log(world: Simulator) -> None:
    with mock.patch.object(dispatch, "perform", side_effect=ZeroDivisionError("noEchoSecret")):
        result = world.deploy(Model={**MINIMAL, "description": "noEchoSecret"})
    assert "internal error (ZeroDivisionError)" in result.reason
    assert "Traceback" not in result.reason
    traces = [line["trace"] for line in world.log() if line["step"] == "bug"]
    assert all("Traceback" in trace for trace in traces)
    assert traces
    world.check_secrets("noEchoSecret")


def packages_behind(statement: str, folder: Path) -> set[str]:
    """The packages, but for the standard library's, that a bare interpreter has loaded after a statement."""
    program = f"""
import sys
sys.path[:0] = [{str(folder)!r}, {str(Path(boto3.__file__).parent.parent)!r}]
{statement}
print(*{{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names))
"""
    bare = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(bare, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.scenario(46)
def test_the_folder_runs_by_itself(tmp_path: Path) -> None:
    """A bare interpreter, the folder as it is shipped, boto3, and nothing else."""
    source = Path(handler.__file__).parent
    shutil.copytree(source, tmp_path / "handler", ignore=shutil.ignore_patterns("__pycache__"))
    loaded = packages_behind("import handler.main\nassert handler.main.IMPORT_ERROR is None", tmp_path)
    assert loaded - packages_behind("import boto3", tmp_path) == {"handler"}


@pytest.mark.scenario(46)
def test_no_client_is_made_before_it_is_needed(tmp_path: Path) -> None:
    program = (
        "import boto3\nboto3.client = None\nimport cdk_cleanroomsml.handler.main as main\nassert not main.IMPORT_ERROR"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def damaged(event: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An event with some members gone or changed, at any depth; the address to answer to stays."""
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=2_000),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
        max_leaves=5,
    )
    names = st.sampled_from([name for name in event if name != "ResponseURL"] + ["PhysicalResourceId", "Extra"])
    members = st.sampled_from([*MAXIMAL, "ServiceTimeout", "Typo"])
    changes = st.fixed_dictionaries(
        {
            "set": st.dictionaries(names, anything, max_size=3),
            "drop": st.lists(names, max_size=2),
            "type": st.sampled_from(["Create", "Update", "Delete", "Create", "Nonsense"]),
            "properties": st.dictionaries(members, anything, max_size=3),
        }
    )
    return changes.map(lambda change: damage(event, change))


def damage(event: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = deepcopy(event)
    result["RequestType"] = change["type"]
    result["ResourceProperties"] = {**result["ResourceProperties"], **change["properties"]}
    result.update(change["set"])
    for name in change["drop"]:
        result.pop(name, None)
    return result


WORLD = Simulator()
TEMPLATE = create_event(WORLD, **MAXIMAL)


@pytest.mark.scenario(39, 40, 48)
@settings(max_examples=2_000 if NIGHT else 100)
@given(damaged(TEMPLATE))
def test_any_event_gets_exactly_one_valid_answer(event: dict[str, Any]) -> None:
    sent: list[bytes] = []

    def put(_url: str, body: bytes, _timeout: float) -> int:
        sent.append(body)
        return 200

    WORLD.function.put = put
    WORLD.function.deliver(event)
    (body,) = sent
    assert len(body) <= 4096
    answer = json.loads(body.decode())
    assert answer["Status"] in ("SUCCESS", "FAILED")
    assert 1 <= len(answer["PhysicalResourceId"]) <= 1024
    assert all(isinstance(answer[name], str) for name in ("StackId", "RequestId", "LogicalResourceId"))
    assert SIGNATURE not in body.decode()
    assert SIGNATURE not in WORLD.function.output.getvalue()
    WORLD.function.output.truncate(0)
    WORLD.service.calls.clear()
