"""The answer: its size, its content, and that it arrives."""

from __future__ import annotations

import json
import threading
from http.client import BadStatusLine
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_cleanroomsml.handler.protocol.answer import LONGEST_BODY, Answer, answer_body, put_answer

from ...worlds import USUAL
from ..scenarios.all_scenarios import nothing_left
from ..simulation.cloudformation import problems
from ..simulation.simulator import MINIMAL, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = USUAL


EVENT = {"StackId": "arn:aws:cloudformation:…", "RequestId": "r", "LogicalResourceId": "Model"}


@pytest.mark.scenario(37)
@pytest.mark.parametrize("fault", [500, 503, 408, 429, ConnectionResetError(), TimeoutError(), BadStatusLine("")])
@pytest.mark.parametrize("times", [1, 4])
def test_sending_is_tried_again_and_nothing_else_is(world: Simulator, fault: Any, times: int) -> None:
    world.cloudformation.send_faults = [fault] * times
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert world.operations() == ["Create"]
    assert len([line for line in world.log() if line["step"] == "answer"]) == times + 1
    nothing_left(world)


@pytest.mark.scenario(37)
def test_an_expired_url_is_not_tried_again(world: Simulator) -> None:
    world.cloudformation.send_faults = [403]
    world.deploy(Model=MINIMAL)
    assert world.function.deaths == []
    assert next(line["outcome"] for line in world.log() if line["step"] == "answer") == 403


@pytest.mark.scenario(37, 6)
def test_when_nothing_gets_through_the_next_delivery_answers(world: Simulator) -> None:
    world.cloudformation.send_faults = [503] * 10
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert len(world.function.deaths) == 1
    assert world.writes() == ["Create"]
    nothing_left(world)


@pytest.mark.scenario(37)
def test_how_often_and_how_fast_it_is_sent(world: Simulator) -> None:
    world.cloudformation.send_faults = [503] * 8
    sent: list[float] = []
    put = world.function.put

    def watched(url: str, body: bytes, timeout: float) -> int:
        sent.append(world.clock.now())
        return put(url, body, timeout)

    world.function.put = watched
    world.deploy(Model=MINIMAL)
    assert [line["attempt"] for line in world.log() if line["step"] == "answer"] == [*range(1, 9), 1]
    pauses = [later - earlier for earlier, later in pairwise(sent[:8])]
    assert all(1 <= pause <= most for pause, most in zip(pauses, [2, 4, 8, 16, 20, 20, 20], strict=True))


@pytest.mark.scenario(37, 36)
def test_sending_ends_before_the_lambda_does(world: Simulator) -> None:
    world.function.timeout = 41
    world.cloudformation.send_faults = [TimeoutError()] * 100
    put = world.function.put

    def slow(url: str, body: bytes, timeout: float) -> int:
        world.clock.sleep(timeout)
        return put(url, body, timeout)

    world.function.put = slow
    world.deploy(Model=MINIMAL)
    assert "the function timed out" not in world.function.deaths
    assert world.function.deaths


@pytest.mark.scenario(38)
@pytest.mark.parametrize(
    "reason", ["x" * 10_000, "ü" * 5_000, "👀" * 3_000, "\x00" * 3_000, '"\\' * 3_000, "\ud800" * 99]
)
def test_a_long_reason_keeps_its_head(reason: str) -> None:
    body = answer_body(Answer("id", reason), EVENT, "/aws/lambda/f stream")
    assert problems(body, EVENT) == []
    said = json.loads(body.decode())["Reason"]
    assert said.endswith(" (log: /aws/lambda/f stream)")
    if len(reason) > 100:
        head = said.partition("…")[0]
        assert reason.startswith(head)
        assert len(body) > LONGEST_BODY - 20


@pytest.mark.scenario(38)
def test_data_that_is_too_big_fails() -> None:
    body = answer_body(Answer("id", data={"Name": "x" * 5_000}), EVENT, "log")
    assert problems(body, EVENT) == []
    answer = json.loads(body)
    assert answer["Status"] == "FAILED"
    assert "Data" not in answer
    assert "at most 4096 are allowed" in answer["Reason"]


@pytest.mark.scenario(38)
@given(
    st.text(max_size=3_000),
    st.text(min_size=1, max_size=1_200),
    st.fixed_dictionaries({name: st.text(max_size=2_000) for name in EVENT}),
)
def test_a_body_is_always_small_enough(reason: str, physical_id: str, event: dict[str, str]) -> None:
    body = answer_body(Answer(physical_id, reason), event, "/aws/lambda/f stream")
    assert len(body) <= LONGEST_BODY
    answer = json.loads(body.decode())
    assert 1 <= len(answer["PhysicalResourceId"]) <= 1024
    assert answer["Status"] == ("FAILED" if reason else "SUCCESS")


class Receiver(BaseHTTPRequestHandler):
    """S3, as far as a presigned PUT goes."""

    status = 200
    received: list[tuple[str | None, bytes]] = []  # noqa: RUF012 - set anew by the fixture

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.headers["Content-Type"], body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Fresh", (Receiver,), {"received": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer?X-Amz-Signature=x", kind
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.scenario(37)
@pytest.mark.parametrize("status", [200, 403, 500])
def test_one_put(receiver: tuple[str, type[Receiver]], status: int) -> None:
    url, kind = receiver
    kind.status = status
    assert put_answer(url, b"{}", 5) == status
    assert kind.received == [("", b"{}")]


@pytest.mark.scenario(37)
def test_one_put_that_nobody_takes() -> None:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.server_close()
    with pytest.raises(OSError, match="refused"):
        put_answer(f"http://127.0.0.1:{server.server_port}/", b"{}", 5)


def test_ids_of_any_length_leave_room_for_the_reason() -> None:
    body = answer_body(Answer("i" * 5_000, "why"), {**EVENT, "StackId": "s" * 5_000}, "log")
    answer = json.loads(body)
    assert answer["Reason"] == "why (log: log)"
    assert len(answer["PhysicalResourceId"]) <= 1024
