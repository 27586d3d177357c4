"""The constraints at synth time are those of the API: read from botocore's model, not typed in twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest

from cdk_cleanroomsml import AudienceSizes
from cdk_cleanroomsml.common import limits
from cdk_cleanroomsml.common.problems import Problems
from cdk_cleanroomsml.configured_audience_model.audience_sizes import check_audience_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape

MODEL = botocore.session.get_session().get_service_model("cleanroomsml")


def shape(name: str) -> Any:
    found: Shape = MODEL.shape_for(name)
    return found


def bounds(name: str) -> tuple[int, int]:
    metadata = shape(name).metadata
    return metadata["min"], metadata["max"]


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        (limits.NAME_LENGTH, "NameString"),
        (limits.DESCRIPTION_LENGTH, "ResourceDescription"),
        (limits.ARN_LENGTH, "AudienceModelArn"),
        (limits.S3_URI_LENGTH, "S3Path"),
        (limits.MIN_MATCHING_SEED_SIZE, "MinMatchingSeedSize"),
        (limits.AUDIENCE_SIZE_BINS, "AudienceSizeBins"),
        (limits.AUDIENCE_SIZE, "AudienceSizeValue"),
        (limits.TAG_KEY_LENGTH, "TagKey"),
        (limits.TAG_VALUE_LENGTH, "TagValue"),
    ],
)
def test_a_limit_is_the_models(limit: tuple[int, int], name: str) -> None:
    assert limit == bounds(name)


@pytest.mark.parametrize("kind", ["training-dataset", "audience-model", "configured-audience-model"])
def test_the_arn_pattern_is_the_models(kind: str) -> None:
    name = kind.title().replace("-", "") + "Arn"
    assert shape(name).metadata["pattern"] == limits.ARN_PATTERN.format(kind=kind)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [(limits.NAME_PATTERN, "NameString"), (limits.DESCRIPTION_PATTERN, "ResourceDescription")],
)
def test_a_text_pattern_allows_what_the_models_does(pattern: str, name: str) -> None:
    # The model's pattern has a broken range for what lies beyond U+FFFF; on the rest the two must agree.
    theirs = re.compile(shape(name).metadata["pattern"].replace(r"\uD800\uDBFF-\uDC00\uDFFF", ""))
    ours = re.compile(pattern)
    for code in [*range(0xD800), *range(0xE000, 0x10000)]:
        text = "a" + chr(code)
        assert bool(ours.fullmatch(text)) == bool(theirs.fullmatch(text)), hex(code)
    assert ours.fullmatch("\U0001f600")
    assert bool(ours.fullmatch(" \t")) == bool(theirs.fullmatch(" \t"))


def problems(check: Callable[[Problems], None]) -> list[str]:
    found = Problems(cdk.Stack(), "Model")
    check(found)
    return found.found


@pytest.mark.parametrize("limit", [(25, 500_000), (1, 100)])
def test_a_number_is_checked_on_both_sides(limit: tuple[int, int]) -> None:
    least, most = limit
    for good in (least, most, float(most)):
        assert problems(lambda p, n=good: p.number("n", n, limit)) == []  # type: ignore[misc]
    for bad in (least - 1, most + 1, least + 0.5, float("inf"), float("nan"), True):
        assert len(problems(lambda p, n=bad: p.number("n", n, limit))) == 1  # type: ignore[misc]


@pytest.mark.parametrize("limit", [(1, 63), (20, 2048)])
def test_a_length_is_checked_on_both_sides(limit: tuple[int, int]) -> None:
    least, most = limit
    for good in (least, most):
        assert problems(lambda p, n=good: p.text("t", "x" * n, length=limit)) == []  # type: ignore[misc]
    for bad in (least - 1, most + 1):
        (problem,) = problems(lambda p, n=bad: p.text("t", "x" * n, length=limit))  # type: ignore[misc]
        assert f"got {bad}" in problem


@pytest.mark.parametrize(("count", "fine"), [(0, False), (1, True), (25, True), (26, False)])
def test_the_number_of_sizes(count: int, fine: bool) -> None:
    found = problems(lambda p: check_audience_sizes(p, "sizes", AudienceSizes.absolute(*range(1, count + 1))))
    assert (found == []) is fine


@pytest.mark.parametrize(
    ("sizes", "fine"),
    [
        (AudienceSizes.absolute(1, 20_000_000), True),
        (AudienceSizes.absolute(0), False),
        (AudienceSizes.absolute(20_000_001), False),
        (AudienceSizes.percentage(1, 100), True),
        (AudienceSizes.percentage(101), False),
    ],
)
def test_a_size_is_checked_by_its_type(sizes: AudienceSizes, fine: bool) -> None:
    assert (problems(lambda p: check_audience_sizes(p, "sizes", sizes)) == []) is fine


def test_a_size_is_offered_once_and_in_the_order_given() -> None:
    (problem,) = problems(lambda p: check_audience_sizes(p, "sizes", AudienceSizes.percentage(10, 1, 10)))
    assert "[10]" in problem
    assert AudienceSizes.percentage(10, 1).bins == (10, 1)


@pytest.mark.parametrize(
    ("tags", "fine"),
    [
        ({f"key{n}": "" for n in range(47)}, True),
        ({f"key{n}": "" for n in range(48)}, False),
        ({"": "x"}, False),
        ({"k" * 128: "v" * 256}, True),
        ({"k" * 129: "v"}, False),
        ({"k": "v" * 257}, False),
        ({"Ünïcode + - = . _ : / @": "Ünïcode + - = . _ : / @"}, True),
        ({"k": "v!"}, False),
        ({"k": "two\nlines"}, False),
        ({"k": "tab\t"}, False),
        ({"k": "no-break\u00a0space"}, True),
        ({"AWS:k": "v"}, False),
        ({"awsome": "aws:fine"}, True),
    ],
)
def test_tags(tags: dict[str, str], fine: bool) -> None:
    assert (problems(lambda p: p.tags("tags", tags)) == []) is fine


def test_what_is_only_known_at_deployment_passes() -> None:
    text, number = cdk.Lazy.string(_producer()), cdk.Token.as_number({"Ref": "N"})
    check = Problems(cdk.Stack(), "Model")
    check.text("t", text, length=(1, 2), pattern="x")
    check.number("n", number, (1, 2))
    check_audience_sizes(check, "sizes", AudienceSizes.percentage(number))
    check.tags("tags", {"k": text})
    check.raise_if_any()


def _producer() -> cdk.IStableStringProducer:
    import jsii

    @jsii.implements(cdk.IStableStringProducer)
    class Producer:
        def produce(self) -> str:
            return "later"

    return Producer()
