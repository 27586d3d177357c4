"""All sides do the same work: what they synthesise differs in the way to the custom resource alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from benchmarks import assembly
from benchmarks.cases import AWS_CUSTOM_RESOURCE, LIBRARY, SIDES, Case
from benchmarks.work import RESOURCE_TYPE, ROOT

from .resources import flat, of_type, reference, spelled_out, without_ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .resources import Resource

OUTPUT_TYPES = ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::IAM::Role")
OTHERS = [side for side in SIDES if side != LIBRARY]
Run = Any
"""Takes a side, a case and options; returns the resources of each stack."""


@pytest.fixture
def run(synthesised: Callable[..., Path]) -> Run:
    def run(side: str, case: Case, *options: str) -> list[dict[str, Resource]]:
        """The resources of each stack of a side."""
        folder = synthesised(f"benchmarks.sides.{side}", *case.arguments, "--validation", "off", *options)
        return [assembly.resources(template) for template in assembly.templates(folder)]

    return run


def output_parts(resources: dict[str, Resource]) -> Counter[str]:
    """Buckets, keys and the roles that Clean Rooms ML assumes, with everything that is said about them."""
    parts = of_type(resources, *OUTPUT_TYPES)
    said = [json.dumps(flat(without_ids(part, resources)), sort_keys=True) for part in parts]
    # The ARN of a bucket can be asked for or made from its name.
    made = f"arn:{reference({'Ref': 'AWS::Partition'})}:s3:::{reference({'Ref': 'AWS::S3::Bucket'})}"
    said = [part.replace(reference({"Fn::GetAtt": ["AWS::S3::Bucket", "Arn"]}), made) for part in said]
    return Counter(part for part in said if "lambda.amazonaws.com" not in part)


def requests(resources: dict[str, Resource]) -> list[Any]:
    """What each custom resource hands to CreateConfiguredAudienceModel."""
    found = []
    for resource in of_type(resources, RESOURCE_TYPE):
        properties = without_ids(resource["Properties"], resources)
        if "Create" in properties:
            properties = spelled_out(properties["Create"])
        found.append({name: each for name, each in properties.items() if not name.startswith("Service")})
    return found


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("output", "buckets"), [("own", 4), ("shared", 2)])
def test_so_many_models_with_so_many_outputs(run: Run, side: str, output: str, buckets: int) -> None:
    (resources,) = run(side, Case(output, 3))
    assert len(of_type(resources, RESOURCE_TYPE)) == 3
    # One more bucket is for the access logs of the others.
    assert len(of_type(resources, "AWS::S3::Bucket")) == buckets
    assert len(of_type(resources, "AWS::KMS::Key")) == buckets - 1


@pytest.mark.parametrize("side", OTHERS)
@pytest.mark.parametrize("output", ["own", "shared"])
def test_the_same_buckets_keys_and_roles_as_this_library(run: Run, side: str, output: str) -> None:
    case = Case(output, 3)
    (ours,), (theirs,) = run(LIBRARY, case), run(side, case)
    assert output_parts(theirs) == output_parts(ours)


@pytest.mark.parametrize("side", OTHERS)
def test_the_same_requests_as_this_library(run: Run, side: str) -> None:
    case = Case("own", 3)
    (ours,), (theirs,) = run(LIBRARY, case), run(side, case)
    assert [flat(each) for each in requests(theirs)] == [flat(each) for each in requests(ours)]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("output", ["own", "shared"])
def test_models_are_divided_between_stacks(run: Run, side: str, output: str) -> None:
    stacks = run(side, Case(output, 5, stacks=2))
    assert [len(of_type(resources, RESOURCE_TYPE)) for resources in stacks] == [3, 2]
    keys = sum(len(of_type(resources, "AWS::KMS::Key")) for resources in stacks)
    assert keys == (5 if output == "own" else 1)


@pytest.mark.parametrize("side", SIDES)
def test_an_update_changes_all_models_and_nothing_else(run: Run, side: str) -> None:
    case = Case("shared", 3)
    (before,), (after,) = run(side, case), run(side, case, "--min-matching-seed-size", "1000")
    changed = {before[name]["Type"] for name in before if before[name] != after[name]}
    assert changed == {RESOURCE_TYPE}
    assert sum(before[name] != after[name] for name in before) == 3
    assert before.keys() == after.keys()


@pytest.mark.parametrize("side", SIDES)
def test_the_function_may_pass_exactly_the_roles_of_the_models(run: Run, side: str) -> None:
    (resources,) = run(side, Case("own", 3))
    passed = json.dumps([each for each in find_statements(resources) if each["Action"] == "iam:PassRole"])
    roles = [
        name for name, each in resources.items() if "segments" in each.get("Properties", {}).get("Description", "")
    ]
    writers = [name for name in roles if resources[name]["Type"] == "AWS::IAM::Role"]
    assert len(writers) == 3
    assert all(writer in passed for writer in writers)
    assert "*" not in passed


def find_statements(resources: dict[str, Resource]) -> list[Any]:
    documents = [each["Properties"]["PolicyDocument"] for each in of_type(resources, "AWS::IAM::Policy")]
    for role in of_type(resources, "AWS::IAM::Role"):
        documents += [policy["PolicyDocument"] for policy in role["Properties"].get("Policies", [])]
    return [statement for document in documents for statement in document["Statement"]]


def test_an_aws_custom_resource_updates_and_deletes_too(run: Run) -> None:
    (resources,) = run(AWS_CUSTOM_RESOURCE, Case("shared", 1))
    (model,) = of_type(resources, RESOURCE_TYPE)
    said = {name: json.dumps(model["Properties"][name]) for name in ("Create", "Update", "Delete")}
    assert all(f"{name}ConfiguredAudienceModel" in call for name, call in said.items())
    assert "PHYSICAL:RESOURCEID:" in said["Update"]
    assert "PHYSICAL:RESOURCEID:" in said["Delete"]
    update = (
        botocore.session.Session().get_service_model("cleanroomsml").operation_model("UpdateConfiguredAudienceModel")
    )
    assert set(spelled_out(model["Properties"]["Update"])) == set(update.input_shape.members)


def test_a_side_runs_alone(tmp_path: Path) -> None:
    """The one that takes least; the others differ in what they define."""
    command = [sys.executable, "-m", "benchmarks.sides.l1", "--models", "1", "--outdir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    assert [path.name for path in assembly.templates(tmp_path)] == ["Models0.template.json"]
