"""Operations of a stack that overlap, are cancelled and rolled back, as CloudFormation documents them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cdk_cleanroomsml.local.pins import EngineError

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

FAILED = {"answer": {"Status": "FAILED", "Reason": "it is wrong", "PhysicalResourceId": "half-made"}}
CREATE_CANCELLED = "Resource creation cancelled"
UPDATE_CANCELLED = "Resource update cancelled"
INVENTED = "stack-Slow-[0-9A-Z]{13}"


class TestSettle:
    def test_a_stack_is_at_rest_when_its_operation_has_ended(self, engine: Engine, stacks: Any) -> None:
        stacks.begin("create", {"Thing": stacks.custom(Create=[{"wait": "end"}])})
        stacks.wait_for("Create")
        with pytest.raises(EngineError, match=r"still under way: the stack stack \(CREATE_IN_PROGRESS\)"):
            engine.settle(seconds=0)
        stacks.open("end")
        engine.settle()
        assert stacks.status() == "CREATE_COMPLETE"
        stacks.cloudformation.delete_stack(StackName="stack")
        engine.settle()
        assert stacks.cloudformation.describe_stacks()["Stacks"] == []

    def test_one_that_is_only_under_review_is_at_rest(self, engine: Engine, stacks: Any) -> None:
        body = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
        stacks.cloudformation.create_change_set(
            StackName="stack", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body
        )
        engine.settle(seconds=10)
        assert stacks.status() == "REVIEW_IN_PROGRESS"


class TestSideBySide:
    """User guide, "DependsOn attribute": what doesn't depend on each other is created in parallel."""

    def test_creates_updates_and_deletes(self, stacks: Any) -> None:
        def pair(*kinds: str) -> dict[str, Any]:
            """Each waits for what the other opens."""
            first = {kind: [{"open": f"{kind}-1", "wait": f"{kind}-2"}] for kind in kinds}
            second = {kind: [{"open": f"{kind}-2", "wait": f"{kind}-1"}] for kind in kinds}
            return {"First": stacks.custom(**first), "Second": stacks.custom(**second)}

        assert stacks.create(pair("Create")) == "CREATE_COMPLETE"
        assert stacks.update(pair("Update", "Delete")) == "UPDATE_COMPLETE"
        assert stacks.delete() == "DELETE_COMPLETE"

    def test_not_what_depends_on_each_other(self, stacks: Any) -> None:
        def chain(**steps: Any) -> dict[str, Any]:
            names = ["C", "A", "B"]
            return {
                name: stacks.custom(depends_on=needed, **steps)
                for name, needed in zip(names, [None, *names], strict=False)
            }

        stacks.create(chain())
        stacks.update(chain(Update=[{}]))
        stacks.delete()
        order = [name for _, name, _ in stacks.sent()]
        assert order == ["C", "A", "B", "C", "A", "B", "B", "A", "C"]

    def test_what_left_the_template_goes_last(self, stacks: Any) -> None:
        """User guide, "Update behaviors of stack resources": the clean-up follows all updates."""
        stacks.create({"Gone": stacks.custom(), "Kept": stacks.custom(depends_on="Gone")})
        replaced = [{"answer": {"PhysicalResourceId": "replaced"}}]
        new = {"Kept": stacks.custom(Update=replaced), "Added": stacks.custom(depends_on="Kept")}
        assert stacks.update(new) == "UPDATE_COMPLETE"
        assert stacks.sent()[2:] == [
            ("Update", "Kept", "made"),
            ("Create", "Added", None),
            ("Delete", "Kept", "made"),
            ("Delete", "Gone", "made"),
        ]
        statuses = [status for _, status, _ in stacks.told("stack")]
        assert statuses[-3:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]

    def test_a_clean_up_gives_up(self, stacks: Any) -> None:
        stacks.create({"Stuck": stacks.custom(Delete=[FAILED]), "Kept": stacks.custom()})
        assert stacks.update({"Kept": stacks.custom()}) == "UPDATE_COMPLETE"
        assert [each[0] for each in stacks.sent()].count("Delete") == 3
        assert set(stacks.resources()) == {"Kept"}


class TestCancelled:
    """aws-cdk #26139, cloudformation-coverage-roadmap #1730 and #1814: nobody waits for what was cancelled."""

    def test_a_create_by_another_ones_failure(self, stacks: Any) -> None:
        # The Create answers only once the Delete is there.
        slow = stacks.custom(look=True, Create=[{"open": "begun", "wait": "deleting"}], Delete=[{"open": "deleting"}])
        bad = stacks.custom(Create=[{**FAILED, "wait": "begun"}])
        assert stacks.create({"Slow": slow, "Bad": bad}) == "ROLLBACK_COMPLETE"
        assert ("Slow", "CREATE_FAILED", CREATE_CANCELLED) in stacks.told("Slow")
        sent = [each for each in stacks.events() if each["LogicalResourceId"] == "Slow"]
        delete = next(each for each in sent if each["RequestType"] == "Delete")
        assert re.fullmatch(INVENTED, delete["PhysicalResourceId"])
        assert (delete["seen"]["status"], delete["seen"]["id"]) == ("DELETE_IN_PROGRESS", delete["PhysicalResourceId"])
        reason = "The following resource(s) failed to create: [Bad, Slow]. Rollback requested by user."
        assert ("stack", "ROLLBACK_IN_PROGRESS", reason) in stacks.told("stack")

    def test_an_update_by_another_ones_failure(self, stacks: Any) -> None:
        old = {"Slow": stacks.custom(Update=[{"open": "back"}]), "Bad": stacks.custom()}
        stacks.create(old)
        slow = stacks.custom(Update=[{"open": "begun", "wait": "back"}], New=[])
        new = {"Slow": slow, "Bad": stacks.custom(Update=[{**FAILED, "wait": "begun"}])}
        assert stacks.update(new) == "UPDATE_ROLLBACK_COMPLETE"
        slow = [status for _, status, _ in stacks.told("Slow")][-4:]
        assert slow == ["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
        assert stacks.reason("Slow") == UPDATE_CANCELLED
        sent = [each for each in stacks.events() if each["LogicalResourceId"] == "Slow"]
        assert [each["RequestType"] for each in sent] == ["Create", "Update", "Update"]
        assert sent[2]["ResourceProperties"] == sent[1]["OldResourceProperties"]
        assert sent[2]["OldResourceProperties"] == sent[1]["ResourceProperties"]

    def test_a_late_answer_counts_for_nothing(self, stacks: Any) -> None:
        late = {"wait": "late", "open": "begun", "answer": {"PhysicalResourceId": "late"}}
        slow = stacks.custom(Create=[late], Delete=[{}])
        bad = stacks.custom(Create=[{**FAILED, "wait": "begun"}])
        assert stacks.create({"Slow": slow, "Bad": bad}) == "ROLLBACK_COMPLETE"
        told, stack_id = stacks.told("Slow", "stack"), stacks.stack_id()
        stacks.open("late")
        assert stacks.delete() == "DELETE_COMPLETE"
        assert told == stacks.told("Slow", "stack", stack=stack_id)[: len(told)]
        assert ("Delete", "Slow", "late") not in stacks.sent()

    def test_by_the_deletion_of_the_stack(self, stacks: Any) -> None:
        stack_id = stacks.begin(
            "create", {"Slow": stacks.custom(Create=[{"wait": "deleting"}]), "Other": stacks.custom(depends_on="Slow")}
        )
        stacks.wait_for("Create", "Slow")
        assert stacks.delete() == "DELETE_COMPLETE"
        stacks.open("deleting")
        (create, delete) = stacks.sent()
        assert create == ("Create", "Slow", None)
        assert re.fullmatch(INVENTED, delete[2])
        told = [status for name, status, _ in stacks.told("Slow", "stack", stack=stack_id)]
        assert told == [
            "CREATE_IN_PROGRESS",
            "CREATE_IN_PROGRESS",
            "DELETE_IN_PROGRESS",
            "CREATE_FAILED",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
            "DELETE_COMPLETE",
        ]

    def test_by_cancel_update_stack(self, stacks: Any) -> None:
        old = {"Slow": stacks.custom(), "Done": stacks.custom()}
        stacks.create(old)
        stacks.begin(
            "update", {"Slow": stacks.custom(Update=[{"wait": "back"}]), "New": stacks.custom(depends_on="Slow")}
        )
        stacks.wait_for("Update", "Slow")
        assert stacks.cancel_update() == "UPDATE_ROLLBACK_COMPLETE"
        stacks.open("back")
        assert stacks.reason("Slow") == UPDATE_CANCELLED
        assert ("stack", "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated") in stacks.told("stack")
        assert set(stacks.resources()) == {"Slow", "Done"}
        assert "New" not in {name for _, name, _ in stacks.sent()}

    def test_with_the_nested_stack_that_it_is_in(self, stacks: Any) -> None:
        slow = stacks.custom(Create=[{"open": "begun", "wait": "deleting"}], Delete=[{"open": "deleting"}])
        child = stacks.nested({"Slow": slow, "Never": stacks.custom(depends_on="Slow")})
        bad = stacks.custom(Create=[{**FAILED, "wait": "begun"}])
        assert stacks.create({"Child": child, "Bad": bad}) == "ROLLBACK_COMPLETE"
        assert sorted((kind, name) for kind, name, _ in stacks.sent()) == [
            ("Create", "Bad"),
            ("Create", "Slow"),
            ("Delete", "Bad"),
            ("Delete", "Slow"),
        ]

    def test_a_stack_that_is_updated_can_not_be_deleted(self, stacks: Any) -> None:
        stacks.create({"Slow": stacks.custom()})
        stacks.begin("update", {"Slow": stacks.custom(Update=[{"wait": "end"}])})
        with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
            stacks.delete()
        stacks.open("end")
        stacks.settle()


def test_a_reset_ends_the_retries_of_what_was_sent(stacks: Any, engine: Engine) -> None:
    """A function of the same name, after it, is another one."""
    stacks.begin("create", {"Thing": stacks.custom(Create=[{"wait": "never"}])})
    stacks.wait_for("Create", "Thing")
    engine.reset()
    again = type(stacks)(engine)
    assert again.create({"Other": again.custom()}) == "CREATE_COMPLETE"
    # All of the retries of what was cut off are over by then.
    time.sleep(1)
    assert again.sent() == [("Create", "Other", None)]


class TestContinueUpdateRollback:
    """User guide, "Continue rolling back an update"."""

    @pytest.fixture
    def stuck(self, stacks: Any) -> Any:
        """A stack with a resource that was updated, and can't be sent back until it is told to."""
        old = {"Stuck": stacks.custom(Update=[FAILED, {}]), "Bad": stacks.custom(depends_on="Stuck")}
        stacks.create(old)
        new = {
            "Stuck": stacks.custom(Update=[{}]),
            "Bad": stacks.custom(depends_on="Stuck", Update=[FAILED]),
            "New": stacks.custom(depends_on="Stuck"),
        }
        assert stacks.update(new) == "UPDATE_ROLLBACK_FAILED"
        return stacks

    def test_tries_again(self, stuck: Any) -> None:
        assert stuck.continue_roll_back() == "UPDATE_ROLLBACK_FAILED"
        assert [name for kind, name, _ in stuck.sent() if kind == "Update"].count("Stuck") == 3

    def test_skips(self, stuck: Any) -> None:
        updates = [each for each in stuck.sent() if each[0] == "Update"]
        assert stuck.continue_roll_back("Stuck") == "UPDATE_ROLLBACK_COMPLETE"
        assert [each for each in stuck.sent() if each[0] == "Update"] == updates
        assert stuck.resources() == {"Stuck": ("made", "UPDATE_COMPLETE"), "Bad": ("made", "UPDATE_COMPLETE")}

    def test_what_it_was_is_what_the_next_update_begins_with(self, stuck: Any) -> None:
        stuck.continue_roll_back("Stuck")
        stuck.update({"Stuck": stuck.custom(Update=[{}], Next=[]), "Bad": stuck.custom(depends_on="Stuck")})
        update = [each for each in stuck.events() if each["LogicalResourceId"] == "Stuck"][-1]
        assert "FAILED" in update["OldResourceProperties"]["Update"]


class TestEvents:
    """API reference, StackEvent: what `cdk deploy` prints and counts."""

    def test_in_progress_comes_before_complete(self, stacks: Any) -> None:
        bucket = {"Type": "AWS::S3::Bucket"}
        stacks.create({"Thing": stacks.custom(), "Bucket": bucket})
        for name in ("Thing", "Bucket"):
            assert stacks.told(name) == [
                (name, "CREATE_IN_PROGRESS", ""),
                (name, "CREATE_IN_PROGRESS", "Resource creation Initiated"),
                (name, "CREATE_COMPLETE", ""),
            ]

    def test_an_update_lists_only_what_changes(self, stacks: Any) -> None:
        same = {"Same": stacks.custom(), "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}
        stacks.create({**same, "Thing": stacks.custom(), "Gone": stacks.custom()})
        before = len(stacks.told("Same", "Key", "Thing", "Gone", "New"))
        stacks.update({**same, "Thing": stacks.custom(Update=[{}]), "New": stacks.custom(depends_on="Thing")})
        assert stacks.told("Same", "Key", "Thing", "Gone", "New")[before:] == [
            ("Thing", "UPDATE_IN_PROGRESS", ""),
            ("Thing", "UPDATE_COMPLETE", ""),
            ("New", "CREATE_IN_PROGRESS", ""),
            ("New", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
            ("New", "CREATE_COMPLETE", ""),
            ("Gone", "DELETE_IN_PROGRESS", ""),
            ("Gone", "DELETE_COMPLETE", ""),
        ]

    def test_a_replacement_is_said_to_be_one(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom()})
        before = len(stacks.told("Thing"))
        stacks.update({"Thing": stacks.custom(Update=[{"answer": {"PhysicalResourceId": "new"}}])})
        assert [status for _, status, _ in stacks.told("Thing")[before:]] == [
            "UPDATE_IN_PROGRESS",
            "UPDATE_IN_PROGRESS",
            "UPDATE_COMPLETE",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
        ]

    def test_what_was_rolled_back_can_still_be_looked_at(self, stacks: Any, engine: Engine) -> None:
        """API reference, DescribeStackResource: what was deleted can be described, too."""
        stacks.create({"Thing": stacks.custom(Create=[FAILED])})
        described = engine.client("cloudformation").describe_stack_resource(
            StackName=stacks.stack_id(), LogicalResourceId="Thing"
        )
        assert described["StackResourceDetail"]["ResourceStatus"] == "DELETE_COMPLETE"


class TestRollBack:
    def test_in_the_order_of_an_update(self, stacks: Any) -> None:
        stacks.create({"A": stacks.custom(), "B": stacks.custom(depends_on="A"), "C": stacks.custom(depends_on="B")})
        new = {
            "A": stacks.custom(Update=[{}]),
            "B": stacks.custom(Update=[{}], depends_on="A"),
            "C": stacks.custom(Update=[FAILED], depends_on="B"),
        }
        assert stacks.update(new) == "UPDATE_ROLLBACK_COMPLETE"
        assert [name for kind, name, _ in stacks.sent() if kind == "Update"] == ["A", "B", "C", "A", "B", "C"]

    def test_a_replacement_goes_and_the_old_one_stays(self, stacks: Any) -> None:
        stacks.create({"Thing": stacks.custom(), "Bad": stacks.custom(depends_on="Thing")})
        new = {
            "Thing": stacks.custom(Update=[{"answer": {"PhysicalResourceId": "new"}}]),
            "Bad": stacks.custom(depends_on="Thing", Update=[FAILED]),
        }
        assert stacks.update(new) == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.sent()[-1] == ("Delete", "Thing", "new")
        assert stacks.resources()["Thing"][0] == "made"

    def test_one_that_replaces_has_the_other_deleted(self, stacks: Any) -> None:
        back = {"answer": {"PhysicalResourceId": "back"}}
        stacks.create({"Thing": stacks.custom(Update=[back]), "Bad": stacks.custom(depends_on="Thing")})
        new = {"Thing": stacks.custom(Update=[{}]), "Bad": stacks.custom(depends_on="Thing", Update=[FAILED])}
        assert stacks.update(new) == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.sent()[-1] == ("Delete", "Thing", "made")
        assert stacks.resources()["Thing"][0] == "back"
        assert stacks.told("Thing")[-3:] == [
            ("Thing", "UPDATE_COMPLETE", ""),
            ("Thing", "DELETE_IN_PROGRESS", ""),
            ("Thing", "DELETE_COMPLETE", ""),
        ]

    def test_of_a_nested_stack_keeps_what_it_had_replaced(self, stacks: Any) -> None:
        """A nested stack is cleaned up with its root."""
        stacks.create({"Child": stacks.nested({"Thing": stacks.custom()}), "Bad": stacks.custom(depends_on="Child")})
        replaced = stacks.custom(Update=[{"answer": {"PhysicalResourceId": "new"}}])
        bad = stacks.custom(depends_on="Child", Update=[FAILED])
        assert stacks.update({"Child": stacks.nested({"Thing": replaced}), "Bad": bad}) == "UPDATE_ROLLBACK_COMPLETE"
        assert ("Delete", "Thing", "new") in stacks.sent()
        assert ("Delete", "Thing", "made") not in stacks.sent()

    def test_a_nested_stack_is_cleaned_up_at_the_end(self, stacks: Any) -> None:
        old = {
            "Child": stacks.nested({"Thing": stacks.custom(), "Gone": stacks.custom()}),
            "Last": stacks.custom(depends_on="Child"),
        }
        stacks.create(old)
        child = stacks.nested({"Thing": stacks.custom(Update=[{"answer": {"PhysicalResourceId": "new"}}])})
        assert (
            stacks.update({"Child": child, "Last": stacks.custom(depends_on="Child", Update=[{}])}) == "UPDATE_COMPLETE"
        )
        assert [each[:2] for each in stacks.sent()[3:5]] == [("Update", "Thing"), ("Update", "Last")]
        assert set(stacks.sent()[5:]) == {("Delete", "Thing", "made"), ("Delete", "Gone", "made")}


class TestOrderOfDeletion:
    def test_what_a_resource_needs_stays_when_it_could_not_be_deleted(self, stacks: Any) -> None:
        resources = {
            "Needed": stacks.custom(),
            "Thing": stacks.custom(Delete=[FAILED], depends_on="Needed"),
            "Other": stacks.custom(),
        }
        stacks.create(resources)
        assert stacks.delete() == "DELETE_FAILED"
        deleted = [logical_id for kind, logical_id, _ in stacks.sent() if kind == "Delete"]
        assert sorted(deleted) == ["Other", "Thing"]
        assert set(stacks.resources()) == {"Needed", "Thing"}


class TestNestedStacks:
    def test_what_a_failed_one_made_is_deleted(self, stacks: Any) -> None:
        child = {"Good": stacks.custom(), "Bad": stacks.custom(depends_on="Good", Create=[FAILED])}
        assert stacks.create({"Child": stacks.nested(child)}) == "ROLLBACK_COMPLETE"
        assert stacks.sent()[2:] == [("Delete", "Bad", "half-made"), ("Delete", "Good", "made")]

    def test_one_that_fails_in_an_update_leaves_nothing_new(self, stacks: Any) -> None:
        old = {"Good": stacks.custom()}
        stacks.create({"Child": stacks.nested(old)})
        new = old | {"More": stacks.custom(), "Bad": stacks.custom(depends_on="More", Create=[FAILED])}
        assert stacks.update({"Child": stacks.nested(new)}) == "UPDATE_ROLLBACK_COMPLETE"
        assert {each for each in stacks.sent() if each[0] == "Delete"} == {
            ("Delete", "Bad", "half-made"),
            ("Delete", "More", "made"),
        }

    def test_a_deletion_policy_is_honoured(self, stacks: Any) -> None:
        kept = stacks.custom() | {"DeletionPolicy": "Retain"}
        stacks.create({"Child": stacks.nested({"Kept": kept, "Gone": stacks.custom()})})
        assert stacks.delete() == "DELETE_COMPLETE"
        assert [each for each in stacks.sent() if each[0] == "Delete"] == [("Delete", "Gone", "made")]

    def test_a_delete_that_fails_fails_the_parents(self, stacks: Any) -> None:
        stacks.create({"Child": stacks.nested({"Stuck": stacks.custom(Delete=[FAILED])})})
        assert stacks.delete() == "DELETE_FAILED"
