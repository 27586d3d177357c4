"""Resource policies of configured audience models: what they may say, and what guards them."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ..documents import Document, allow, document
from . import Run, Verdict, experiment, no, seen, told, yes

if TYPE_CHECKING:
    from ..belongings import Belonging
    from ..run import Refusal

COLLABORATION = "00000000-0000-4000-8000-000000000000"
KEY = "cleanrooms-ml:CollaborationId"


def jobs(run: Run, model: Belonging, principal: object = None, condition: object = None, **more: object) -> Document:
    """A policy as the User Guide has it, or otherwise.

    Args:
        run: where.
        model: whose policy.
        principal: who may start jobs; by default an account, the partner's if there is one.
        condition: by default a collaboration is named, which there isn't.
        more: further elements of the statement.
    """
    resources = [model.id, run.account.arn("cleanrooms-ml", "audience-generation-job/*")]
    statement = allow("cleanrooms-ml:StartAudienceGenerationJob", on=resources)
    return document(
        {
            **statement,
            "Principal": principal or {"AWS": [(run.partner or run.account).id]},
            "Condition": condition or {"StringEquals": {KEY: COLLABORATION}},
            **more,
        }
    )


def put(run: Run, model: Belonging, policy: Document, **guard: str) -> Any:  # noqa: ANN401 - boto3's
    """Puts a policy."""
    return run.ml.put_configured_audience_model_policy(
        configuredAudienceModelArn=model.id, configuredAudienceModelPolicy=json.dumps(policy), **guard
    )


def guarded(run: Run) -> Belonging:
    """A model that has a policy as documented."""
    model = run.configured_audience_model()
    run.shown(model.id)
    put(run, model, jobs(run, model))
    return model


@experiment(
    row="Does the service take a resource policy that names no collaboration? The User Guide says that it should name "
    "one",
    switch="policy_needs_collaboration",
)
def policy_without_collaboration(run: Run) -> Verdict:
    """A Put of a policy without a condition, where one with the condition was taken."""
    model = run.once(guarded)
    policy = jobs(run, model)
    del policy["Statement"][0]["Condition"]
    if refused := run.refusal(lambda: put(run, model, policy)):
        return no(f"it is refused: {refused}", position=True)
    return yes("it is taken", position=False)


@experiment(
    row="Which error has a Put of a policy whose guard doesn't hold?",
    switch="stale_policy_hash_error",
)
def stale_guard(run: Run) -> Verdict:
    """Puts with the hash of a policy that was replaced, and on the condition that there is none, or is one."""
    model = run.configured_audience_model()
    bare = run.configured_audience_model()
    run.shown(model.id), run.shown(bare.id)
    old = put(run, model, jobs(run, model))["policyHash"]
    policy = jobs(run, model, Sid="Another")
    put(run, model, policy)
    tried: dict[str, Refusal | None] = {
        "a stale hash": run.refusal(lambda: put(run, model, policy, previousPolicyHash=old)),
        "POLICY_MUST_NOT_EXIST": run.refusal(
            lambda: put(run, model, policy, policyExistenceCondition="POLICY_MUST_NOT_EXIST")
        ),
        "POLICY_MUST_EXIST": run.refusal(
            lambda: put(run, bare, jobs(run, bare), policyExistenceCondition="POLICY_MUST_EXIST")
        ),
    }
    told_of = "; ".join(f"{what}: {refused or 'it is taken all the same'}" for what, refused in tried.items())
    codes = {refused.code if refused else None for refused in tried.values()}
    first = tried["a stale hash"]
    return told(told_of, position=seen("stale_policy_hash_error", first and first.code, when=len(codes) == 1))


@experiment(
    row="a resource policy may name whom any of IAM's may: a role, a user, an organization; the User Guide shows "
    "accounts",
    switch="policy_principals",
)
def policy_principals(run: Run) -> Verdict:
    """Puts of policies that name a role, the caller if that is a user, and an organization."""
    model = run.once(guarded)
    collaboration = {KEY: COLLABORATION}
    policies = {
        "a role": jobs(run, model, {"AWS": run.role}),
        "an organization": jobs(
            run, model, "*", {"StringEquals": {**collaboration, "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
        ),
    }
    if ":user/" in run.account.caller:
        policies["a user"] = jobs(run, model, {"AWS": run.account.caller})
    tried = {whom: run.refusal(partial(put, run, model, each)) for whom, each in policies.items()}
    refused = {whom: words for whom, words in tried.items() if words}
    if not refused:
        return yes(f"{', '.join(tried)} may be named", position="any")
    told_of = "; ".join(f"{whom}: {words or 'may be named'}" for whom, words in tried.items())
    return no(told_of, position=seen("policy_principals", "accounts", when=len(refused) == len(tried)))


@experiment(
    row="a principal of a resource policy may come back in another spelling, lists in another order",
    switch="policies_are_rewritten",
)
def policy_spelling(run: Run) -> Verdict:
    """A Put and a Get of a policy: do they say the same in other words?"""
    model = run.configured_audience_model()
    run.shown(model.id)
    given = jobs(run, model)
    put(run, model, given)
    got = run.ml.get_configured_audience_model_policy(configuredAudienceModelArn=model.id)
    shown = json.loads(got["configuredAudienceModelPolicy"])
    if shown == given:
        return no("Get shows what was put, word for word", position=False)
    statement, was = shown["Statement"][0], given["Statement"][0]
    others = [f"{name} is {statement.get(name)}, was {was[name]}" for name in was if statement.get(name) != was[name]]
    return yes("; ".join(others) or f"it is {shown}, was {given}", position=True)
