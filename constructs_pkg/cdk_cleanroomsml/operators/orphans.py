"""`orphans`: what carries the markers of a stack and isn't that stack's, and with `--delete` deletes it.

What nobody marked isn't ours to judge, and neither is what a retraining trained, or what a stack is just changing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..handler.resource_types import TRAINING
from .account import code_of, is_missing
from .holdings import Holdings, let_in, partners, runs
from .outcome import DONE, FOUND, NOT_KNOWN
from .owners import CHANGING, GONE, REFUSED, Owner, Owners, request_of
from .refusals import explained
from .stacks import Stacks

if TYPE_CHECKING:
    from argparse import Namespace

    from .account import Account, Members

MODEL, AUDIENCE_MODEL, ASSOCIATION = "configured audience model", "audience model", "association"
_KEPT: dict[bool | None, list[str]] = {
    True: ["it was kept on purpose, by its removal policy"],
    False: [],
    None: ["it may have been kept on purpose: cloudformation forgets a stack 90 days after its deletion"],
}
_REFUSALS = ("ConflictException", "ValidationException")


@dataclass(frozen=True)
class Orphan:
    """A resource that nobody owns.

    Attributes:
        what: which kind of resource.
        objections: what speaks against deleting it: what uses it, whom its policy lets in, that it was kept on purpose.
        tags: those that it was judged by.
    """

    what: str
    arn: str
    name: str
    owner: Owner
    objections: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        told = {name: value for name, value in asdict(self).items() if name in ("what", "arn", "name", "objections")}
        return {**told, "owner": self.owner.document()}


class Orphans:
    """Finds and deletes them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._holdings = Holdings(account)
        self._models: list[Members] = []
        self._deleted: set[str] = set()
        self.undecided: list[Orphan] = []
        """What can't be told before its stack has settled, or because that may not be read."""
        self.untold: list[str] = []
        """Associations whose tags the service doesn't tell, and so nobody whose they are."""

    def find(self) -> list[Orphan]:
        """All of them: associations first, then what they are of."""
        models, audience_models = self._holdings.configured_audience_models(), self._holdings.audience_models()
        self._models = models
        associations = self._holdings.associations()
        self.untold = [each["arn"] for each in associations if each["tags"] is None]
        owners = Owners(Stacks(self._account))
        owners.load(*(each.get("tags") or {} for each in [*models, *audience_models, *associations]))
        for error in owners.refusals():
            self._account.screen.note(explained(error, "orphans"))
        self._in_use = {
            request_of(_tags(each)): each for each in models if owners.of(_arn(each), _tags(each)).state == "alive"
        }
        judged = [
            *(self._judge(ASSOCIATION, each, owners) for each in associations),
            *(self._judge(MODEL, each, owners) for each in models),
            *(self._judge(AUDIENCE_MODEL, each, owners) for each in audience_models),
        ]
        self.undecided = [each for each in judged if each.owner.state in (CHANGING, REFUSED)]
        found = [each for each in judged if each.owner.state == GONE]
        arns = [each.arn for each in found if each.what == MODEL]
        policies, jobs = self._holdings.policies(arns), self._holdings.jobs(arns)
        return [replace(each, objections=self._objections(each, policies, jobs, associations)) for each in found]

    def look_again(self, orphan: Orphan) -> Orphan | None:
        """One as it is now; None when it is no orphan any more, or another one's."""
        if not self._is_unchanged(orphan):
            return None
        arns = [orphan.arn] if orphan.what == MODEL else []
        policies, jobs = self._holdings.policies(arns), self._holdings.jobs(arns)
        associations = self._holdings.associations() if arns else []
        return replace(orphan, objections=self._objections(orphan, policies, jobs, associations))

    def delete(self, orphan: Orphan) -> str:
        """Deletes one; says what came of it."""
        try:
            self._delete(orphan)
        except ClientError as error:
            if code_of(error) in _REFUSALS:
                return f"refused by the service: {error.response['Error']['Message']}"
            if not is_missing(error):
                raise
        self._deleted.add(orphan.arn)
        return "deleted" if orphan.what != AUDIENCE_MODEL else "being deleted"

    def is_deleted(self, orphan: Orphan) -> bool:
        """Whether one is gone, or going: an association goes with its model."""
        return not self._deleted.isdisjoint((orphan.arn, orphan.members.get("configuredAudienceModelArn")))

    def _objections(
        self,
        orphan: Orphan,
        policies: dict[str, Members],
        jobs: dict[str, list[Members]],
        associations: list[Members],
    ) -> list[str]:
        kept = _KEPT[orphan.owner.is_kept]
        if orphan.what == ASSOCIATION:
            return kept + _of_association(orphan, self._account.id)
        if orphan.what == MODEL:
            return kept + _of_model(orphan, jobs, policies, associations)
        # Those that use it by now, the service itself refuses to leave without it.
        return kept + _of_audience_model(orphan, [each for each in self._models if _arn(each) not in self._deleted])

    def _judge(self, what: str, members: Members, owners: Owners) -> Orphan:
        arn, tags = _arn(members), _tags(members)
        owner = owners.of(arn, tags)
        twin = self._in_use.get(request_of(tags)) if owner.state == GONE and what == MODEL else None
        if twin is not None:
            evidence = f"{owner.evidence}; both were created by one request: this is a second delivery's"
            owner = replace(owner, evidence=evidence)
        return Orphan(what, arn, members["name"], owner, tags=tags, members=members)

    def _is_unchanged(self, orphan: Orphan) -> bool:
        owners = Owners(Stacks(self._account))
        if orphan.what == ASSOCIATION:
            tags = self._holdings.tags_of_association(orphan.arn)
            return tags == orphan.tags and owners.of(orphan.arn, orphan.tags).state == GONE
        operation = "get_configured_audience_model" if orphan.what == MODEL else "get_audience_model"
        member = "configuredAudienceModelArn" if orphan.what == MODEL else "audienceModelArn"
        now = self._account.find("cleanroomsml", operation, **{member: orphan.arn})
        return now is not None and _tags(now) == orphan.tags and owners.of(orphan.arn, orphan.tags).state == GONE

    def _delete(self, orphan: Orphan) -> None:
        call = self._account.call
        if orphan.what == ASSOCIATION:
            call(
                "cleanrooms",
                "delete_configured_audience_model_association",
                membershipIdentifier=orphan.members["membership"]["id"],
                configuredAudienceModelAssociationIdentifier=orphan.members["id"],
            )
        elif orphan.what == MODEL:
            call("cleanroomsml", "delete_configured_audience_model", configuredAudienceModelArn=orphan.arn)
        else:
            call("cleanroomsml", "delete_audience_model", audienceModelArn=orphan.arn)


def run(account: Account, options: Namespace) -> int:
    """Carries out the subcommand."""
    screen, orphans = account.screen, Orphans(account)
    if options.delete and not options.yes:
        screen.check_can_ask()
    found = orphans.find()
    if not screen.as_json:
        _show(account, found, orphans.undecided)
    results: dict[str, str] = {}
    try:
        for orphan in found if options.delete else []:
            results[orphan.arn] = _offer(account, orphans, orphan, sure=options.yes)
            screen.say(f"{orphan.arn}: {results[orphan.arn]}")
    finally:
        # What was deleted before something went wrong is told as well.
        if screen.as_json:
            screen.document(_document(orphans, found, results))
    for arn in orphans.untold:
        screen.note(f"whose {arn} is can't be known: the service doesn't tell its tags")
    if any(not orphans.is_deleted(each) for each in found):
        return FOUND
    return NOT_KNOWN if orphans.untold or orphans.undecided else DONE


def _document(orphans: Orphans, found: list[Orphan], results: dict[str, str]) -> dict[str, Any]:
    told = {
        each.arn: {"result": results[each.arn], "isDeleted": orphans.is_deleted(each)}
        for each in found
        if each.arn in results
    }
    return {
        "orphans": [{**each.document(), **told.get(each.arn, {})} for each in found],
        "undecided": [each.document() for each in orphans.undecided],
        "untold": orphans.untold,
    }


def _offer(account: Account, orphans: Orphans, listed: Orphan, *, sure: bool) -> str:
    """Asks about one, and deletes it if the answer is yes. What anything speaks against isn't covered by `--yes`."""
    orphan = orphans.look_again(listed)
    if orphan is None:
        return _CHANGED
    if sure:
        if orphan.objections:
            return f"left alone: {'; '.join(orphan.objections)}. Without --yes you are asked"
        return orphans.delete(orphan)
    mind = f"\n  MIND: {'; '.join(orphan.objections)}" if orphan.objections else ""
    question = f"delete {orphan.what} {orphan.name!r}, {orphan.arn}?\n  {orphan.owner.evidence}{mind}\n "
    if not account.screen.ask(question):
        return "left alone"
    # Who is asked may take his time.
    now = orphans.look_again(orphan)
    if now is None:
        return _CHANGED
    new = [each for each in now.objections if each not in orphan.objections]
    return f"left alone: meanwhile, {'; '.join(new)}" if new else orphans.delete(now)


_CHANGED = "left alone: it changed since it was listed, list again"


def _show(account: Account, found: list[Orphan], undecided: list[Orphan]) -> None:
    screen = account.screen
    screen.heading(f"orphans in {account.region}: {len(found)}")
    columns = ("what", "name", "arn", "marked as", "evidence", "mind")
    screen.records(columns, [_row(each) for each in found])
    if undecided:
        screen.heading(f"can't be told yet: {len(undecided)}")
        screen.records(columns, [_row(each) for each in undecided])


def _row(orphan: Orphan) -> tuple[str, ...]:
    uses = "\n".join(orphan.objections)
    return orphan.what, orphan.name, orphan.arn, orphan.owner.words, orphan.owner.evidence, uses


def _of_association(orphan: Orphan, account: str) -> list[str]:
    offered = ", ".join(partners(orphan.members, account))
    collaboration = orphan.members["membership"]["collaborationName"]
    return [f"collaboration {collaboration!r} offers its model to {offered}"] if offered else []


def _of_model(
    orphan: Orphan, jobs: dict[str, list[Members]], policies: dict[str, Members], associations: list[Members]
) -> list[str]:
    uses = []
    running = [each for each in jobs[orphan.arn] if runs(each)]
    ended = len(jobs[orphan.arn]) - len(running)
    if running:
        names = ", ".join(f"{each['audienceGenerationJobArn']} ({each['status']})" for each in running)
        uses.append(f"{_count(len(running), 'job')} running on it: {names}")
    if ended:
        uses.append(f"{_count(ended, 'job')} that ended, whose segments can still be exported")
    for each in associations:
        if each["configuredAudienceModelArn"] == orphan.arn:
            name = each["membership"]["collaborationName"]
            uses.append(f"association {each['name']!r} with collaboration {name!r}, which deleting it removes")
    principals = let_in(policies.get(orphan.arn))
    if principals:
        uses.append(f"its resource policy lets in {', '.join(principals)}")
    return uses


def _of_audience_model(orphan: Orphan, models: list[Members]) -> list[str]:
    uses = [
        f"configured audience model {each['name']!r}, {each['configuredAudienceModelArn']}"
        for each in models
        if each["audienceModelArn"] == orphan.arn
    ]
    if orphan.members["status"] in TRAINING:
        uses.append(f"it is still training ({orphan.members['status']})")
    elif orphan.members["status"] == "ACTIVE":
        uses.append("its training took hours to days, and nothing brings it back")
    return uses


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _arn(members: Members) -> str:
    return str(members.get("arn") or members.get("configuredAudienceModelArn") or members["audienceModelArn"])


def _tags(members: Members) -> dict[str, str]:
    return members.get("tags") or {}
