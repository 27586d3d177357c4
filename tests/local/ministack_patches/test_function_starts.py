"""A Python function that is forked can't tell that it isn't started by itself."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

FORKED: dict[str, str] = {}
ALONE = {"PYTHONHASHSEED": "1"}
"""What the interpreter reads when it starts."""

LOOK = """
import os, signal, subprocess, sys, time

early = {"botocore", "boto3"} & set(sys.modules)

def handler(event, context):
    import boto3
    open("written", "w").close()
    print("hello")
    status = open("/proc/self/status").read() if os.path.exists("/proc") else ""
    folder = os.path.dirname(sys.argv[0])
    return {
        "path": [path.replace(folder, "") for path in sys.path],
        "arguments": [os.path.basename(path) for path in sys.argv],
        "main": os.path.basename(sys.modules["__main__"].__file__),
        "folder": os.getcwd().replace(folder, ""),
        "variables": sorted(set(os.environ) - {"PYTHONHASHSEED"}),
        "mine": os.environ.get("MINE"),
        "zone": time.tzname,
        "signals": [str(signal.getsignal(each)) for each in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)],
        "code": subprocess.run(["sh", "-c", "exit 3"]).returncode,
        "groups": os.getpgrp(),
        "blocked": [line for line in status.splitlines() if line.startswith("Sig") and line[:4] != "SigQ"],
        "region": boto3.client("sts").meta.region_name,
        "models": boto3.Session()._session.get_component("data_loader").search_paths,
        "services": [boto3.client(name).meta.service_model.operation_names for name in ("sts", "cleanroomsml")],
    }
"""


class Functions:
    """Functions of an engine, each made and invoked once."""

    def __init__(self, engine: Engine) -> None:
        self._client = engine.client("lambda")

    def make(self, name: str, files: dict[str, str], variables: dict[str, str], **options: Any) -> None:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            for path, text in files.items():
                file = zipfile.ZipInfo(path)
                file.external_attr = 0o644 << 16
                archive.writestr(file, text)
        self._client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::111122223333:role/function",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": variables},
            **options,
        )

    def invoke(self, name: str) -> Any:
        return json.load(self._client.invoke(FunctionName=name)["Payload"])

    def once(self, name: str, files: dict[str, str], variables: dict[str, str]) -> Any:
        self.make(name, files, variables)
        return self.invoke(name)


@pytest.fixture
def functions(engine: Engine) -> Functions:
    return Functions(engine)


def test_it_sees_the_same(functions: Functions) -> None:
    mine = {"MINE": "one", "TZ": "Asia/Tokyo"}
    forked = functions.once("forked", {"index.py": LOOK}, FORKED | mine)
    alone = functions.once("alone", {"index.py": LOOK}, ALONE | mine)
    assert forked == alone
    assert (forked["mine"], forked["code"], forked["zone"]) == ("one", 3, ["JST", "JST"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each is started by itself")
def test_which_are_forked(functions: Functions) -> None:
    look = {"index.py": "import os\ndef handler(*_): return open(f'/proc/{os.getppid()}/cmdline').read()"}
    assert "_fork_server.py" in functions.once("forked", look, FORKED)
    assert "_fork_server.py" not in functions.once("alone", look, ALONE)


@pytest.mark.parametrize("module", ["boto3/__init__.py", "botocore/__init__.py", "urllib3.py", "s3transfer.py"])
def test_it_has_its_own_modules(functions: Functions, module: str) -> None:
    name = module.partition("/")[0].removesuffix(".py")
    look = f"import {name}\ndef handler(*_): return getattr({name}, 'mine', None)"
    # Ministack itself imports botocore's handlers, if it finds them.
    files = {"index.py": look, module: "mine = 1", f"{name}/handlers.py": "BUILTIN_HANDLERS = []"}
    if name != "botocore":
        del files[f"{name}/handlers.py"]
    assert functions.once("own", files, FORKED) == 1


def test_nothing_is_left_of_another(functions: Functions) -> None:
    leave = "import os, sys, json\njson.left = 1\nos.environ['LEFT'] = '1'\ndef handler(*_): os.chdir('/')"
    functions.once("first", {"index.py": leave, "left.py": ""}, FORKED)
    look = "import os, sys, json\ndef handler(*_): return [hasattr(json, 'left'), 'LEFT' in os.environ, os.getcwd()]"
    left, variable, folder = functions.once("second", {"index.py": look}, FORKED)
    assert (left, variable) == (False, False)
    assert folder.endswith("/code")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each unpacks its own")
def test_those_of_one_package_have_one_copy_of_it(functions: Functions) -> None:
    look = "import os\ndef handler(*_): return [os.getcwd(), __file__, os.path.realpath(__file__)]"
    mine, mine_too, other = (
        functions.once(name, {"index.py": look, **more}, FORKED)
        for name, more in (("mine", {}), ("mine-too", {}), ("other", {"more.py": ""}))
    )
    assert mine[1] != mine_too[1]
    assert (mine[0], mine[2]) == (mine_too[0], mine_too[2])
    assert other[2] != mine[2]


def test_what_another_has_compiled_has_its_own_place(functions: Functions) -> None:
    look = {
        "index.py": "import part\ndef handler(*_): return [__file__, part.__file__, part.made().__code__.co_filename]",
        "part.py": "def made(): return lambda: 0",
    }
    seen = [functions.once(name, look, FORKED) for name in ("first", "second")]
    assert [part for _, part, _ in seen] == [part for _, _, part in seen]
    assert len({path for paths in seen for path in paths}) == 4


def test_its_ends(functions: Functions) -> None:
    """What it fails with, what it takes too long for, and how it ends by itself are told as before."""
    ends = {
        "raises": "def handler(*_): raise KeyError('why')",
        "exits": "import os\ndef handler(*_): os._exit(1)",
        "hangs": "import time\ndef handler(*_): time.sleep(60)",
        "broken": "import nothing_like_it\ndef handler(*_): pass",
    }
    for name, code in ends.items():
        for way, variables in (("forked", FORKED), ("alone", ALONE)):
            functions.make(f"{name}-{way}", {"index.py": code}, variables, Timeout=1)
    names = [f"{name}-{way}" for way in ("forked", "alone") for name in ends]
    with ThreadPoolExecutor(len(names)) as pool:
        said = [each["errorMessage"] for each in pool.map(functions.invoke, names)]
    told = [re.sub("RequestId: [0-9a-f-]+", "", each) for each in said]
    assert told == 2 * [
        "'why'",
        " Error: Runtime exited without providing a reason",
        " Error: Task timed out after 1.00 seconds",
        "Unable to import module 'index': No module named 'nothing_like_it'",
    ]


def test_they_end_with_a_reset(functions: Functions, engine: Engine, until: Any) -> None:
    from ..test_engine import is_alive

    pid = functions.once("function", {"index.py": "import os\ndef handler(*_): return os.getpid()"}, FORKED)
    assert is_alive(pid)
    engine.reset()
    until(lambda: not is_alive(pid))
