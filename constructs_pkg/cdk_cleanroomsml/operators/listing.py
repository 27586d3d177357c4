"""`list`: what there is of the chain in an account and Region."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .holdings import Holdings, let_in, partners, runs
from .outcome import DONE, NOT_KNOWN
from .owners import Owners
from .refusals import explained
from .stacks import Stacks

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from datetime import timedelta

    from .account import Account, Members

_MODEL, _AUDIENCE_MODEL = "configuredAudienceModelArn", "audienceModelArn"


def run(account: Account, options: Namespace) -> int:  # noqa: ARG001 - each subcommand is called like this
    """Carries out the subcommand."""
    owners = Owners(Stacks(account))
    document = read(account, owners, lambda: datetime.now(timezone.utc))
    if account.screen.as_json:
        account.screen.document(document)
    else:
        _show(account, document)
    for error in owners.refusals():
        account.screen.note(explained(error, "list"))
    return NOT_KNOWN if owners.refusals() else DONE


def read(account: Account, owners: Owners, now: Callable[[], datetime]) -> dict[str, Any]:
    """The whole chain, as JSON."""
    holdings = Holdings(account)
    datasets, audience_models = holdings.training_datasets(), holdings.audience_models()
    models, associations = holdings.configured_audience_models(), holdings.associations()
    arns = [each[_MODEL] for each in models]
    policies, jobs = holdings.policies(arns), holdings.jobs(arns)
    owners.load(*(each.get("tags") or {} for each in [*datasets, *audience_models, *models, *associations]))

    def owned(arn: str, members: Members) -> dict[str, Any]:
        return owners.of(arn, members.get("tags") or {}).document()

    trained = {each[_AUDIENCE_MODEL]: each for each in audience_models}
    return {
        "account": account.id,
        "region": account.region,
        "trainingDatasets": [
            {"arn": each["trainingDatasetArn"], **_common(each), "owner": owned(each["trainingDatasetArn"], each)}
            for each in datasets
        ],
        "audienceModels": [
            {
                "arn": each[_AUDIENCE_MODEL],
                **_common(each),
                "ageDays": _days(each, now()),
                "trainingDatasetArn": each["trainingDatasetArn"],
                "usedBy": [model[_MODEL] for model in models if model[_AUDIENCE_MODEL] == each[_AUDIENCE_MODEL]],
                "owner": owned(each[_AUDIENCE_MODEL], each),
            }
            for each in audience_models
        ],
        "configuredAudienceModels": [
            {
                "arn": each[_MODEL],
                **_common(each),
                "audienceModel": _used(trained.get(each[_AUDIENCE_MODEL]), each[_AUDIENCE_MODEL], now()),
                "policyLetsIn": let_in(policies.get(each[_MODEL])),
                "hasPolicy": each[_MODEL] in policies,
                "partners": sorted(
                    {
                        partner
                        for association in associations
                        if association[_MODEL] == each[_MODEL]
                        for partner in partners(association, account.id)
                    }
                ),
                "runningJobs": [_job(job) for job in jobs[each[_MODEL]] if runs(job)],
                "endedJobs": sum(not runs(job) for job in jobs[each[_MODEL]]),
                "owner": owned(each[_MODEL], each),
            }
            for each in models
        ],
        "associations": [
            {
                "arn": each["arn"],
                "name": each["name"],
                "created": each["createTime"],
                _MODEL: each[_MODEL],
                "membershipId": each["membership"]["id"],
                "collaborationId": each["collaborationId"],
                "collaborationName": each["membership"]["collaborationName"],
                "partners": partners(each, account.id),
                "tagsAreTold": each["tags"] is not None,
                "owner": owned(each["arn"], each),
            }
            for each in associations
        ],
    }


def _common(members: Members) -> dict[str, Any]:
    return {"name": members["name"], "status": members["status"], "created": members["createTime"]}


def _used(audience_model: Members | None, arn: str, now: datetime) -> dict[str, Any]:
    """The audience model that a configured one uses."""
    if audience_model is None:
        return {"arn": arn, "name": "", "status": "not found", "ageDays": None}
    return {
        "arn": arn,
        "name": audience_model["name"],
        "status": audience_model["status"],
        "ageDays": _days(audience_model, now),
    }


def _days(members: Members, now: datetime) -> int:
    """How many days ago it was created: the service doesn't tell when a training ended."""
    age: timedelta = now - members["createTime"]
    return max(0, age.days)


def _job(job: Members) -> dict[str, Any]:
    return {"arn": job["audienceGenerationJobArn"], "status": job["status"], "startedBy": job.get("startedBy", "")}


def _show(account: Account, document: dict[str, Any]) -> None:
    screen = account.screen
    names = {each["arn"]: each["name"] for each in document["configuredAudienceModels"] + document["trainingDatasets"]}
    screen.heading(f"configured audience models in {account.region}: {len(document['configuredAudienceModels'])}")
    screen.table(
        ("name", "id", "status", "audience model", "partners", "policy", "jobs", "owner"),
        [
            (
                each["name"],
                _id(each["arn"]),
                each["status"],
                _aged(each["audienceModel"]),
                ", ".join(each["partners"]),
                (", ".join(each["policyLetsIn"]) or "lets nobody in") if each["hasPolicy"] else "",
                _jobs(each),
                each["owner"]["summary"],
            )
            for each in document["configuredAudienceModels"]
        ],
    )
    screen.heading(f"associations: {len(document['associations'])}")
    screen.table(
        ("name", "id", "model", "collaboration", "partners", "owner"),
        [
            (
                each["name"],
                _id(each["arn"]),
                names.get(each[_MODEL], _id(each[_MODEL])),
                each["collaborationName"],
                ", ".join(each["partners"]),
                each["owner"]["summary"] if each["tagsAreTold"] or each["owner"]["state"] == "alive" else "not told",
            )
            for each in document["associations"]
        ],
    )
    screen.heading(f"audience models: {len(document['audienceModels'])}")
    screen.table(
        ("name", "id", "status", "age", "dataset", "used by", "owner"),
        [
            (
                each["name"],
                _id(each["arn"]),
                each["status"],
                _age(each["ageDays"]),
                names.get(each["trainingDatasetArn"], _id(each["trainingDatasetArn"])),
                ", ".join(names.get(arn, arn) for arn in each["usedBy"]),
                each["owner"]["summary"],
            )
            for each in document["audienceModels"]
        ],
    )
    screen.heading(f"training datasets: {len(document['trainingDatasets'])}")
    screen.table(
        ("name", "id", "status", "owner"),
        [
            (each["name"], _id(each["arn"]), each["status"], each["owner"]["summary"])
            for each in document["trainingDatasets"]
        ],
    )


def _aged(used: dict[str, Any]) -> str:
    name = used["name"] or _id(used["arn"])
    return ", ".join(filter(None, [name, used["status"], "" if used["ageDays"] is None else _age(used["ageDays"])]))


def _age(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _jobs(model: dict[str, Any]) -> str:
    running = f"{len(model['runningJobs'])} running" if model["runningJobs"] else ""
    ended = f"{model['endedJobs']} ended" if model["endedJobs"] else ""
    return ", ".join(filter(None, [running, ended]))


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]
