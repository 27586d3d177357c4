"""Custom resources: what their functions are sent, how often, and what becomes of their answers."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cdk_cleanroomsml.local.pins import EngineError

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

CRASH = {"crash": "before"}
FAILED = {"answer": {"Status": "FAILED", "Reason": "it is wrong", "PhysicalResourceId": "half-made"}}


class TestDeleteAfterFailedCreate:
    def test_with_the_id_of_the_response(self, stacks: Any) -> None:
        assert stacks.create({"Thing": stacks.custom(Create=[FAILED])}) == "ROLLBACK_COMPLETE"
        assert stacks.sent() == [("Create", "Thing", None), ("Delete", "Thing", "half-made")]
        assert "it is wrong" in stacks.reason("Thing")

    @pytest.mark.parametrize("step", [{"raw": "nonsense"}, {"answer": {"PhysicalResourceId": None}}])
    def test_with_an_id_that_cloudformation_invents_when_there_is_none(self, stacks: Any, step: dict[str, Any]) -> None:
        assert stacks.create({"Thing": stacks.custom(Create=[step])}) == "ROLLBACK_COMPLETE"
        create, (kind, logical_id, invented) = stacks.sent()
        assert (create, kind, logical_id) == (("Create", "Thing", None), "Delete", "Thing")
        assert re.fullmatch("stack-Thing-[0-9A-Z]{13}", invented)

    def test_a_delete_that_fails_fails_the_rollback(self, stacks: Any) -> None:
        resources = {"Thing": stacks.custom(Create=[FAILED], Delete=[FAILED])}
        assert stacks.create(resources) == "ROLLBACK_FAILED"

    def test_in_an_update_that_adds_the_resource(self, stacks: Any) -> None:
        old = {"Old": stacks.custom()}
        stacks.create(old)
        new = old | {"New": stacks.custom(Create=[FAILED])}
        assert stacks.update(new) == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.sent()[-1] == ("Delete", "New", "half-made")
        assert set(stacks.resources()) == {"Old"}

    def test_without_rollback_the_failed_resource_stays_until_the_stack_goes(self, stacks: Any) -> None:
        resources = {"Thing": stacks.custom(Create=[FAILED])}
        assert stacks.create(resources, DisableRollback=True) == "CREATE_FAILED"
        assert stacks.resources() == {"Thing": ("half-made", "CREATE_FAILED")}
        assert stacks.delete() == "DELETE_COMPLETE"
        assert stacks.sent()[-1] == ("Delete", "Thing", "half-made")

    def test_an_update_after_a_create_without_rollback_creates_anew(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom(Create=[FAILED])}, DisableRollback=True)
        assert stacks.update_without_rollback({"Thing": stacks.custom()}) == "UPDATE_COMPLETE"
        assert [kind for kind, *_ in stacks.sent()] == ["Create", "Delete", "Create"]
        assert stacks.resources() == {"Thing": ("made", "CREATE_COMPLETE")}


class TestLookAtTheOwnResource:
    """API reference, StackResourceDetail: its status, and its physical id once it has one."""

    def test_at_each_request(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom(look=True)})
        replaced = [{"answer": {"PhysicalResourceId": "replaced"}}]
        assert stacks.update({"Thing": stacks.custom(look=True, Update=replaced)}) == "UPDATE_COMPLETE"
        assert stacks.delete() == "DELETE_COMPLETE"
        assert [(each["RequestType"], each["seen"]["status"], each["seen"]["id"]) for each in stacks.events()] == [
            ("Create", "CREATE_IN_PROGRESS", ""),
            ("Update", "UPDATE_IN_PROGRESS", "made"),
            ("Delete", "UPDATE_COMPLETE", "replaced"),
            ("Delete", "DELETE_IN_PROGRESS", "replaced"),
        ]
        assert all(0 <= each["seen"]["since"] < 30 for each in stacks.events())

    def test_when_it_is_new_in_an_update_and_rolled_back(self, stacks: Any) -> None:
        old = {"Old": stacks.custom(look=True)}
        stacks.create(old)
        changed = stacks.custom(look=True, Update=[{}])
        stacks.update({"Old": changed, "New": stacks.custom(look=True, depends_on="Old", Create=[FAILED])})
        assert [
            (each["LogicalResourceId"], each["seen"]["status"], each["seen"]["id"]) for each in stacks.events()
        ] == [
            ("Old", "CREATE_IN_PROGRESS", ""),
            ("Old", "UPDATE_IN_PROGRESS", "made"),
            ("New", "CREATE_IN_PROGRESS", ""),
            ("Old", "UPDATE_IN_PROGRESS", "made"),
            ("New", "DELETE_IN_PROGRESS", "half-made"),
        ]

    def test_takes_the_permission_for_the_own_stack(self, guarded_stacks: Any, guarded_engine: Engine) -> None:
        def seen_after_update(step: dict[str, Any]) -> str:
            guarded_stacks.update({"Thing": guarded_stacks.custom(Update=[step])}, outputs)
            return str(guarded_stacks.outputs()["Seen"])

        def allow(stack_id: str) -> None:
            statement = {"Effect": "Allow", "Action": "cloudformation:DescribeStackResource", "Resource": stack_id}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            guarded_engine.client("iam").put_role_policy(
                RoleName="provider", PolicyName="look", PolicyDocument=document
            )

        outputs = {"Seen": {"Value": {"Fn::GetAtt": ["Thing", "seen"]}}}
        guarded_stacks.create({"Thing": guarded_stacks.custom()}, outputs)
        assert "AccessDenied" in guarded_stacks.outputs()["Seen"]
        own = guarded_stacks.stack_id()
        allow(own.replace("stack/stack/", "stack/other/"))
        assert "AccessDenied" in seen_after_update({"change": 1})
        allow(own)
        assert seen_after_update({"change": 2}) == "UPDATE_IN_PROGRESS"


class TestAsynchronousRetries:
    def test_the_same_event_twice_more(self, stacks: Any) -> None:
        assert stacks.create({"Thing": stacks.custom(Create=[CRASH, CRASH, {}])}) == "CREATE_COMPLETE"
        events = stacks.events()
        assert [event["RequestType"] for event in events] == ["Create"] * 3
        assert len({(event["RequestId"], event["ResponseURL"].partition("?")[0]) for event in events}) == 1

    def test_an_event_is_as_old_as_it_would_be_on_aws(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom(look=True, Create=[CRASH, CRASH, {}])})
        ages = [round((event["at"] - sent_at(event)) / 60) for event in stacks.events()]
        assert ages == [0, 1, 3]
        assert [round(event["seen"]["since"] / 60) for event in stacks.events()] == ages

    def test_no_answer_at_all(self, stacks: Any, until: Any) -> None:
        thing = stacks.custom(Create=[CRASH, CRASH, CRASH, {}], timeout=4)
        assert stacks.create({"Thing": thing}) == "ROLLBACK_COMPLETE"
        assert stacks.reason("Thing").startswith("CloudFormation did not receive a response")
        until(lambda: len(stacks.sent()) == 4)
        assert sorted(kind for kind, *_ in stacks.sent()) == ["Create"] * 3 + ["Delete"]

    def test_as_many_as_the_function_allows(self, stacks: Any, engine: Engine) -> None:
        engine.client("lambda").put_function_event_invoke_config(FunctionName="provider", MaximumRetryAttempts=1)
        thing = stacks.custom(Create=[CRASH, {"answer": {"Status": "FAILED", "Reason": "second"}}])
        assert stacks.create({"Thing": thing}) == "ROLLBACK_COMPLETE"
        assert "Message returned: second (" in stacks.reason("Thing")
        engine.client("lambda").put_function_event_invoke_config(FunctionName="provider", MaximumRetryAttempts=0)
        assert stacks.delete() == "DELETE_COMPLETE"
        stacks.create({"Thing": stacks.custom(Create=[CRASH, {}], timeout=2)})
        assert [kind for kind, *_ in stacks.sent()].count("Create") == 3

    def test_a_crash_after_the_response_is_retried_too(self, stacks: Any, until: Any) -> None:
        stacks.create({"Thing": stacks.custom(Create=[{"crash": "after"}, {}])})
        until(lambda: len(stacks.events()) == 2)

    def test_updates_and_deletes_are_retried(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom(Delete=[CRASH, {}])})
        changed = {"Thing": stacks.custom(Update=[CRASH, {}], Delete=[CRASH, {}])}
        assert stacks.update(changed) == "UPDATE_COMPLETE"
        assert stacks.delete() == "DELETE_COMPLETE"
        assert [kind for kind, *_ in stacks.sent()] == ["Create", "Update", "Update", "Delete", "Delete"]


class TestDeliveries:
    def test_once_more_at_any_later_time(self, stacks: Any, engine: Engine) -> None:
        """Lambda developer guide, "Asynchronous invocation": the same event may come more than once."""
        stacks.create({"Thing": stacks.custom()})
        stacks.update({"Thing": stacks.custom(Update=[{}])})
        engine.redeliver("Create", "Thing", seconds=3600)
        first, _, again = stacks.events()
        assert again["RequestId"] == first["RequestId"]
        assert round((again["at"] - sent_at(again)) / 3600) == 1
        assert stacks.resources() == {"Thing": ("made", "UPDATE_COMPLETE")}

    @pytest.mark.parametrize("signature", ["v4", "v2"])
    def test_a_url_that_is_over_takes_no_answer(self, stacks: Any, engine: Engine, signature: str) -> None:
        """S3 user guide, "Uploading objects with presigned URLs": the signature has an end."""
        engine.set_switches(response_url_signature=signature)
        stacks.create({"Thing": stacks.custom()})
        engine.redeliver("Create", "Thing", seconds=7_300)
        url = stacks.events()[-1]["ResponseURL"]
        assert put(url) == 403
        assert put(stacks.events()[0]["ResponseURL"]) == 200

    def test_an_old_signature_covers_the_content_type(self, stacks: Any, engine: Engine) -> None:
        """ "cfn-response module": it sends an empty one, because CloudFormation signs without any."""
        engine.set_switches(response_url_signature="v2")
        stacks.create({"Thing": stacks.custom()})
        assert put(stacks.events()[0]["ResponseURL"], "application/json") == 403
        engine.set_switches(response_url_signature="v4")
        stacks.update({"Thing": stacks.custom(Update=[{}])})
        assert put(stacks.events()[-1]["ResponseURL"], "application/json") == 200

    def test_only_of_what_was_sent(self, stacks: Any, engine: Engine) -> None:
        stacks.create({"Thing": stacks.custom()})
        with pytest.raises(EngineError, match="there are 1 requests of type Create for Thing, no number 1"):
            engine.redeliver("Create", "Thing", number=1)

    @pytest.mark.parametrize("repeat", [False, True])
    def test_a_request_id_may_be_used_again(self, stacks: Any, engine: Engine, repeat: bool) -> None:
        """aws-cdk #35957."""
        engine.set_switches(request_ids_repeat=repeat)
        stacks.create({"Thing": stacks.custom()})
        for number in range(2):
            stacks.update({"Thing": stacks.custom(Update=[{"number": number}])})
        ids = [each["RequestId"] for each in stacks.events()]
        assert len(set(ids)) == (2 if repeat else 3)

    @pytest.mark.parametrize("seconds", [7199, 7200])
    def test_the_url_says_how_long_it_is_valid(self, stacks: Any, engine: Engine, seconds: int) -> None:
        engine.set_switches(response_url_seconds=seconds)
        stacks.create({"Thing": stacks.custom()})
        assert queried(stacks.events()[0])["X-Amz-Expires"] == [str(seconds)]

    def test_an_old_url_says_only_when_it_expires(self, stacks: Any, engine: Engine) -> None:
        engine.set_switches(response_url_signature="v2")
        assert stacks.create({"Thing": stacks.custom(Create=[CRASH, {}])}) == "CREATE_COMPLETE"
        queries = [queried(event) for event in stacks.events()]
        assert [set(query) for query in queries] == [{"AWSAccessKeyId", "Expires", "Signature"}] * 2
        ages = [
            event["at"] - int(query["Expires"][0]) + 7200 for event, query in zip(stacks.events(), queries, strict=True)
        ]
        assert [round(age / 60) for age in ages] == [0, 1]

    @pytest.mark.parametrize("status", [301, 307, 400, 403, 404, 409, 500, 503])
    def test_an_answer_may_be_refused(self, stacks: Any, engine: Engine, status: int) -> None:
        engine.set_faults(response_statuses=[status])
        outputs = {name: {"Value": {"Fn::GetAtt": ["Thing", name]}} for name in ("Refused", "Location")}
        assert stacks.create({"Thing": stacks.custom(Create=[{"refused": True}])}, outputs) == "CREATE_COMPLETE"
        assert stacks.outputs()["Refused"] == str(status)
        assert stacks.outputs()["Location"].startswith("http://127.0.0.1:")


def put(url: str, content_type: str = "") -> int:
    """Sends an answer that nobody waits for, and returns the HTTP status."""
    target = urlsplit(url)
    connection = HTTPConnection(target.netloc)
    connection.request("PUT", f"{target.path}?{target.query}", b"{}", {"Content-Type": content_type})
    with connection.getresponse() as response:
        return response.status


def sent_at(event: dict[str, Any]) -> float:
    """When CloudFormation presigned the response URL, seconds since the epoch."""
    sent = datetime.strptime(queried(event)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
    return sent.replace(tzinfo=timezone.utc).timestamp()


def queried(event: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(urlsplit(event["ResponseURL"]).query)
