"""What the usual checkers say of the compositions that work: nothing that the page on compliance doesn't answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import cdk_nag
import pytest
from constructs import Construct

from ...docs.pages import table, tables
from ...linting import linted
from ...nagging import findings
from ..conftest import an_app
from .compositions import A_LOOK_UP, HERE, WHATS, What

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constructs import IConstruct

PACKS: list[tuple[Any, str]] = [
    (cdk_nag.HIPAASecurityChecks, "HIPAA.Security-"),
    (cdk_nag.NIST80053R5Checks, "NIST.800.53.R5-"),
    (cdk_nag.PCIDSS321Checks, "PCI.DSS.321-"),
]
PAGE = "guides/compliance.md"
PARTS = {
    "AudienceOutput": "output",
    "CleanRoomsMLAccessLogs": "access logs",
    "TrainingDataset": "training dataset",
    "AudienceModelRetraining": "retraining",
    "CleanRoomsMLMonitoring": "monitoring",
    "CleanRoomsMLProvider": "provider",
    "CleanRoomsMLPermissions": "provider",
}
"""What a resource is a part of, by the class or the id of a construct around it."""


def compositions() -> Iterator[tuple[What, str]]:
    """A parameter and where its part is from; "" for the same stack.

    Another stack changes only how a part is referred to, and a look-up has no template to deploy in the first round.
    """
    for what in WHATS:
        sources = ([""] if what.make else []) + [each for each in what.imports if each != A_LOOK_UP]
        yield from ((what, source) for source in sources if what.outcome(source).kind == "works")


class Combined:
    """All of them in few stacks: a parameter is once in each, and a provider of its own in one of its own."""

    def __init__(self) -> None:
        self.app = an_app(analytics_reporting=False)
        self._stacks: dict[str, cdk.Stack] = {}
        self._parts: dict[str, tuple[str, IConstruct | None]] = {"": ("", self.app)}
        count: dict[str, int] = {}
        for what, source in compositions():
            number = count[what.name] = count.get(what.name, -1) + 1
            alone = re.search(r"Provider\(|\(provider=|\(alarm_topic=", what.name)
            scope = Construct(self._stack(f"Alone{len(self._stacks)}" if alone else f"Stack{number}"), what.name[1:-1])
            has = Construct(scope, "Has")
            part = what.imports[source](has) if source else what.make(has) if what.make else None
            what.use(Construct(scope, "Uses"), part)

    def _stack(self, id: str) -> cdk.Stack:
        if id not in self._stacks:
            self._stacks[id] = cdk.Stack(self.app, id, env=HERE)
        return self._stacks[id]

    def part_of(self, path: str) -> str:
        """What of this library a resource is a part of; "" for none."""
        return self._look_up(path)[0]

    def _look_up(self, path: str) -> tuple[str, IConstruct | None]:
        if path not in self._parts:
            above, _, name = path.rpartition("/")
            part, around = self._look_up(above)
            construct = None if around is None else around.node.try_find_child(name)
            part = PARTS.get(type(construct).__name__, part)
            self._parts[path] = PARTS.get(name.partition("-")[0], part), construct
        return self._parts[path]

    def findings(self, checks: Any) -> dict[str, set[str]]:
        """The rules that a pack finds broken by what is of this library, and what that is."""
        found = {
            rule: {self.part_of(path) for path in paths} - {""} for rule, paths in findings(checks, self.app).items()
        }
        return {rule: parts for rule, parts in found.items() if parts}

    def template(self) -> dict[str, Any]:
        """One template of all stacks, because each costs cfn-lint its time."""
        merged: dict[str, Any] = {"Parameters": {}, "Resources": {}}
        for number, stack in enumerate(self.app.synth().stacks):
            text = json.dumps({key: stack.template.get(key, {}) for key in merged})
            for name in [name for key in merged for name in stack.template.get(key, {})]:
                text = text.replace(f'"{name}"', f'"N{number}{name}"')
            for key, defined in json.loads(text).items():
                merged[key] |= {name: each for name, each in defined.items() if not name.endswith("BootstrapVersion")}
        return merged


@pytest.fixture(scope="module")
def combined() -> Combined:
    return Combined()


def wildcard(rule: str) -> str:
    """A wildcard as the page writes it; a finding of another kind as it is."""
    text = re.sub(r"^AwsSolutions-IAM5\[Resource::(.*)]$", r"\1", rule)
    text = re.sub(r"^arn:<AWS::Partition>:cleanrooms(-ml)?:<AWS::Region>:<AWS::AccountId>:", "", text)
    text = re.sub(r"^(arn:<AWS::Partition>:s3:::[^/]+|<\w+\.Arn>)/", "<bucket>/", text)
    return re.sub(r"^membership/[^*]+/configured", "membership/<id>/configured", text)


def test_every_wildcard_is_on_the_page_with_its_reason(combined: Combined) -> None:
    cells = [row[0] for rows in tables(PAGE) if rows[0][0] == "wildcard" for row in rows[1:]]
    documented = {each for cell in cells for each in re.findall(r"`([^`]*\*)`", cell)}
    found = {wildcard(rule) for rule in combined.findings(cdk_nag.AwsSolutionsChecks)}
    assert found - documented == set()
    assert len(found) > 5


def test_every_finding_of_the_other_packs_is_on_the_page_with_its_answer(combined: Combined) -> None:
    found: dict[str, tuple[list[str], set[str]]] = {}
    for checks, prefix in PACKS:
        for rule, parts in combined.findings(checks).items():
            packs, of = found.setdefault(rule.removeprefix(prefix), ([], set()))
            packs.append(prefix)
            of |= parts
    said = {}
    for rule, *marks, of_, _ in table(PAGE, "rule, on anything"):
        packs = [prefix for mark, (_, prefix) in zip(marks, PACKS, strict=True) if mark]
        said[rule.strip("`")] = (packs, set(of_.split(", ")))
    assert said == found


@pytest.mark.nightly("each part of the chain and models are linted in test_chain_checked.py")
def test_cfn_lint_has_nothing_to_say(combined: Combined) -> None:
    # W3005: CDK lets each function depend on its role; W3010: a VPC of CDK's has its zones by name; E3010: too many
    # resources, because the templates of all stacks are one.
    assert linted(json.dumps(combined.template()), ignore=["W3005", "W3010", "E3010"]) == []
