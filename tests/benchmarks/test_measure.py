from __future__ import annotations

import importlib
import re
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks import assembly, deployment, snippets
from benchmarks.cases import LIBRARY, SIDES, Case, Plan, quick_plan
from benchmarks.deployment import Deployment, running_engine, why_not
from benchmarks.measure import throttling, turned
from benchmarks.processes import ProgramError, Took, python
from benchmarks.work import ROOT, Model, request

from cdk_cleanroomsml.local.service import CleanRoomsML, client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_every_round_begins_with_another_side() -> None:
    rounds = [turned(SIDES, number) for number in range(5)]
    assert [sides[0] for sides in rounds] == [*SIDES, next(iter(SIDES))]
    assert all(sorted(sides) == sorted(SIDES) for sides in rounds)


def test_a_share_of_the_calls_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    service = CleanRoomsML()
    service.faults.add(*throttling(4))
    cleanroomsml: Any = client(service)
    for _ in range(9):
        cleanroomsml.list_audience_models()
    # botocore repeats what was throttled.
    assert [call.outcome for call in service.calls] == (["ok"] * 3 + ["ThrottlingException"]) * 2 + ["ok"] * 3


def test_an_assembly_is_deployed_changed_and_destroyed(synthesised: Callable[..., Path]) -> None:
    what = (f"benchmarks.sides.{LIBRARY}", *Case("shared", 2).arguments, "--validation", "off")
    folders = {size: synthesised(*what, "--min-matching-seed-size", str(size)) for size in (500, 1000)}
    with running_engine() as engine:
        stacks = Deployment(engine)
        cleanroomsml = engine.client("cleanroomsml")

        created = stacks.create(folders[500])
        assert created["calls"]["CreateConfiguredAudienceModel"] == 2
        assert created["seconds"] > 0
        assert stacks.update(folders[500])["calls"] == {}
        updated = stacks.update(folders[1000])["calls"]
        assert updated == {"GetConfiguredAudienceModel": 2, "UpdateConfiguredAudienceModel": 2}
        assert len(cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]) == 2
        assert stacks.destroy(folders[1000])["calls"]["DeleteConfiguredAudienceModel"] == 2
        assert cleanroomsml.list_configured_audience_models()["configuredAudienceModels"] == []


@pytest.mark.nightly("a deployment that succeeds runs by day, and what becomes of one that fails is the engine's")
def test_a_failed_deployment_is_an_error_with_its_reason(tmp_path: Path) -> None:
    options = ["--validation", "off", "--outdir", str(tmp_path)]
    python("-m", f"benchmarks.sides.{LIBRARY}", *Case("shared", 1).arguments, *options)
    template = assembly.templates(tmp_path)[0]
    template.write_text(template.read_text().replace('"audienceModelArn"', '"audienceModelArm"'))
    with running_engine() as engine, pytest.raises(ProgramError, match="audienceModelArm"):
        Deployment(engine).create(tmp_path)


def test_only_aws_custom_resource_needs_what_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "NODE_MODULES", tmp_path / "node_modules")
    assert {side: why_not(side) is None for side in SIDES} == {side: side != "aws_custom_resource" for side in SIDES}
    assert "npm install --prefix benchmarks" in str(why_not("aws_custom_resource"))
    package = tmp_path / "node_modules" / "@aws-sdk" / "client-cleanroomsml"
    package.mkdir(parents=True)
    (package / "index.js").write_text("")
    assert why_not("aws_custom_resource") is None


@pytest.mark.nightly("test_messages.py counts them in process")
def test_messages_are_counted(tmp_path: Path) -> None:
    def count(models: int) -> int:
        options = ["--models", str(models), "--validation", "off", "--outdir", str(tmp_path / str(models))]
        counted = python("-m", "benchmarks.count_messages", "benchmarks.sides.l1", *options)
        return int(counted.output.split()[-1])

    one, two, three = count(1), count(2), count(3)
    assert two - one == three - two > 5


def test_a_program_that_fails_is_an_error_with_its_words() -> None:
    with pytest.raises(ProgramError, match="no such thing"):
        python("-c", "import sys; sys.exit('no such thing')")


def test_a_program_is_measured() -> None:
    took = python("-c", "print('x' * 3); b = bytearray(200_000_000)")
    assert took.output == "xxx\n"
    assert took.seconds > 0
    assert took.peak_bytes > 200_000_000


def test_the_modules_that_the_library_needs_are_imported_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def and_all_modules(option: str, program: str) -> Took:
        return python(option, f"{program}; print(*sys.modules, file=open('{tmp_path}/modules', 'w'))")

    monkeypatch.setattr(snippets, "python", and_all_modules)
    needed = snippets.needed_modules()
    loaded = (tmp_path / "modules").read_text().split()
    assert {"aws_cdk", "aws_cdk.aws_iam", "constructs", "jsii"} <= set(needed) <= set(loaded)


def test_a_module_may_lie_in_a_folder_with_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "a clone" / "module.py"
    module.parent.mkdir()
    module.write_text("from aws_cdk import aws_s3")
    monkeypatch.setattr(snippets, "NAME", "__main__")
    monkeypatch.setattr(snippets, "IMPORT", f"__file__ = {str(module)!r}")
    assert snippets.needed_modules() == ["aws_cdk.aws_s3"]


def test_functions_are_timed_without_caches() -> None:
    with snippets.functions() as folder:
        assert (folder / "handler" / "main.py").is_file()
        assert (folder / "index.py").is_file()
        assert not list(folder.rglob("__pycache__"))
        for statement in snippets.STARTS.values():
            seconds, peak_bytes = snippets.timed(statement, folder=folder)
            assert seconds > 0
            assert peak_bytes > 1_000_000
        assert not list(folder.rglob("__pycache__"))


def test_the_handlers_are_invoked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    invoke = importlib.import_module("benchmarks.invoke")
    events = []

    def answer(event: dict[str, str]) -> str:
        events.append(event)
        return "arn"

    monkeypatch.setattr(invoke, "_library", lambda: answer)
    monkeypatch.setattr(sys, "argv", ["invoke", "library", "2"])
    invoke.main()
    assert [event["RequestType"] for event in events] == ["Create", "Update", "Delete"] * 2
    assert re.fullmatch(
        r'\{"Create": \[.+, .+\], "Update": \[.+, .+\], "Delete": \[.+, .+\]\}\n', capsys.readouterr().out
    )


def test_what_is_counted_in_an_assembly(synthesised: Callable[..., Path]) -> None:
    folder = synthesised("benchmarks.sides.library", *Case("own", 5, stacks=2).arguments, "--validation", "off")
    figures = assembly.count(folder)
    sizes = [template.stat().st_size for template in assembly.templates(folder)]
    assert (figures["template_bytes"], figures["stack_bytes"]) == (sum(sizes), max(sizes))
    assert figures["resources"] == sum(figures["types"].values())
    assert figures["stack_resources"] < figures["resources"]
    assert figures["types"]["Custom::CleanRoomsMLConfiguredAudienceModel"] == 5
    assert figures["assets"] == 1
    assert (
        1000
        < figures["asset_bytes"]
        < sum(path.stat().st_size for path in (snippets.PACKAGE / "handler").rglob("*.py"))
    )
    assert figures["permission_bytes"] > 100


def test_the_plans() -> None:
    for plan in (Plan(), quick_plan()):
        assert plan.runs >= 2
        for output in ("own", "shared"):
            # A line needs two points.
            assert len({case.models for case in plan.synth if case.output == output and case.stacks == 1}) >= 2
    full = Plan()
    assert full.runs >= 5
    assert full.large == 450
    assert {case.models for case in full.synth} >= {1, 10, 50, 200}


def test_a_request_is_what_the_service_takes() -> None:
    cleanroomsml: Any = client(CleanRoomsML())
    shape = cleanroomsml.meta.service_model.operation_model("CreateConfiguredAudienceModel").input_shape
    members = request(Model("model-0", 500), s3_uri="s3://bucket/", role_arn="arn:aws:iam::111122223333:role/writer")
    assert set(shape.required_members) <= set(members) <= set(shape.members)


def test_the_command_runs_from_the_top_of_the_repository() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--quick" in shown.stdout
