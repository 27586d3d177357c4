"""What `--json` writes is what the reference says, member by member."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.operators import explain, generate, listing, orphans
from cdk_cleanroomsml.operators.owners import Owners
from cdk_cleanroomsml.operators.stacks import Stacks

from .test_drift import Shop
from .test_explain import DENIED, GROUP, STREAM, Story, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import World

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operators-json.md"
ANY = ("owner", "steps[]", "template", "service")
"""What has a table of its own, or is anything."""


def documented(section: str) -> set[str]:
    """The members that a section of the page names; `.name` is beside the one before it."""
    text = PAGE.read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found, parent = set(), ""
    for cell in re.findall(r"^\| (`.*?) \|", text, re.M):
        for name in re.findall("`(.*?)`", cell):
            path = parent + name if name.startswith(".") else name
            parent = path.rpartition(".")[0]
            found.add(path)
    return found


def members(value: Any, path: str = "") -> Iterator[str]:
    if path.rpartition(".")[2] in ANY:
        yield path
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from members(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for each in value:
            yield from members(each, f"{path}[]")
        if not value:
            yield f"{path}[]"
    else:
        yield path


def seen(*documents: dict[str, Any]) -> set[str]:
    """The members of documents; of a list that is empty in one, those that it has in another."""
    found = {path for each in documents for path in members(each)}
    return {path for path in found if not any(other.startswith(f"{path}.") for other in found)}


@pytest.fixture
def full(world: World) -> World:
    """An account with all that can be listed."""
    world.service.switches.job_seconds = 60
    stack, busy = world.elsewhere.add("Old", status="DELETE_COMPLETE"), world.elsewhere.add("Busy")
    busy.status = "UPDATE_IN_PROGRESS"
    model = world.model("left", tags=world.marks(stack, "Model"))
    world.association(model, world.membership(), tags=world.marks(stack, "Offer"))
    world.job(model)
    world.model("replaced", tags=world.marks(busy, "Model"))
    return world


def test_list(full: World) -> None:
    account = full.account()
    document = listing.read(account, Owners(Stacks(account)), full.clock)
    assert seen(document) == documented("list")
    assert set(document["configuredAudienceModels"][0]["owner"]) == documented("owner")


def test_orphans(full: World, capsys: pytest.CaptureFixture[str]) -> None:
    orphans.run(full.account(as_json=True), Namespace(delete=True, yes=True))
    assert seen(json.loads(capsys.readouterr().out)) == documented("orphans")


def test_drift(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop(world)
    shop.model({"name": "another", "description": "x"}, name="given", description={"Ref": "Secret"}, Retrained="true")
    world.elsewhere.add("Secret")
    world.elsewhere.denied.add(("DescribeStacks", "Secret"))
    shop.drift(stack=None)
    assert seen(json.loads(capsys.readouterr().out)) == documented("drift")


def test_explain(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stack = world.elsewhere.add("Shop")
    happened = Story(stack)
    happened("Shop", "CREATE_IN_PROGRESS")
    happened("Model", "CREATE_FAILED", f"{DENIED} (log: {GROUP} {STREAM})")
    world.elsewhere.logs[GROUP, STREAM] = [*lines(stack), "Task timed out"]
    explain.run(world.account(as_json=True), Namespace(stack="Shop"))
    assert seen(json.loads(capsys.readouterr().out)) == documented("explain")


def test_generate(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    generate.run(world.account(as_json=True), Namespace(arns=[world.model()]))
    assert seen(json.loads(capsys.readouterr().out)) == documented("generate")
