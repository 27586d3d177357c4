"""Lambda reads no code that only its owner may read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine


class TestUnreadableCode:
    """aws-cdk #8233: Lambda runs as another user than the one that packed the code."""

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o750])
    def test_no_answer_ever_comes(self, stacks: Any, zipped: Any, mode: int) -> None:
        stacks.change_code(zipped("def handler(event, context): pass", mode))
        assert stacks.create({"Thing": stacks.custom(timeout=20)}) == "ROLLBACK_FAILED"
        assert stacks.reason("Thing").startswith("CloudFormation did not receive a response")

    @pytest.mark.parametrize("mode", [0o644, 0o755])
    def test_everybody_may_read_it(self, engine: Engine, stacks: Any, zipped: Any, mode: int) -> None:
        stacks.change_code(zipped("def handler(event, context): return 1", mode))
        answer = engine.client("lambda").invoke(FunctionName="provider")
        assert "FunctionError" not in answer

    def test_what_stands_in_a_template_can_be_read(self, engine: Engine, stacks: Any) -> None:
        role = "arn:aws:iam::111122223333:role/provider"
        code = {"ZipFile": "def handler(event, context): return 1"}
        properties = {"FunctionName": "inline", "Code": code, "Handler": "index.handler", "Role": role}
        function = {"Type": "AWS::Lambda::Function", "Properties": {**properties, "Runtime": "python3.14"}}
        assert stacks.create({"Function": function}) == "CREATE_COMPLETE"
        assert "FunctionError" not in engine.client("lambda").invoke(FunctionName="inline")

    def test_the_invocation_says_which_file(self, engine: Engine, stacks: Any, zipped: Any) -> None:
        stacks.change_code(zipped("def handler(event, context): return 1", 0o640))
        answer = engine.client("lambda").invoke(FunctionName="provider")
        assert answer["FunctionError"] == "Unhandled"
        assert json.load(answer["Payload"])["errorMessage"] == "[Errno 13] Permission denied: '/var/task/index.py'"
