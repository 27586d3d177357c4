"""Sizes as people write them: numbers, number Tokens, and Tokens of whole lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm

from cdk_cleanroomsml import AudienceSizes, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import an_audience_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
SIZES: Any = AudienceSizes


def parameter(stack: cdk.Stack, type_: str = "String") -> cdk.CfnParameter:
    return cdk.CfnParameter(stack, "Sizes", type=type_)


def bins(synth: Synth, sizes: AudienceSizes) -> Any:
    ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        audience_sizes=sizes,
    )
    return synth.request()["audienceSizeConfig"]["audienceSizeBins"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (lambda s: parameter(s, "CommaDelimitedList").value_as_list, {"Ref": "Sizes"}),
        (lambda s: parameter(s, "List<Number>").value_as_list, {"Ref": "Sizes"}),
        (lambda s: cdk.Fn.split(",", parameter(s).value_as_string), {"Fn::Split": [",", {"Ref": "Sizes"}]}),
        (lambda s: cdk.Token.as_list(parameter(s, "CommaDelimitedList").value), {"Ref": "Sizes"}),
        (
            lambda _: cdk.Fn.split(",", cdk.Fn.import_value("Sizes")),
            {"Fn::Split": [",", {"Fn::ImportValue": "Sizes"}]},
        ),
        (
            lambda s: cdk.Fn.split(",", parameter(s).value_as_string, 2),
            [{"Fn::Select": [at, {"Fn::Split": [",", {"Ref": "Sizes"}]}]} for at in (0, 1)],
        ),
        (
            lambda _: cdk.Fn.import_list_value("Sizes", 2),
            [{"Fn::Select": [at, {"Fn::Split": [",", {"Fn::ImportValue": "Sizes"}]}]} for at in (0, 1)],
        ),
        (
            lambda s: ssm.StringListParameter.value_for_typed_list_parameter(s, "/sizes"),
            {"Ref": "SsmParameterValuesizesC96584B6F00A464EAD1953AFF4B05118Parameter"},
        ),
    ],
)
def test_a_list_that_is_known_at_deployment(
    synth: Synth, given: Callable[[cdk.Stack], list[str]], written: object
) -> None:
    assert bins(synth, AudienceSizes.percentage(given(synth.stack))) == written


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (lambda s: parameter(s, "Number").value_as_number, {"Ref": "Sizes"}),
        (
            lambda s: cdk.Token.as_number(cdk.Fn.select(0, parameter(s, "CommaDelimitedList").value_as_list)),
            {"Fn::Select": [0, {"Ref": "Sizes"}]},
        ),
        (lambda s: cdk.Token.as_number(parameter(s).value_as_string), {"Ref": "Sizes"}),
    ],
)
def test_a_number_that_is_known_at_deployment(
    synth: Synth, given: Callable[[cdk.Stack], float], written: dict[str, Any]
) -> None:
    assert bins(synth, AudienceSizes.absolute(1000, given(synth.stack))) == [1000, written]


def test_the_type_may_be_a_token(synth: Synth) -> None:
    type_ = parameter(synth.stack).value_as_string
    assert bins(synth, AudienceSizes.of(type_, 5, 10)) == [5, 10]
    assert synth.request()["audienceSizeConfig"]["audienceSizeType"] == {"Ref": "Sizes"}


@pytest.mark.parametrize(
    ("write", "line"),
    [
        (lambda s: SIZES.percentage(*parameter(s, "CommaDelimitedList").value_as_list), "without the star"),
        (lambda s: SIZES.percentage(*cdk.Fn.split(",", parameter(s).value_as_string)), "without the star"),
        (lambda s: SIZES.percentage(parameter(s).value_as_string), r"write cdk\.Token\.as_number\(…\)"),
        (lambda s: SIZES.percentage(*cdk.Fn.split(",", parameter(s).value_as_string, 2)), r"as_number\(…\)"),
        (lambda _: SIZES.percentage([1, 5]), r"\[1, 5\]: write 1, 5 without the brackets"),
        (lambda _: SIZES.percentage((1, 5)), r"\(1, 5\): write 1, 5 without the brackets"),
        (lambda _: SIZES.percentage(["1", "5"]), "write '1', '5' without the brackets"),
        (lambda s: SIZES.percentage(parameter(s, "CommaDelimitedList").value_as_list, 5), "give one alone"),
        (lambda _: SIZES.of("PERCENT", 1), "must be ABSOLUTE or PERCENTAGE, got 'PERCENT'"),
        (lambda _: SIZES.percentage(1).absolute(5), "call AudienceSizes.absolute"),
        (lambda _: SIZES.percentage("1%"), "must be a whole number or a Token of a whole list, got '1%'$"),
        (lambda _: SIZES.percentage("1,5"), "got '1,5': write 1, 5$"),
        (lambda s: SIZES.percentage(parameter(s)), r"got a CfnParameter: write ….value_as_list or ….value_as_number$"),
    ],
)
def test_other_forms_are_refused_in_one_line(synth: Synth, write: Callable[[cdk.Stack], object], line: str) -> None:
    with pytest.raises(ValueError, match=line) as refused:
        write(synth.stack)
    assert len(str(refused.value).splitlines()) <= 3


def test_a_list_whose_length_is_known_has_no_more_sizes_than_there_may_be(synth: Synth) -> None:
    sizes = AudienceSizes.percentage(cdk.Fn.import_list_value("Sizes", 26))
    with pytest.raises(ValueError, match="audience_sizes must have 1 to 25 sizes, got 26"):
        bins(synth, sizes)


def test_there_is_one_way_to_write_them() -> None:
    with pytest.raises(TypeError, match=r"no constructor: write AudienceSizes.absolute\(…\) or AudienceSizes.perc"):
        SIZES("PERCENTAGE", (1,))


def test_sizes_are_values() -> None:
    assert AudienceSizes.percentage(1, 5) == AudienceSizes.of("PERCENTAGE", 1, 5)
    assert repr(AudienceSizes.absolute(10)) == "AudienceSizes(type='ABSOLUTE', bins=(10,))"
