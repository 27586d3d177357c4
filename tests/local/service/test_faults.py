"""Faults on demand, as a client sees them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from cdk_cleanroomsml.local.service import Fault, RolePropagation, client

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import CleanRoomsML

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

CREATE = "CreateConfiguredAudienceModel"


def count(ml: Any) -> int:
    return len(ml.list_configured_audience_models()["configuredAudienceModels"])


@pytest.fixture
def model(ml: Any, request_: dict[str, Any]) -> str:
    return str(ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"])


def test_the_next_calls_fail(ml: Any, service: CleanRoomsML, request_: dict[str, Any]) -> None:
    fault = Fault(CREATE, times=2, error="ServiceQuotaExceededException", message="no more")
    fault.members = {"quotaName": "models", "quotaValue": 3}
    service.faults.add(fault)
    for _ in range(2):
        with pytest.raises(ml.exceptions.ServiceQuotaExceededException, match="no more") as caught:
            ml.create_configured_audience_model(**request_)
        assert (caught.value.response["quotaName"], caught.value.response["quotaValue"]) == ("models", 3)
    assert count(ml) == 0
    ml.create_configured_audience_model(**request_)
    assert count(ml) == 1


def test_only_of_the_named_operation(ml: Any, service: CleanRoomsML) -> None:
    service.faults.add(Fault(CREATE))
    assert count(ml) == 0


def test_of_every_operation_until_it_is_removed(ml: Any, service: CleanRoomsML) -> None:
    service.faults.add(Fault("*", error="ThrottlingException", times=None))
    for call in (ml.list_configured_audience_models, ml.list_audience_models, ml.list_training_datasets):
        with pytest.raises(ml.exceptions.ThrottlingException):
            call()
    service.faults.queue.clear()
    assert count(ml) == 0


def test_one_after_the_other(ml: Any, service: CleanRoomsML) -> None:
    service.faults.add(Fault("*", error="ThrottlingException"), Fault("*", error="AccessDeniedException"))
    with pytest.raises(ml.exceptions.ThrottlingException):
        count(ml)
    with pytest.raises(ml.exceptions.AccessDeniedException):
        count(ml)
    assert count(ml) == 0


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize(
    ("kind", "seen", "outcome"),
    [
        ("connection_lost", ConnectionClosedError, "ConnectionLost"),
        ("hang", ReadTimeoutError, "Hang"),
        ("error", None, "InternalServiceException"),
    ],
)
def test_before_or_after_the_effect(
    ml: Any, service: CleanRoomsML, request_: dict[str, Any], kind: Any, seen: Any, outcome: str, after_effect: bool
) -> None:
    service.faults.add(Fault(CREATE, kind, after_effect=after_effect))
    with pytest.raises(seen or ml.exceptions.InternalServiceException):
        ml.create_configured_audience_model(**request_)
    call = service.calls[-1]
    assert (call.operation, call.outcome, call.took_effect) == (CREATE, outcome, after_effect)
    assert count(ml) == int(after_effect)


def test_a_call_that_fails_by_itself_uses_no_later_fault_up(
    ml: Any, service: CleanRoomsML, request_: dict[str, Any]
) -> None:
    service.faults.add(Fault(CREATE, after_effect=True))
    with pytest.raises(ml.exceptions.ResourceNotFoundException):
        ml.create_configured_audience_model(**request_ | {"audienceModelArn": request_["audienceModelArn"] + "x"})
    with pytest.raises(ml.exceptions.InternalServiceException):
        ml.create_configured_audience_model(**request_)


def test_botocore_retries_what_it_sees(service: CleanRoomsML, request_: dict[str, Any]) -> None:
    service.faults.add(Fault(CREATE, "connection_lost", after_effect=True))
    retrying = client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 2}))
    retrying.create_configured_audience_model(**request_)
    assert count(retrying) == 2


def test_slow(ml: Any, service: CleanRoomsML, clock: Any) -> None:
    service.faults.add(Fault("ListConfiguredAudienceModels", "slow", seconds=20))
    before = clock()
    assert count(ml) == 0
    assert (clock() - before).total_seconds() == 20


def test_delete_is_refused_until_released(ml: Any, service: CleanRoomsML, model: str) -> None:
    service.faults.refuse_delete = True
    for _ in range(2):
        with pytest.raises(ml.exceptions.ConflictException, match=model):
            ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    service.faults.refuse_delete = False
    ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    assert count(ml) == 0


def test_a_new_role_takes_its_time(ml: Any, service: CleanRoomsML, request_: dict[str, Any]) -> None:
    service.faults.role_propagation = RolePropagation(calls=2)
    for _ in range(2):
        with pytest.raises(ml.exceptions.ValidationException, match="not authorized to assume the role"):
            ml.create_configured_audience_model(**request_)
    arn = ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"]
    # The role is known by now; another one isn't.
    ml.update_configured_audience_model(configuredAudienceModelArn=arn, outputConfig=request_["outputConfig"])
    service.faults.role_propagation = RolePropagation(1, "AccessDeniedException", "not yet")
    other = request_["outputConfig"] | {"roleArn": "arn:aws:iam::111122223333:role/other"}
    with pytest.raises(ml.exceptions.AccessDeniedException, match="not yet"):
        ml.update_configured_audience_model(configuredAudienceModelArn=arn, outputConfig=other)
    ml.update_configured_audience_model(configuredAudienceModelArn=arn, outputConfig=other)
    ml.update_configured_audience_model(configuredAudienceModelArn=arn, description="no role")


def test_lists_lag_behind_create(ml: Any, service: CleanRoomsML, request_: dict[str, Any]) -> None:
    service.faults.list_lag = 2
    arn = ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"]
    assert ml.get_configured_audience_model(configuredAudienceModelArn=arn)["name"] == "lookalikes"
    assert [count(ml) for _ in range(4)] == [0, 0, 1, 1]


def test_deletes_lag(ml: Any, service: CleanRoomsML, model: str) -> None:
    service.faults.delete_lag = 2
    ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    assert count(ml) == 1
    with pytest.raises(ml.exceptions.ResourceNotFoundException):
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    for _ in range(2):
        ml.get_configured_audience_model(configuredAudienceModelArn=model)
    with pytest.raises(ml.exceptions.ResourceNotFoundException):
        ml.get_configured_audience_model(configuredAudienceModelArn=model)
    assert count(ml) == 0


def test_two_threads_share_no_fault(service: CleanRoomsML) -> None:
    service.faults.add(Fault("*", error="ThrottlingException", times=50))

    def call(_: int) -> int:
        return service.handle("GET", "/audience-model", {}, {}, b"", account="1", region="us-east-1").status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(call, range(80))) == [200] * 30 + [429] * 50


def test_so_many_requests_a_second(ml: Any, service: CleanRoomsML) -> None:
    """As a token bucket has it: what isn't used is kept, for a second; whatever the operation; each account its own."""
    service.faults.requests_a_second = 2

    def taken(calls: int) -> int:
        taken = 0
        for _ in range(calls):
            with suppress(ml.exceptions.ThrottlingException):
                taken += bool(ml.list_audience_models())
        return taken

    assert taken(5) == 2
    service.advance(1)
    assert taken(5) == 2
    service.advance(60)
    assert taken(5) == 2
    service.advance(0.5)
    assert taken(5) == 1
    other = client(service, account="444455556666")
    other.list_audience_models()
    service.faults.requests_a_second = 0
    assert taken(5) == 5
