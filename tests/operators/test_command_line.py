"""The command line: where it works, what it says when it can't, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    EndpointConnectionError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.loaders import Loader, create_loader

from cdk_cleanroomsml.operators import listing, main, permissions
from cdk_cleanroomsml.operators.account import connect
from cdk_cleanroomsml.operators.outcome import CommandError
from cdk_cleanroomsml.operators.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = tuple(permissions.READS)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None of the user's own settings count."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def test_it_runs_as_a_module_and_as_a_script() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cdk_cleanroomsml.operators", "--help"], capture_output=True, text=True
    )
    assert told.returncode == 0
    for command in COMMANDS:
        assert command in told.stdout
    assert "exit codes:" in told.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["list", "--nonsense"], ["explain"]])
def test_a_wrong_command_line_is_no_find(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    assert ended.value.code == 64
    assert "error: " in capsys.readouterr().err


def test_no_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list"]) == 1
    assert "no Region is named: give --region" in capsys.readouterr().err


def test_settings_that_are_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4566")
    assert main.main(["list", "--region", "us-east-1"]) == 1
    assert "Invalid endpoint: localhost:4566: AWS_ENDPOINT_URL" in capsys.readouterr().err
    (tmp_path / "none").write_text("[default")
    assert main.main(["list", "--region", "us-east-1"]) == 1
    assert "Unable to parse config file" in capsys.readouterr().err


@pytest.mark.parametrize("region", ["us-east1", "us_east_1", "Ireland"])
def test_no_such_region(region: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "--region", region]) == 1
    assert capsys.readouterr().err.endswith(f"a Region is written as us-east-1 is, got {region!r}\n")


def test_no_such_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "--profile", "nobody"]) == 1
    assert "nobody" in capsys.readouterr().err


def test_no_credentials(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main.main(["list", "--region", "us-east-1"]) == 1
    assert "give --profile, or credentials as the AWS CLI takes them" in capsys.readouterr().err


@pytest.fixture(scope="module")
def loader() -> Loader:
    """What it has read of the services' models serves all sessions."""
    return create_loader()


@pytest.mark.parametrize(
    ("option", "variables", "region"),
    [
        ("eu-west-1", {"AWS_REGION": "us-west-2"}, "eu-west-1"),
        (None, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-east-2"}, "us-west-2"),
        (None, {"AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
        (None, {"AWS_PROFILE": "shop"}, "eu-central-1"),
        (None, {"AWS_PROFILE": "shop", "AWS_REGION": "us-west-2"}, "us-west-2"),
    ],
)
def test_the_region_comes_from_where_the_aws_cli_takes_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    loader: Loader,
    option: str | None,
    variables: dict[str, str],
    region: str,
) -> None:
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: loader)
    config = tmp_path / "config"
    config.write_text("[profile shop]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    account = connect(None, option, Screen())
    assert account.region == region
    assert account.client("cleanroomsml").meta.config.retries["mode"] == "adaptive"


def refusal(code: str, operation: str = "GetConfiguredAudienceModelPolicy") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no."}}, operation)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusal("AccessDeniedException"), "'list' needs cleanrooms-ml:GetConfiguredAudienceModelPolicy"),
        (refusal("AccessDenied", "DescribeStacks"), "'list' needs cloudformation:DescribeStacks"),
        (refusal("AccessDeniedException", "ListTagsForResource"), "'list' needs cleanrooms:ListTagsForResource"),
        (refusal("ThrottlingException"), "try again when less goes on"),
        (refusal("ExpiredTokenException"), "the credentials are not valid, or not any more"),
        (refusal("InvalidClientTokenId", "GetCallerIdentity"), "or the Region is not enabled for the account"),
        (SSOTokenLoadError(error_msg="no token"), "sign in with `aws sso login`"),
        (UnauthorizedSSOTokenError(), "sign in with `aws sso login`"),
        (TokenRetrievalError(provider="sso", error_msg="x"), "sign in with `aws sso login`"),
        (CredentialRetrievalError(provider="custom-process", error_msg="x"), "give --profile, or credentials"),
        (ConfigParseError(path="config"), "Unable to parse config file: config"),
        (EOFError(), "asks for a code of its MFA device, and there is no terminal"),
        (refusal("InternalServiceException"), "failed with InternalServiceException: no."),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "is the Region meant, is the service in it"),
        (CommandError("words of ours"), "words of ours"),
    ],
)
def test_what_goes_wrong_is_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any) -> int:
        raise error

    monkeypatch.setattr(listing, "run", fails)
    assert main.main(["list", "--region", "us-east-1"]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert (told.out, len(told.err.splitlines())) == ("", 1)


def test_it_may_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(listing, "run", fails)
    assert main.main(["list", "--region", "us-east-1"]) == 130


@pytest.mark.parametrize("as_json", [True, False])
def test_whoever_reads_may_have_had_enough(as_json: bool) -> None:
    code = f"""
import sys
from cdk_cleanroomsml.operators import listing, main
from cdk_cleanroomsml.operators.outcome import DONE

def run(account, options):
    for number in range(100):
        account.screen.document(["x" * 100000]) if {as_json} else account.screen.say("x" * 100000)
    return DONE

listing.run = run
sys.exit(main.main(["list", "--region", "us-east-1"]))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.read(10)
        started.stdout.close()
        assert (started.stderr.read(), started.wait()) == (b"", 1)


def test_without_its_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['rich'] = None; from cdk_cleanroomsml.operators.main import main; sys.exit(main())"
    listed, helped = (
        subprocess.run([sys.executable, "-c", code, word], cwd=tmp_path, capture_output=True, text=True)
        for word in ("list", "--help")
    )
    assert (listed.returncode, helped.returncode) == (1, 0)
    assert "pip install 'cdk-cleanroomsml[cli]'" in listed.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_permissions_are_printed_without_an_account(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([command, "--permissions", "--region", "cn-north-1"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["Version"] == "2012-10-17"
    resources = [resource for each in printed["Statement"] for resource in each["Resource"]]
    assert all(each == "*" or each.startswith("arn:aws-cn:") for each in resources)
    assert not any(
        verb in action for each in printed["Statement"] for action in each["Action"] for verb in ("Delete", "Put")
    )


def test_each_partition_of_the_sdk_is_known() -> None:
    session = botocore.session.Session()
    for partition in session.get_available_partitions():
        regions = session.get_available_regions("sts", partition, allow_non_regional=False)
        assert {permissions.partition(region) for region in regions} <= {partition}


def test_what_writes_asks_for_more(capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["orphans", "--delete", "--permissions"])
    assert "cleanrooms-ml:DeleteConfiguredAudienceModel" in capsys.readouterr().out


def test_a_pipe_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="no terminal to ask at, and nothing was changed: --yes"):
        Screen().check_can_ask()


@pytest.mark.parametrize("arguments", [["drift", "--fix"], ["orphans", "--delete", "--json"]])
def test_what_would_ask_says_at_once_that_it_cannot(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    # Whatever was called would fail.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert main.main([*arguments, "--region", "us-east-1"]) == 1
    assert "no terminal to ask at" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("lst", "there is no command 'lst', did you mean list?"),
        ("explian Shop", "there is no command 'explian', did you mean explain?"),
        ("zzz", "there is no command 'zzz': there are list, drift, explain, generate, orphans"),
        ("list --jsn", "there is no option --jsn, did you mean --json?"),
        ("drift --fxi Shop", "there is no option --fxi, did you mean --fix?"),
        ("orphans --del", "there is no option --del, did you mean --delete?"),
        ("orphans --delete --ye", "there is no option --ye, did you mean --yes?"),
        ("list --zzz=1", "there is no option --zzz ("),
        ("drift Shop Other", "'Other' is one too many"),
        ("drift --yes", "--yes answers what --fix asks"),
        ("orphans --yes", "--yes answers what --delete asks"),
        ("explain", "explain needs stack"),
    ],
)
def test_what_may_have_been_meant(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(line.split())
    assert ended.value.code == 64
    assert said in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("line", ["--region cn-north-1 list --permissions", "--permissions list --region cn-north-1"])
def test_options_stand_before_the_subcommand_or_after_it(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(line.split()) == 0
    assert "arn:aws-cn:" in capsys.readouterr().out
