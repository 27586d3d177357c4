"""Each experiment tells in which position its switch is, and only what it has seen; each row has one."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest
from tools.live.deployments import ROWS
from tools.live.documented import ANSWERED, rows
from tools.live.experiments import UNSEEN, Experiment, Verdict, all_experiments, told, when_done
from tools.live.run import ROLE_PAUSES

from cdk_cleanroomsml.local.service import Fault, positions, surprised

from ...worlds import rows as pairwise_rows
from .conftest import AUDIENCE_MODEL, OWN, PARTNER, open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

PART_BYTES = when_done.PART_BYTES
EXPERIMENTS = {each.name: each for each in all_experiments()}

MIXED = {"role_seconds"}
"""Where all surprises, it takes longer: the time that IAM takes is in it."""

HIDDEN: dict[str, dict[str, object]] = {
    "deleting_seconds": {"deleted_after_seconds": 3},
    "inactive_audience_model_error": {"audience_model_must_be_active": False},
}
"""Where another switch hides what an experiment looks for: then it tells nothing."""

GUARDED = {"policy_seconds", "role_that_may_not_write", "role_with_wrong_trust", "update_passes_role"}
"""Experiments that only IAM can answer."""


TRAINING_SECONDS = 3600


def in_training(engine: Engine, _: object) -> None:
    """A training takes some time."""
    engine.set_switches(training_seconds=TRAINING_SECONDS)


def late_roles(engine: Engine, _: object) -> None:
    """A role isn't there at once."""
    engine.set_switches(role_seconds=2)


def throttled(engine: Engine, _: object) -> None:
    """There are too many of the calls that the state machine makes."""
    engine.set_faults(Fault("GetTrainingDataset", error="ThrottlingException", times=None))


def full_page(engine: Engine, size: Any) -> None:
    """There are more audience models than a page has."""
    for number in range(size):
        engine.seed_audience_model(f"{AUDIENCE_MODEL}-{number}")


PREPARED: dict[str, Callable[[Engine, Any], None]] = {
    "audience_model_must_be_active": in_training,
    "default_page_size": full_page,
    "inactive_audience_model_error": in_training,
    "sdk_integrations_retry": throttled,
    "training_delete_refused": in_training,
    "unusable_role_error": late_roles,
}
"""What has to be so in the engine for an experiment to see anything."""


def cases(*, guarded: bool) -> list[tuple[str, Any]]:
    """Experiments, and the positions of their switches."""
    chosen = {name: each for name, each in EXPERIMENTS.items() if each.switch and (name in GUARDED) is guarded}
    return [(name, at) for name, each in chosen.items() for at in positions()[str(each.switch)]]


def check(name: str, position: Any, run: Run, engine: Engine) -> None:
    each = EXPERIMENTS[name]
    open_inputs(run, engine, each.needs)
    if name in PREPARED:
        PREPARED[name](engine, position)
    engine.set_switches(**{str(each.switch): position})
    verdict = each.run(run)
    assert (verdict.position, verdict.answer != "not to be told") == (position, True), verdict.because
    assert verdict.evidence


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's exports are small: nothing is to be told of them otherwise."""
    monkeypatch.setattr(when_done, "PART_BYTES", 0)


def test_a_small_export_tells_only_that_it_was_uploaded_in_parts(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(when_done, "PART_BYTES", PART_BYTES)
    open_inputs(run, engine, {"seed_s3_uri"})
    verdict = EXPERIMENTS["exports_are_multipart"].run(run)
    assert (verdict.answer, verdict.position) == ("not to be told", UNSEEN)
    assert "there was no need to" in verdict.because


@pytest.mark.parametrize(("name", "position"), cases(guarded=False))
def test_an_experiment_tells_the_position_of_its_switch(name: str, position: Any, run: Run, engine: Engine) -> None:
    check(name, position, run, engine)


@pytest.mark.nightly("an engine that enforces IAM takes 4 s of a core")
@pytest.mark.parametrize(("name", "position"), cases(guarded=True))
def test_it_tells_it_where_iam_is_asked(name: str, position: Any, guarded_run: Run, guarded_process: Engine) -> None:
    check(name, position, guarded_run, guarded_process)


@pytest.mark.parametrize("name", HIDDEN)
def test_no_position_is_told_that_another_switch_hides(name: str, run: Run, engine: Engine) -> None:
    each = EXPERIMENTS[name]
    open_inputs(run, engine, each.needs)
    if name in PREPARED:
        PREPARED[name](engine, None)
    for position in positions()[str(each.switch)]:
        engine.set_switches(**{str(each.switch): position, **HIDDEN[name]})
        assert each.run(run).position is UNSEEN


WORLDS = {"surprised": asdict(surprised()), **{f"pairwise-{n}": row for n, row in enumerate(pairwise_rows(), 1)}}
"""Positions of all switches at once: each in another one than usual; and each with each other one in each position."""


@pytest.mark.nightly(
    "all experiments take 4 s of a core; by day they are asked so where nobody asks IAM: test_surprised"
)
@pytest.mark.parametrize("world", WORLDS)
def test_nothing_is_told_wrongly_in_any_world(world: str, guarded_run: Run, guarded_process: Engine) -> None:
    """IAM is enforced, and everything is given: no experiment fails, or sees what isn't, and nothing is left."""
    run, engine, so = guarded_run, guarded_process, WORLDS[world]
    open_inputs(run, engine, {need for each in EXPERIMENTS.values() for need in each.needs})
    in_training(engine, None)
    throttled(engine, None)
    engine.set_switches(**{name: value for name, value in so.items() if name != "training_seconds"})
    verdicts = {each.name: each.run(run) for each in EXPERIMENTS.values()}
    seen = {name: verdicts[name].position for name, each in EXPERIMENTS.items() if each.switch}
    wrong = {
        name: (position, verdicts[name].because)
        for name, position in seen.items()
        if position not in (UNSEEN, so[str(EXPERIMENTS[name].switch)]) and name not in MIXED
    }
    assert wrong == {}
    if world == "surprised":
        assert {name for name, position in seen.items() if position is UNSEEN} == {*HIDDEN}
    # What trains may not be deleted before.
    engine.advance(TRAINING_SECONDS)
    assert run.belongings.destroy() == []


SLOW: dict[str, dict[str, object]] = {
    "role_that_may_not_write": {"role_seconds": 40, "roles_are_tried": False},
    "update_passes_role": {"iam_seconds": 45, "update_passes_role": False},
}
"""What takes IAM longer than usual, and is no refusal."""


@pytest.mark.parametrize("name", SLOW)
def test_a_refusal_that_passes_is_none(name: str, guarded_run: Run, guarded_process: Engine) -> None:
    guarded_process.set_switches(**SLOW[name])
    verdict = EXPERIMENTS[name].run(guarded_run)
    assert (verdict.answer, verdict.position) == ("no", False), verdict.because


def test_a_training_that_is_refused_without_a_key_tells_nothing_of_keys(run: Run) -> None:
    nowhere = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:training-dataset/none"
    run.inputs = replace(run.inputs, training_dataset_arn=nowhere)
    assert EXPERIMENTS["key_of_an_audience_model"].run(run).answer == "not to be told"


def test_an_answer_of_another_shape_ends_one_experiment_only(run: Run) -> None:
    def ask(run: Run) -> Verdict:
        run.ml.list_configured_audience_models()
        return told({"arn": f"of {OWN}"}[f"no {OWN}"])

    verdict = Experiment("?", ask).run(run)
    assert verdict.answer == "not to be told"
    assert "isn't as documented: KeyError: 'no <account>'" in verdict.because
    assert [each.operation for each in verdict.evidence] == ["cleanroomsml:ListConfiguredAudienceModels"]


def test_a_role_that_is_never_taken_is_waited_for_once(run: Run, engine: Engine) -> None:
    engine.set_faults(Fault("CreateConfiguredAudienceModel", error="ConflictException", times=1000))
    names = ("empty_description", "update_resets", "stale_guard")
    began = run.clock()
    assert {EXPERIMENTS[each].run(run).answer for each in names} == {"not to be told"}
    assert sum(ROLE_PAUSES) <= run.clock() - began < 2 * sum(ROLE_PAUSES)


def test_every_row_and_every_switch_has_an_experiment() -> None:
    asked = [(each.row, each.switch) for each in EXPERIMENTS.values()] + [*ROWS.values()]
    assert {*rows("Inferred"), *rows("Unknown")} - {row for row, _ in asked} == set()
    assert {*positions()} - {switch for _, switch in asked} == set()


def test_every_experiment_has_a_row() -> None:
    known = [row for section in ("Documented", "Observed", "Inferred", "Unknown", ANSWERED) for row in rows(section)]
    assert [each.name for each in EXPERIMENTS.values() if each.row not in known] == []


def test_names_are_unique_and_switches_exist() -> None:
    every: list[Experiment] = all_experiments()
    assert len(every) == len(EXPERIMENTS)
    assert {each.switch for each in every} - {None, *positions()} == set()


@pytest.mark.parametrize("position", positions()["collaboration_arn_account"])
def test_a_partner_tells_of_a_collaboration_that_is_the_accounts_own(position: str, run: Run, engine: Engine) -> None:
    each = EXPERIMENTS["collaboration_arn_account"]
    own, theirs = engine.client("cleanrooms"), engine.client("cleanrooms", account=PARTNER)
    identifier = own.create_collaboration(
        name="own",
        description="with a partner",
        creatorDisplayName="publisher",
        creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        members=[{"accountId": PARTNER, "displayName": "advertiser", "memberAbilities": []}],
        queryLogStatus="DISABLED",
    )["collaboration"]["id"]
    theirs.create_membership(collaborationIdentifier=identifier, queryLogStatus="DISABLED")
    made = own.create_membership(collaborationIdentifier=identifier, queryLogStatus="DISABLED")
    run.inputs = replace(run.inputs, membership_id=made["membership"]["id"])
    engine.set_switches(collaboration_arn_account=position)
    assert each.run(run).position == position
    assert each.run(replace(run, partner=None)).position is UNSEEN
