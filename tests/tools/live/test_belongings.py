"""What a run makes is found and destroyed, whatever happened in between."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tools.live.kinds import KINDS

if TYPE_CHECKING:
    import pytest
    from tools.live.belongings import Belongings
    from tools.live.run import Run


def make_one_of_each(run: Run) -> None:
    """Everything that a run may make."""
    things, clients = run.belongings, run.account.client
    tags = things.tags
    run.configured_audience_model()
    name = things.name("stack")
    handle = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    make_stack = clients("cloudformation").create_stack
    things.make("stack", name, lambda: made(make_stack(StackName=name, TemplateBody=json.dumps(handle)), name))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): pass")
    function = {"Runtime": "python3.13", "Handler": "index.handler", "Role": run.role, "Tags": tags}
    code = {"ZipFile": content.getvalue()}

    def make_function() -> str:
        return str(clients("lambda").create_function(FunctionName=name, Code=code, **function)["FunctionName"])

    things.make("function", name, make_function)
    states = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    make_machine = clients("stepfunctions").create_state_machine
    things.make(
        "state machine",
        name,
        lambda: str(make_machine(name=name, definition=states, roleArn=run.role)["stateMachineArn"]),
    )
    things.make("database", name, lambda: made(clients("glue").create_database(DatabaseInput={"Name": name}), name))
    group = f"/aws/lambda/{name}"
    things.make("log group", name, lambda: made(clients("logs").create_log_group(logGroupName=group), group))
    listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    things.make("key", name, lambda: str(clients("kms").create_key(Tags=listed)["KeyMetadata"]["KeyId"]))
    clients("s3").put_object(Bucket=run.bucket, Key="segments/one", Body=b"1")


def made(_: Any, id_: str) -> str:
    return id_


def test_everything_is_destroyed_and_its_file_too(run: Run, belongings: Belongings) -> None:
    make_one_of_each(run)
    kinds = {each.kind for each in belongings.all}
    assert kinds == set(KINDS) - {"generation job", "association", "audience model", "training dataset"}
    assert {kind for kind in KINDS if [*KINDS[kind].find(run.account, belongings.prefix)]} == kinds
    assert belongings.destroy() == []
    assert not belongings.file.exists()


def test_what_nobody_wrote_down_is_found_by_its_name(run: Run, belongings: Belongings) -> None:
    make_one_of_each(run)
    belongings.all = []
    assert belongings.destroy() == []
    assert run.ml.list_configured_audience_models()["configuredAudienceModels"] == []
    assert run.account.client("iam").list_roles()["Roles"] == []


def test_a_key_that_a_stack_retains_is_destroyed_before_any_list_shows_it(
    run: Run, belongings: Belongings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tagging API may take minutes, and Ctrl-C may come before: such a key would cost a dollar a month."""
    monkeypatch.setitem(KINDS, "key", replace(KINDS["key"], find=lambda *_: iter(())))
    key = {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain", "Properties": {"KeyPolicy": {"Statement": []}}}
    name, make = belongings.name("stack"), run.account.client("cloudformation").create_stack
    template = json.dumps({"Resources": {"Key": key}})
    belongings.make("stack", name, lambda: made(make(StackName=name, TemplateBody=template), name))
    kms = run.account.client("kms")
    (id_,) = [each["KeyId"] for each in kms.list_keys()["Keys"]]
    assert belongings.destroy() == []
    assert kms.describe_key(KeyId=id_)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not belongings.file.exists()
