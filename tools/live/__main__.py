"""`make live`: asks a live account what nobody outside of AWS knows, and leaves nothing behind."""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import secrets
import sys
import tempfile
import time
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from . import conduct, consent, permissions, report, shown
from .account import Account, LiveError, connect
from .belongings import RUN_ID_LETTERS, Belongings
from .earlier import earlier_runs
from .findings import Findings
from .masks import Masks
from .run import Inputs, Run
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .belongings import Belonging
    from .earlier import EarlierRun

DONE, FAILED, INTERRUPTED = 0, 1, 130

pause = time.sleep

LEDGERS = Path(".live")
"""Where each run writes down what it makes."""

BY_HAND = "docs/live.md says how to delete it by hand"


def main(words: Sequence[str]) -> int:
    """Does what the command line, or the environment, says.

    Returns:
        0: it ran to its end, and left nothing. 1: it didn't; standard error says why. 130: Ctrl-C.
    """
    options = _parse(words)
    screen = Screen()
    try:
        with conduct.signals_as_ctrl_c():
            return _go(options, screen)
    except (BotoCoreError, ClientError, LiveError) as error:
        screen.note(str(error))
        return FAILED
    except KeyboardInterrupt:
        screen.note("interrupted")
        return INTERRUPTED


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make live", description=__doc__)
    for name, about in _INPUTS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=os.environ.get(name.upper()) or None, help=about)
    for name, about in _FLAGS.items():
        given = os.environ.get(name.upper(), "").lower() not in ("", "0", "no", "false")
        parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", default=given, help=about)
    parser.add_argument("--folder", type=Path, default=Path(), help="where the report is written")
    return parser.parse_args(words)


_INPUTS = {
    "audience_model_arn": "an ACTIVE audience model of the account",
    "training_dataset_arn": "a training dataset to train audience models on, which costs",
    "membership_id": "a membership of the account with room for associations",
    "partner_profile": "a profile of another member of that collaboration",
    "seed_s3_uri": "a seed of users whom the audience model knows: an export is made, which costs",
}
_FLAGS = {
    "yes": "ask nothing",
    "clean_up": "delete what earlier runs have left, and do nothing else",
    "permissions": "print the IAM policy that a run with these inputs needs, and do nothing else",
}


def _go(options: argparse.Namespace, screen: Screen) -> int:
    masks = Masks()
    account = connect(masks=masks)
    if options.clean_up:
        return _clean_up(options, screen, account)
    if not options.audience_model_arn:
        raise LiveError("an audience model is wanted: make live AUDIENCE_MODEL_ARN=…")
    inputs = Inputs(**{name: getattr(options, name) for name in _INPUTS})
    masks.add(inputs.membership_id, "<membership>")
    masks.add((inputs.seed_s3_uri or "").removeprefix("s3://"), "<seed>")
    masks.add((inputs.seed_s3_uri or "").removeprefix("s3://").partition("/")[0], "<seed's bucket>")
    if problems := _problems(account, inputs):
        raise LiveError("; ".join(problems))
    if options.permissions:
        place = {"partition": account.partition, "region": account.region, "account": account.id}
        screen.write(json.dumps(permissions.policy(inputs, **place), indent=2) + "\n")
        return DONE
    _check_folder(options.folder)
    partner = _partner(account, options.partner_profile)
    _check(account, inputs)
    run_id = secrets.token_hex(RUN_ID_LETTERS // 2)
    run = Run(account, _belongings(account, run_id, options.folder), inputs, partner, pause)
    if earlier := earlier_runs(account, options.folder / LEDGERS):
        _offer_to_clean_up(earlier, options, screen, account)
    consent.describe(screen, run)
    if not options.yes and not screen.ask("Go on?"):
        raise LiveError("nothing was made")
    return _run(run, options, screen)


def _check_folder(folder: Path) -> None:
    """Refuses a folder in which neither what is made nor what was found could be written.

    Raises:
        LiveError: it can't.
    """
    try:
        for each in (folder, folder / LEDGERS):
            each.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=each).close()
        (folder / LEDGERS).rmdir()
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise LiveError(f"what is made is written down before, and can't be: {error}") from error


def _partner(account: Account, profile: str | None) -> Account | None:
    """The other account; its calls are on the same record.

    Raises:
        LiveError: it is the same account.
    """
    if not profile:
        return None
    partner = connect(profile, masks=account.masks, called="partner", region=account.region)
    if partner.id == account.id:
        raise LiveError(f"the partner's profile is one of the same account, {account.id}")
    partner.record = account.record
    return partner


def _problems(account: Account, inputs: Inputs) -> list[str]:
    """All that the inputs themselves say can't go well."""
    problems = []
    arns = {"audience model": inputs.audience_model_arn, "training dataset": inputs.training_dataset_arn}
    for what, arn in arns.items():
        parts = arn.split(":") if arn else None
        if parts and not (len(parts) == 6 and re.fullmatch(f"{what.replace(' ', '-')}/[^/*?]+", parts[5])):
            problems.append(f"{arn!r} isn't the ARN of {'an' if what[0] == 'a' else 'a'} {what}")
        elif parts and parts[3:5] != [account.region, account.id]:
            problems.append(f"the {what} is to be one of {account.id} in {account.region}: AWS_REGION, AWS_PROFILE")
    if inputs.seed_s3_uri and not re.fullmatch("s3://[^/]+/.+", inputs.seed_s3_uri):
        problems.append(f"{inputs.seed_s3_uri!r} isn't the S3 URI of an object: s3://bucket/key")
    return problems


def _check(account: Account, inputs: Inputs) -> None:
    """Refuses an audience model that isn't ACTIVE, before anything is made.

    Raises:
        LiveError: it isn't.
    """
    model = account.client("cleanroomsml").get_audience_model(audienceModelArn=inputs.audience_model_arn)
    if model["status"] != "ACTIVE":
        raise LiveError(f"the audience model is {model['status']}: an ACTIVE one is wanted")


def _belongings(account: Account, run_id: str, folder: Path) -> Belongings:
    return Belongings(account, run_id, folder / LEDGERS / f"{run_id}.json", pause)


def _offer_to_clean_up(
    earlier: Sequence[EarlierRun], options: argparse.Namespace, screen: Screen, account: Account
) -> None:
    consent.describe_earlier(screen, earlier)
    if options.yes:
        raise LiveError("nothing was made: if no run is under way there, CLEAN_UP=1 YES=1 deletes all this")
    if not screen.ask("If no run is under way there: delete all this?"):
        raise LiveError("nothing was made, and nothing deleted")
    for each in earlier:
        if left := _destroy_earlier(each, options, screen, account):
            raise LiveError(_left(left))


def _destroy_earlier(
    earlier: EarlierRun, options: argparse.Namespace, screen: Screen, account: Account
) -> list[Belonging]:
    belongings = _belongings(account, earlier.run_id, options.folder)
    belongings.read()
    return conduct.destroy(belongings, screen.note)


def _clean_up(options: argparse.Namespace, screen: Screen, account: Account) -> int:
    """Deletes what earlier runs have left, and nothing else."""
    earlier = earlier_runs(account, options.folder / LEDGERS)
    if not earlier:
        screen.say("no run has left anything")
        return DONE
    consent.describe_earlier(screen, earlier)
    if not options.yes and not screen.ask("If no run is under way there: delete all this?"):
        raise LiveError("nothing was deleted")
    left = []
    for each in earlier:
        left += _destroy_earlier(each, options, screen, account)
    if left:
        raise LiveError(_left(left))
    screen.say(f"nothing is left in {account.region}; a run in another Region is to be cleaned up there")
    return DONE


def _run(run: Run, options: argparse.Namespace, screen: Screen) -> int:
    """Tries everything, deletes everything, reports; whenever Ctrl-C comes, nothing is left."""
    findings = Findings()
    try:
        why = conduct.work(run, findings, screen.note)
        left = conduct.destroy(run.belongings, screen.note, interrupted=why == conduct.INTERRUPTED)
    except KeyboardInterrupt:
        return _abandon(run.belongings, screen)
    return _report(run, findings, options, screen, why=why, left=left)


def _abandon(belongings: Belongings, screen: Screen) -> int:
    """Ctrl-C came a second time: says what there may still be."""
    screen.note(_left(belongings.all) if belongings.all else "interrupted; nothing is left")
    return INTERRUPTED


def _report(
    run: Run, findings: Findings, options: argparse.Namespace, screen: Screen, *, why: str | None, left: list[Belonging]
) -> int:
    missing = permissions.missing(run.account.record, run.inputs)
    made = report.document(
        findings,
        run.account.masks,
        date=datetime.now(timezone.utc).date().isoformat(),
        region=run.account.region,
        inputs=[name for name in _INPUTS if getattr(run.inputs, name)],
        complete=why is None,
        why_not=why,
        missing_permissions=missing,
        left=[f"{each.kind} {each.name}" for each in left],
        versions={name: metadata.version(name) for name in ("cdk-cleanroomsml", "aws-cdk-lib", "botocore")},
    )
    file = shown.write(made, options.folder)
    shown.show(made, screen)
    screen.heading("Written")
    screen.say(f"{file}\n{file.with_suffix('.md')}")
    problems = [
        f"whoever runs this lacks {', '.join(missing)}: PERMISSIONS=1 prints the policy that it takes"
        if missing
        else "",
        "the library fails: see above" if any(not each.passed for each in findings.checks) else "",
        _left(left) if left else "",
        why if why == conduct.INTERRUPTED else f"it ended early: {why}" if why else "",
    ]
    for problem in filter(None, problems):
        screen.note(problem)
    if why == conduct.INTERRUPTED:
        return INTERRUPTED
    return FAILED if any(problems) else DONE


def _left(left: Sequence[Belonging]) -> str:
    names = "\n".join(f"  {each.kind} {each.name} {each.id}".rstrip() for each in left)
    return f"what may be left:\n{names}\nmake live CLEAN_UP=1 goes on deleting; {BY_HAND}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
