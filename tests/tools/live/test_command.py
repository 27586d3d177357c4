"""The command from its question to its last word; whatever happens in between, nothing is left."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError
from tools.live import __main__ as command
from tools.live import conduct, destruction, earlier
from tools.live.earlier import earlier_runs
from tools.live.experiments import all_experiments
from tools.live.findings import Findings
from tools.live.kinds import KINDS
from tools.live.screen import Screen

from cdk_cleanroomsml.local.service import Fault as ServiceFault
from cdk_cleanroomsml.local.service import Switches, surprised

from .conftest import AUDIENCE_MODEL, OWN, PROFILE, open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tools.live.account import Account, Answer
    from tools.live.experiments import Experiment
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

EXPERIMENTS = {each.name: each for each in all_experiments()}
WITH = ("--audience-model-arn", AUDIENCE_MODEL)


BY_DAY = ["empty_description"]
"""What is tried by day; at night it is everything."""

MADE_BY_DAY = ["configured audience model", "role", "bucket"]
"""Of which kinds is what that makes."""


def tried() -> list[Experiment]:
    """What is tried by the whole command: experiments that need nothing more, and no IAM."""
    return [EXPERIMENTS[name] for name in BY_DAY]


def ask(run: Run, findings: Findings, _: object) -> None:
    for each in tried():
        findings.answer(each.name, each.row, each.run(run), switch=each.switch)


@pytest.fixture(autouse=True)
def _without_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "PARTS", (ask,))


def look_for(kinds: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Most calls of a run look for what these tests never make: they are spared."""
    for module in (destruction, earlier):
        monkeypatch.setattr(module, "KINDS", {kind: KINDS[kind] for kind in kinds})


@pytest.fixture
def few_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that is about something else than how all kinds are found."""
    look_for(MADE_BY_DAY, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def live(
    engine: Engine, connected: dict[str, Account], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., int]:
    """Runs the command against the engine, without the deployments, and without waiting."""
    monkeypatch.setattr(command, "pause", engine.advance)
    for name in (*command._INPUTS, *command._FLAGS):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(command, "connect", lambda profile=None, **_: connected["partner" if profile else "account"])

    def run(*words: str) -> int:
        connected["account"].record = []
        return command.main([*words, "--folder", str(folder)])

    return run


def nothing_is_left(connected: dict[str, Account], folder: Path) -> bool:
    """Whether no trace of any run is in the account, and no file of what was made."""
    return earlier_runs(connected["account"], folder / command.LEDGERS) == [] and not [
        *folder.rglob(f"{command.LEDGERS}/*")
    ]


def test_it_answers_and_leaves_nothing(
    live: Callable[..., int], connected: dict[str, Account], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert live(*WITH, "--yes", "--partner-profile", PROFILE) == 0
    assert nothing_is_left(connected, folder)
    (file,) = folder.glob("live-*.json")
    made = json.loads(file.read_text())
    assert (made["complete"], made["left"], made["missing_permissions"]) == (True, [], [])
    assert [each["experiment"] for each in made["answers"]] == [each.name for each in tried()]
    told = capsys.readouterr()
    assert f"{OWN}, as arn:aws:iam::{OWN}:root" in told.out
    assert "some cents" in told.out
    assert "nothing" in told.out.partition("Left in the account")[2]
    for text in (file.read_text(), file.with_suffix(".md").read_text()):
        assert not re.findall("[0-9]{12}", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", text))


def test_without_a_terminal_and_without_yes_nothing_is_made(
    live: Callable[..., int], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert live(*WITH) == 1
    assert "YES=1" in capsys.readouterr().err
    assert not [call for call in engine.calls() if call.is_write]


@pytest.mark.parametrize(("words", "told"), [
    (("--yes",), "make live AUDIENCE_MODEL_ARN=…"),
    (("--yes", "--audience-model-arn", AUDIENCE_MODEL.replace("us-east-1", "eu-west-1")), "is to be one of"),
    (("--yes", "--audience-model-arn", AUDIENCE_MODEL.replace("seeded", "training")), "CREATE_IN_PROGRESS"),
    (("--yes", "--audience-model-arn", "arn:aws:nothing"), "isn't the ARN of an audience model"),
    (("--permissions", "--audience-model-arn", "*"), "'*' isn't the ARN of an audience model"),
    ((*WITH, "--yes", "--training-dataset-arn", AUDIENCE_MODEL), "isn't the ARN of a training dataset"),
    ((*WITH, "--yes", "--seed-s3-uri", "bucket/key"), "'bucket/key' isn't the S3 URI of an object"),
])  # fmt: skip
def test_what_cannot_go_well_is_refused_before_anything_is_made(
    words: tuple[str, ...], told: str, live: Callable[..., int], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.seed_audience_model(AUDIENCE_MODEL.replace("seeded", "training"), status="CREATE_IN_PROGRESS")
    assert live(*words) == 1
    assert told in capsys.readouterr().err
    assert not [call for call in engine.calls() if call.is_write]


@pytest.mark.usefixtures("few_kinds")
@pytest.mark.parametrize("content", ["", "[]", '{"belongings": []}', '{"belongings": [{}], "place": ["P", "R"]}'])
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_made(
    content: str,
    live: Callable[..., int],
    account: Account,
    engine: Engine,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = folder / command.LEDGERS / "0a1b2c3d.json"
    file.parent.mkdir()
    file.write_text(content.replace("P", account.id).replace("R", account.region))
    assert live(*WITH, "--yes") == 1
    assert f"{file} can't be read" in capsys.readouterr().err
    assert not [call for call in engine.calls() if call.is_write]


def test_a_folder_in_which_nothing_can_be_written_is_refused_before_anything_is_made(
    live: Callable[..., int], engine: Engine, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / command.LEDGERS).write_text("a file")
    assert live(*WITH, "--yes") == 1
    assert "is written down before, and can't be" in capsys.readouterr().err
    assert not [call for call in engine.calls() if call.is_write]


@pytest.mark.usefixtures("few_kinds")
def test_what_a_membership_and_a_seed_are_called_is_not_told(
    live: Callable[..., int], connected: dict[str, Account], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    membership, seed = "0f1e2d3c-0000-4000-8000-123456789012", "s3://customers-of-jane/a/seed.jsonl"

    def ask_and_fail(run: Run, *_: object) -> None:
        raise RuntimeError(f"no {run.inputs.membership_id}, no {run.inputs.seed_s3_uri}, no customers-of-jane")

    monkeypatch.setattr(conduct, "PARTS", (ask_and_fail,))
    monkeypatch.setattr(command, "Masks", lambda: connected["account"].masks)
    assert live(*WITH, "--yes", "--membership-id", membership, "--seed-s3-uri", seed) == 1
    (file,) = folder.glob("live-*.json")
    assert (
        json.loads(file.read_text())["why_not"] == "RuntimeError: no <membership>, no s3://<seed>, no <seed's bucket>"
    )


@pytest.mark.parametrize(("said", "asks"), [("no", True), ("0", True), ("False", True), ("1", False), ("yes", False)])
def test_yes_can_be_no(said: str, asks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YES", said)
    assert command._parse([]).yes is not asks


class Fault(list[Any]):
    """A record that does something instead of taking the answer with a number: the call has taken effect then."""

    def __init__(self, number: int, strike: Callable[[], object]) -> None:
        super().__init__()
        self.number = number
        self.strike = strike

    def append(self, answer: Answer) -> None:
        super().append(answer)
        if len(self) == self.number:
            self.strike()


def interrupt() -> None:
    raise KeyboardInterrupt


def fail() -> None:
    raise RuntimeError("a failure in the middle")


def calls_of_a_run(run: Run) -> tuple[int, int]:
    """How many calls trying takes, and how many that and deleting."""
    run.account.record = []
    assert conduct.work(run, Findings(), str) is None
    working = len(run.account.record)
    conduct.destroy(run.belongings, str)
    return working, len(run.account.record)


@pytest.fixture
def strike_at_each_call(
    new_run: Callable[..., Run],
    engine: Engine,
    connected: dict[str, Account],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Ends runs of an experiment after each call, in turn by each of some strikes; nothing must be left.

    While things are deleted only Ctrl-C strikes, `every` so many calls: a failure there comes from AWS, and is of
    another kind. Only things of `kinds` are looked for after each run, and all at the end.
    """

    def strike_each(
        name: str, world: Switches, *strikes: Callable[[], object], every: int, kinds: Iterable[str] = KINDS
    ) -> None:
        each = EXPERIMENTS[name]
        monkeypatch.setattr(conduct, "all_experiments", lambda: [each])
        monkeypatch.setattr(conduct, "PARTS", (conduct.ask_everything,))
        monkeypatch.setattr(destruction, "KINDS", {kind: KINDS[kind] for kind in kinds})
        engine.set_switches(**asdict(world))
        working, all_ = calls_of_a_run(new_run(each.needs))
        for number in (*range(1, working + 1), *range(working + 1, all_, every)):
            run, strike = new_run(each.needs), strikes[number % len(strikes)]
            run.account.record = Fault(number, strike)
            why = conduct.work(run, Findings(), str)
            assert (why is None) == (len(run.account.record) < number)
            if strike is fail:
                run.account.record = []
            assert conduct.destroy(run.belongings, str, interrupted=why == conduct.INTERRUPTED) == [], number
        # What a List shows late is shown by now, and whatever any of these runs has left.
        engine.advance(60)
        connected["account"].record = []
        assert nothing_is_left(connected, folder)

    return strike_each


@pytest.mark.parametrize(("world", "strike"), [(Switches(), interrupt), (surprised(), fail)], ids=["interrupt", "fail"])
@pytest.mark.parametrize("name", BY_DAY)
def test_after_a_fault_at_any_call_nothing_is_left(
    name: str, world: Switches, strike: Callable[[], object], strike_at_each_call: Callable[..., None]
) -> None:
    """Most calls of a run look for what this experiment never makes: by day, they are spared."""
    strike_at_each_call(name, world, strike, every=1000 if strike is fail else 5, kinds=MADE_BY_DAY)


@pytest.mark.nightly("as many runs as an experiment has calls take seconds of a core, of each")
@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_after_a_fault_at_any_call_of_any_experiment_nothing_is_left(
    name: str, strike_at_each_call: Callable[..., None]
) -> None:
    strike_at_each_call(name, surprised(), interrupt, fail, every=10)


def test_what_a_killed_run_left_is_refused_offered_and_deleted(
    live: Callable[..., int], connected: dict[str, Account], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    child = os.fork()
    if not child:
        connected["account"].id  # noqa: B018 - is known by now, as in the parent
        connected["account"].record = Fault(24, lambda: os.kill(os.getpid(), signal.SIGKILL))
        command.main([*WITH, "--yes", "--folder", str(folder)])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    (left,) = earlier_runs(connected["account"], folder / command.LEDGERS)
    assert len(left.left) > 2
    assert live(*WITH, "--yes") == 1
    assert "CLEAN_UP=1" in capsys.readouterr().err
    assert live("--clean-up", "--yes") == 0
    assert f"nothing is left in {connected['account'].region}; a run in another Region" in capsys.readouterr().out
    assert nothing_is_left(connected, folder)
    assert live("--clean-up", "--yes") == 0
    assert "no run has left anything" in capsys.readouterr().out


def make_something(new_run: Callable[[], Run]) -> str:
    """Leaves a model behind, as a run that was killed does; its run's id."""
    run = new_run()
    run.configured_audience_model()
    return run.belongings.run_id


class Asked(list[str]):
    """The questions that were asked, each answered by the next answer."""

    def __init__(self, *answers: bool) -> None:
        super().__init__()
        self.answers = [*answers]

    def __call__(self, _: Screen, question: str) -> bool:
        self.append(question)
        return self.answers.pop(0)


@pytest.mark.usefixtures("few_kinds")
@pytest.mark.parametrize(
    ("answers", "code", "left"), [((False,), 1, True), ((True, False), 1, False), ((True, True), 0, False)]
)
def test_it_asks_about_what_is_left_and_then_once(
    answers: tuple[bool, ...],
    code: int,
    left: bool,
    live: Callable[..., int],
    new_run: Callable[[], Run],
    connected: dict[str, Account],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_id = make_something(new_run)
    asked = Asked(*answers)
    monkeypatch.setattr(Screen, "ask", lambda self, question: asked(self, question))
    assert live(*WITH) == code
    assert len(asked) == len(answers)
    assert f"the bucket cdk-cleanroomsml-live-{run_id}-output" in capsys.readouterr().out
    assert nothing_is_left(connected, folder) is not left


@pytest.mark.usefixtures("few_kinds")
def test_a_polite_kill_is_ctrl_c(
    live: Callable[..., int], connected: dict[str, Account], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask_and_die(run: Run, findings: Findings, said: object) -> None:
        ask(run, findings, said)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(conduct, "PARTS", (ask_and_die,))
    before = signal.getsignal(signal.SIGTERM)
    assert live(*WITH, "--yes") == 130
    assert signal.getsignal(signal.SIGTERM) == before
    assert nothing_is_left(connected, folder)
    (file,) = folder.glob("live-*.json")
    made = json.loads(file.read_text())
    assert (made["complete"], made["why_not"], len(made["answers"])) == (False, "interrupted", len(tried()))


@pytest.mark.usefixtures("few_kinds")
def test_a_second_ctrl_c_says_what_is_left_and_how_to_go_on(
    live: Callable[..., int],
    connected: dict[str, Account],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ask_and_stop(run: Run, findings: Findings, said: object) -> None:
        ask(run, findings, said)
        run.account.record = Fault(3, interrupt)
        raise KeyboardInterrupt

    monkeypatch.setattr(conduct, "PARTS", (ask_and_stop,))
    assert live(*WITH, "--yes") == 130
    told = capsys.readouterr().err
    assert "bucket cdk-cleanroomsml-live-" in told
    assert "make live CLEAN_UP=1" in told
    assert "docs/live.md" in told
    assert live("--clean-up", "--yes") == 0
    assert nothing_is_left(connected, folder)


@pytest.mark.usefixtures("few_kinds")
def test_what_fails_in_the_middle_is_said_and_what_was_found_before_is_reported(
    live: Callable[..., int],
    connected: dict[str, Account],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ask_and_fail(run: Run, findings: Findings, said: object) -> None:
        ask(run, findings, said)
        raise RuntimeError(f"no CDK CLI for {OWN}")

    monkeypatch.setattr(conduct, "PARTS", (ask_and_fail,))
    assert live(*WITH, "--yes") == 1
    assert "it ended early: RuntimeError: no CDK CLI for <account>" in capsys.readouterr().err
    assert nothing_is_left(connected, folder)
    (file,) = folder.glob("live-*.json")
    assert len(json.loads(file.read_text())["answers"]) == len(tried())


@pytest.mark.nightly("it takes 3 s of a core")
def test_what_is_refused_and_shown_late_is_deleted_all_the_same(
    run: Run, engine: Engine, connected: dict[str, Account], folder: Path
) -> None:
    """Deletes are refused for a while, Lists show what is new late, and what is deleted for a while still."""
    engine.set_faults(
        ServiceFault("DeleteConfiguredAudienceModel", error="ConflictException", times=3),
        ServiceFault("DeleteConfiguredAudienceModel", error="ThrottlingException", times=2),
        ServiceFault("CreateConfiguredAudienceModel", kind="connection_lost", after_effect=True, times=1),
        list_lag=3,
        delete_lag=2,
    )
    with contextlib.suppress(BotoCoreError):
        run.configured_audience_model()
    assert conduct.destroy(run.belongings, str) == []
    assert nothing_is_left(connected, folder)


@pytest.mark.usefixtures("few_kinds")
def test_what_stays_is_said_and_stays_on_file(
    live: Callable[..., int],
    engine: Engine,
    connected: dict[str, Account],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine.set_faults(refuse_delete=True)
    assert live(*WITH, "--yes") == 1
    told = capsys.readouterr().err
    assert "is used by an audience generation job" in told
    assert OWN not in told.partition("what may be left")[0]
    (file,) = folder.glob("live-*.json")
    (left,) = [each.left for each in earlier_runs(connected["account"], folder / command.LEDGERS)]
    assert json.loads(file.read_text())["left"] == [each.removeprefix("the ") for each in left]
    engine.set_faults(refuse_delete=False)
    assert live("--clean-up", "--yes") == 0
    assert nothing_is_left(connected, folder)


def test_a_partner_of_the_same_account_is_refused(
    live: Callable[..., int],
    connected: dict[str, Account],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "connect", lambda *_, **__: connected["account"])
    assert live(*WITH, "--yes", "--partner-profile", PROFILE) == 1
    assert "is one of the same account" in capsys.readouterr().err


def test_what_cannot_be_deleted_while_it_trains_is_left_until_then(
    live: Callable[..., int],
    run: Run,
    engine: Engine,
    connected: dict[str, Account],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_for(["audience model"], monkeypatch)
    engine.set_switches(training_seconds=86_400, training_delete_refused=True)
    open_inputs(run, engine, ["training_dataset_arn"])
    name, dataset = run.name("audience-model"), run.inputs.training_dataset_arn
    train = run.ml.create_audience_model
    run.belongings.make(
        "audience model", name, lambda: str(train(name=name, trainingDatasetArn=dataset)["audienceModelArn"])
    )
    said: list[str] = []
    assert [each.name for each in conduct.destroy(run.belongings, said.append)] == [name]
    assert any("isn't deleted" in each for each in said)
    engine.advance(86_400)
    assert live("--clean-up", "--yes") == 0
    assert nothing_is_left(connected, folder)
