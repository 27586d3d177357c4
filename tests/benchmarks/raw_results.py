"""Raw results as a run would write them, from figures that are known."""

from __future__ import annotations

from typing import Any

from benchmarks.cases import (
    ASSOCIATION,
    AUDIENCE_MODEL,
    AWS_CUSTOM_RESOURCE,
    CUSTOM_RESOURCES,
    L1,
    LIBRARY,
    PHASES,
    POLICY,
    PROVIDER_FRAMEWORK,
    RETRAINING,
    Case,
    Link,
)

CASES = [Case(output, models) for output in ("own", "shared") for models in (1, 10, 50)]
ROUNDS = 3
FIXED_SECONDS = 2.0

MILLISECONDS = {
    "own": {LIBRARY: 6, AWS_CUSTOM_RESOURCE: 12, PROVIDER_FRAMEWORK: 8, L1: 3},
    "shared": {LIBRARY: 2, AWS_CUSTOM_RESOURCE: 5, PROVIDER_FRAMEWORK: 2, L1: 1},
}
"""What a model takes to synthesise."""

MESSAGES = {"own": 15, "shared": 4}
RESOURCES = {"own": 5, "shared": 1}
BYTES = {LIBRARY: 7_000, AWS_CUSTOM_RESOURCE: 14_000, PROVIDER_FRAMEWORK: 7_000, L1: 7_000}

LINKS = [Link(kind, constructs) for kind in (*CUSTOM_RESOURCES, RETRAINING) for constructs in (1, 10, 50)]
CHAIN_CALLS = {
    AUDIENCE_MODEL: {"deploy": {"CreateAudienceModel": 5}},
    POLICY: {
        "deploy": {"PutConfiguredAudienceModelPolicy": 5},
        "update all": {"GetConfiguredAudienceModelPolicy": 5, "PutConfiguredAudienceModelPolicy": 5},
    },
    ASSOCIATION: {"deploy": {"CreateConfiguredAudienceModelAssociation": 5}},
}


def raw_results() -> dict[str, Any]:
    return {
        "about": {"date": "2026-01-31", "versions": {"python": "3.14.0", "jsii": "1.2.3"}, "plan": {"runs": ROUNDS}},
        "not_run": {AWS_CUSTOM_RESOURCE: "its package is missing"},
        "counts": [count(side, case) for case in CASES for side in BYTES],
        "synth": [row for case in CASES for side in BYTES for row in synth(side, case)],
        "imports": timed({"library": 0.5, "needed": 0.48}),
        "starts": timed({"bare": 0.2, "library": 0.21, "provider_framework": 0.2}),
        "invocations": [
            {"what": what, "request": request, "round": number, "seconds": 0.002, "peak_bytes": 90_000_000}
            for what in ("library", "provider_framework")
            for request in ("Create", "Update", "Delete")
            for number in range(ROUNDS)
        ],
        "deployments": [row for case in CASES[-1:] for side in (LIBRARY, L1) for row in deployments(side, case)],
        "large": [large(throttled, phase) for throttled in (0, 10) for phase in ("deploy", "update all", "destroy")],
        "chain": chain(),
    }


def where(side: str, case: Case) -> dict[str, Any]:
    return {"side": side, "output": case.output, "models": case.models, "stacks": case.stacks}


def count(side: str, case: Case) -> dict[str, Any]:
    size = 10_000 + BYTES[side] * case.models
    resources = 10 + RESOURCES[case.output] * case.models
    return where(side, case) | {
        "messages": 40 + MESSAGES[case.output] * case.models,
        "template_bytes": size,
        "stack_bytes": size,
        "resources": resources,
        "stack_resources": resources,
        "assets": 1,
        "asset_bytes": 20_000,
        "permission_bytes": 900,
    }


def synth(side: str, case: Case) -> list[dict[str, Any]]:
    """The machine is slower in each round, for all sides alike."""
    seconds = FIXED_SECONDS + MILLISECONDS[case.output][side] / 1000 * case.models
    return [
        where(side, case)
        | {"validation": "off", "round": number, "peak_bytes": 160_000_000}
        | {"seconds": seconds * (number + 1), "cpu_seconds": seconds}
        for number in range(ROUNDS)
    ]


def timed(seconds: dict[str, float]) -> list[dict[str, Any]]:
    return [
        {"what": what, "round": number, "seconds": each, "peak_bytes": 90_000_000}
        for what, each in seconds.items()
        for number in range(ROUNDS)
    ]


def deployments(side: str, case: Case) -> list[dict[str, Any]]:
    calls = {
        "deploy": {"CreateConfiguredAudienceModel": case.models},
        "deploy again": {},
        "update all": {
            "GetConfiguredAudienceModel": case.models,
            "UpdateConfiguredAudienceModel": case.models,
        },
        "destroy": {"DeleteConfiguredAudienceModel": case.models},
    }
    return [
        where(side, case) | {"round": number, "phase": phase, "seconds": 1.5, "calls": each, "refused": 0}
        for phase, each in calls.items()
        for number in range(ROUNDS)
    ]


def large(throttled: int, phase: str) -> dict[str, Any]:
    figures = {"stack_bytes": 480_000, "stack_resources": 460, "permission_bytes": 900}
    calls = {"CreateConfiguredAudienceModel": 450 + throttled}
    return where(LIBRARY, Case("shared", 450)) | {
        "throttled": throttled,
        "phase": phase,
        "seconds": 90.0,
        "calls": calls,
        "refused": throttled,
        **figures,
    }


def chain() -> dict[str, Any]:
    return {
        "date": "2026-02-28",
        "runs": ROUNDS,
        "counts": [chain_count(side, link) for link in LINKS for side in link.sides],
        "synth": [row for link in LINKS for side in link.sides for row in chain_synth(side, link)],
        "deployments": [
            {"side": LIBRARY, "kind": kind, "constructs": 5, "phase": phase, "calls": calls.get(phase, {})}
            for kind, calls in CHAIN_CALLS.items()
            for phase in PHASES
        ],
    }


def chain_where(side: str, link: Link) -> dict[str, Any]:
    return {"side": side, "kind": link.kind, "constructs": link.constructs}


def chain_count(side: str, link: Link) -> dict[str, Any]:
    return chain_where(side, link) | {
        "messages": 20 + 3 * link.constructs,
        "resources": 5 + link.constructs,
        "template_bytes": 5_000 + (3_000 if side == AWS_CUSTOM_RESOURCE else 1_000) * link.constructs,
        "permission_bytes": 900,
    }


def chain_synth(side: str, link: Link) -> list[dict[str, Any]]:
    seconds = FIXED_SECONDS + (5 if side == AWS_CUSTOM_RESOURCE else 2) / 1000 * link.constructs
    return [
        chain_where(side, link) | {"round": number, "seconds": seconds * (number + 1), "cpu_seconds": seconds}
        for number in range(ROUNDS)
    ]
