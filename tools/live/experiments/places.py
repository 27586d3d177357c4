"""Where the service is, and whose account stands in an ARN."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from . import Run, Verdict, experiment, no, told, unknown, yes
from .names import associate, take_out

EUROPEAN = ("eu-west-2", "eu-north-1")


def answer(run: Run, region: str) -> str | None:
    """What the service answers in a Region; None if nobody does."""
    try:
        run.account.in_region(region).client("cleanroomsml").list_configured_audience_models(maxResults=1)
    except ClientError as error:
        return str(error)
    except BotoCoreError:
        return None
    return "a list"


@experiment(row="the service is in eu-west-2 and eu-north-1, too", switch="european_regions")
def european_regions(run: Run) -> Verdict:
    """A List in either: does anybody answer?"""
    answers = {region: answer(run, region) for region in EUROPEAN}
    silent = [region for region, said in answers.items() if said is None]
    if not silent:
        return yes("; ".join(f"{region} answers {said}" for region, said in answers.items()), position=True)
    if len(silent) == len(EUROPEAN):
        return no(f"nobody answers in {' and '.join(silent)}", position=False)
    return no(f"nobody answers in {silent[0]}, but in the other")


@experiment(
    row="the account in a collaboration's ARN is its creator's or the caller's",
    switch="collaboration_arn_account",
    needs={"membership_id"},
)
def collaboration_arn_account(run: Run) -> Verdict:
    """The collaboration of the membership, as one sees it who hasn't created it: whose account is in its ARN?"""
    membership = run.rooms.get_membership(membershipIdentifier=run.inputs.membership_id)["membership"]
    creator = membership["collaborationCreatorAccountId"]
    caller = run.account if creator != run.account.id else run.partner
    if caller is None or caller.id == creator:
        return unknown("this account has created the collaboration: give a partner's profile, or another membership")
    get = caller.client("cleanrooms").get_collaboration
    shown = get(collaborationIdentifier=membership["collaborationId"])["collaboration"]["arn"]
    account = shown.split(":")[4]
    if account not in (caller.id, creator):
        return told("another one's than the creator's and the caller's")
    whose = "creator" if account == creator else "caller"
    return told(f"the {whose}'s", position=whose)


@experiment(
    row="an association can be tagged later, although its ARN is longer than the service model allows: AWS's own "
    "CloudFormation types do so to its siblings",
    switch="association_tags_refused",
    needs={"membership_id"},
)
def association_tags(run: Run) -> Verdict:
    """TagResource, ListTagsForResource and UntagResource with the ARN of an association."""
    try:
        made = associate(run, run.name("association"), run.configured_audience_model())
        _, membership, _, identifier = made.id.split("/")
        get = run.rooms.get_configured_audience_model_association
        of = {"membershipIdentifier": membership, "configuredAudienceModelAssociationIdentifier": identifier}
        run.seconds_until(lambda: not run.refusal(lambda: get(**of)))
        tried = {
            "TagResource": run.refusal(lambda: run.rooms.tag_resource(resourceArn=made.id, tags={"a": "b"})),
            "ListTagsForResource": run.refusal(lambda: run.rooms.list_tags_for_resource(resourceArn=made.id)),
            "UntagResource": run.refusal(lambda: run.rooms.untag_resource(resourceArn=made.id, tagKeys=["a"])),
        }
    finally:
        take_out(run)
    refused = {operation: words for operation, words in tried.items() if words}
    if not refused:
        return yes("all of Tag, Untag and List take its ARN", position=False)
    told_of = "; ".join(f"{operation}: {words}" for operation, words in refused.items())
    return no(told_of, position=True) if len(refused) == len(tried) else no(told_of)
