"""What a function says in an invocation is in the log stream that its context names."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

CODE = """
import os, time

def handler(event, context):
    print("said", event["word"])
    if event.get("ends"):
        os._exit(1)
    assert context.log_stream_name == os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
    return context.log_stream_name
"""


def test_a_stream_for_each_process(engine: Engine) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        file = zipfile.ZipInfo("index.py")
        file.external_attr = 0o644 << 16
        archive.writestr(file, CODE)
    client, logs = engine.client("lambda"), engine.client("logs")
    client.create_function(
        FunctionName="whereabouts",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::111122223333:role/function",
        Code={"ZipFile": content.getvalue()},
        LoggingConfig={"LogGroup": "group"},
    )

    def invoke(word: str, **more: bool) -> str:
        answer = client.invoke(FunctionName="whereabouts", Payload=json.dumps({"word": word, **more}))
        return str(json.load(answer["Payload"]))

    def said(stream: str) -> list[str]:
        events = logs.get_log_events(logGroupName="group", logStreamName=stream, startFromHead=True)["events"]
        return [each["message"] for each in events if each["message"].startswith("said")]

    first, second = invoke("one"), invoke("two")
    invoke("three", ends=True)
    third = invoke("four")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", first)
    assert first == second != third
    assert [said(first), said(third)] == [["said one", "said two", "said three"], ["said four"]]
