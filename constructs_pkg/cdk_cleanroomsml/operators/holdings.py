"""What the services hold of the chain in an account and Region: each page and each resource is asked for once."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .account import code_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .account import Account, Members

_SUMMARIES = "configuredAudienceModelAssociationSummaries"


class Holdings:
    """Reads the chain."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def configured_audience_models(self) -> list[Members]:
        """All of them, as Get answers."""
        return self._all("configured audience models", "configured_audience_model", "configuredAudienceModel")

    def audience_models(self) -> list[Members]:
        """All of them, as Get answers."""
        return self._all("audience models", "audience_model", "audienceModel")

    def training_datasets(self) -> list[Members]:
        """All of them, as Get answers."""
        return self._all("training datasets", "training_dataset", "trainingDataset")

    def policies(self, arns: Iterable[str]) -> dict[str, Members]:
        """The resource policies of configured audience models, by ARN; a model without one is left out."""
        todo = list(arns)
        found = self._account.each("reading resource policies", self.policy, todo)
        return {arn: policy for arn, policy in zip(todo, found, strict=True) if policy}

    def policy(self, arn: str) -> Members | None:
        """One resource policy as Get answers it."""
        return self._account.find(
            "cleanroomsml", "get_configured_audience_model_policy", configuredAudienceModelArn=arn
        )

    def jobs(self, arns: Iterable[str]) -> dict[str, list[Members]]:
        """The generation jobs on models, partners' as well: by model, because only so are those surely listed."""
        todo = list(arns)
        found = self._account.each("reading jobs", self.jobs_on, todo)
        return dict(zip(todo, found, strict=True))

    def jobs_on(self, arn: str) -> list[Members]:
        """The generation jobs on one model."""
        pages = partial(self._account.pages, "cleanroomsml", "list_audience_generation_jobs", "audienceGenerationJobs")
        return _once("audienceGenerationJobArn", pages(configuredAudienceModelArn=arn))

    def associations(self) -> list[Members]:
        """All associations of the account's memberships: with tags, the membership, and the collaboration's members."""
        pages = self._account.pages("cleanrooms", "list_memberships", "membershipSummaries")
        memberships = [each for each in _once("id", pages) if each["status"] == "ACTIVE"]
        found = self._account.each("reading memberships", self._of_membership, memberships)
        return [association for each in found for association in each]

    def _of_membership(self, membership: Members) -> list[Members]:
        pages = self._account.pages(
            "cleanrooms",
            "list_configured_audience_model_associations",
            _SUMMARIES,
            membershipIdentifier=membership["id"],
        )
        listed = _once("arn", pages)
        members = self.members(membership["collaborationId"]) if listed else []
        return [
            {**each, "tags": self.tags_of_association(each["arn"]), "membership": membership, "members": members}
            for each in listed
        ]

    def members(self, collaboration: str) -> list[Members]:
        """The members of a collaboration."""
        pages = self._account.pages(
            "cleanrooms", "list_members", "memberSummaries", collaborationIdentifier=collaboration
        )
        return _once("accountId", pages)

    def tags_of_association(self, arn: str) -> dict[str, str] | None:
        """The tags of an association; None where the service doesn't tell them: by its model, its ARN is too long."""
        try:
            found = self._account.find("cleanrooms", "list_tags_for_resource", resourceArn=arn)
        except ClientError as error:
            if code_of(error) != "ValidationException":
                raise
            return None
        return dict(found["tags"]) if found else {}

    def _all(self, words: str, operation: str, member: str) -> list[Members]:
        """Lists, and then reads each: a List tells no tags. What goes meanwhile is left out."""
        arn = f"{member}Arn"
        listed = _once(arn, self._account.pages("cleanroomsml", f"list_{operation}s", f"{member}s"))

        def read(item: Members) -> Members | None:
            return self._account.find("cleanroomsml", f"get_{operation}", **{arn: item[arn]})

        return [each for each in self._account.each(f"reading {words}", read, listed) if each]


def partners(association: Members, account: str) -> list[str]:
    """The accounts that an association offers its model to: the collaboration's active and invited members."""
    return [
        each["accountId"]
        for each in association["members"]
        if each["accountId"] != account and each["status"] in ("ACTIVE", "INVITED")
    ]


def let_in(policy: Members | None) -> list[str]:
    """The principals that a resource policy lets in."""
    if policy is None:
        return []
    found: list[str] = []
    for statement in _list(_document(policy).get("Statement", [])):
        if statement.get("Effect") == "Allow":
            principal = statement.get("Principal", {})
            named = principal.values() if isinstance(principal, dict) else [principal]
            found += [each for names in named for each in _list(names)]
    return list(dict.fromkeys(found))


def runs(job: Members) -> bool:
    """Whether a job waits or runs."""
    return str(job["status"]).endswith(("_PENDING", "_IN_PROGRESS"))


def _once(key: str, listed: Iterable[Members]) -> list[Members]:
    """What is listed, each once: what comes or goes meanwhile may move what is to come, to a page that was read."""
    return list({each[key]: each for each in listed}.values())


def _document(policy: Members) -> dict[str, Any]:
    try:
        document = json.loads(policy["configuredAudienceModelPolicy"])
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - one, or a list of them
    return value if isinstance(value, list) else [value]
