"""The engine: an AWS of one's own on loopback, for the CDK CLI, boto3 and Lambda functions."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from .pins import EngineError, check_installed
from .programs import node_alone, search_path
from .running import Json, request
from .service import Call, Fault
from .service.audience_models import check_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
DEFAULT_ACCOUNT = "111122223333"
DEFAULT_REGION = "us-east-1"
SECRET_KEY = "local"  # noqa: S105 - for the root user of this engine; worth nothing elsewhere

_MODELS = Loader()
"""What is read of the SDK's models is read once for all engines of a process."""

_START_SECONDS = 60.0
_LOG_TAIL = 2000
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_INHERITED = (
    "CLEANROOMSML_SWITCHES",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "SSL_CERT_FILE",
    "TZ",
)


class Engine:
    """A local engine in a process of its own.

    Use it as a context manager, or call `start` and `stop`. Everything is in memory and gone after `stop`; nothing
    listens on anything but loopback.

    Args:
        account: the account that callers act for, 12 digits.
        region: their default Region, such as `eu-west-1`.
        port: the port to listen on; by default a free one.
        auth: whether signatures and IAM policies are enforced.
        audience_models: ARNs of audience models that are there from the start, and again after `reset`.
        retry_seconds: how long Lambda waits before it retries an asynchronous invocation, then twice as long. AWS
            waits one minute, then two; the date of a custom resource's event is moved to match.
    """

    def __init__(
        self,
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
        port: int = 0,
        auth: bool = False,
        audience_models: Sequence[str] = (),
        retry_seconds: float = 0.2,
    ) -> None:
        check_account(account)
        check_region(region)
        self.account = account
        self.region = region
        self._wanted_port = port
        self._auth = auth
        self._audience_models = _arns(audience_models)
        self._retry_seconds = retry_seconds
        self._session = botocore.session.Session({"profile": (None, None, None, None)})
        self._session.register_component("data_loader", _MODELS)
        self._session_lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._folder: Path | None = None
        self._node: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Engine:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> Path:
        """The engine's log, as long as it runs."""
        return self._running_folder() / "engine.log"

    def start(self) -> None:
        """Starts the engine and waits until it answers.

        Raises:
            EngineError: ministack isn't installed as pinned, the port is taken, or the engine didn't start.
        """
        check_installed()
        listener = _listen(self._wanted_port)
        with listener:
            self._port = listener.getsockname()[1]
            self._folder = Path(tempfile.mkdtemp(prefix="cdk-cleanroomsml-"))
            self._node = node_alone(self._folder / "node")
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - this package's own module
                    [sys.executable, "-m", "cdk_cleanroomsml.local.server", str(listener.fileno())],
                    env=self._server_environment(),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[listener.fileno()],
                    start_new_session=True,
                )
        try:
            self._wait_until_it_answers()
            self._seed()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the engine and everything that it started, and removes its files."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            _end(process)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def reset(self, *, audience_models: Sequence[str] | None = None) -> None:
        """Forgets every resource of every service, faults, switches and calls; the audience models come back.

        Args:
            audience_models: ARNs of those that are there from now on; by default the same as before.
        """
        if audience_models is not None:
            self._audience_models = _arns(audience_models)
        self._request("POST", "/_ministack/reset")
        self._seed()

    def environment(self) -> dict[str, str]:
        """The variables that point the CDK CLI, boto3 and every other SDK at this engine.

        Programs need no endpoint argument then. The CLI is kept from reaching for the internet: no version check, no
        notices, no telemetry.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DEFAULT_ACCOUNT": self.account,
            "CDK_DEFAULT_REGION": self.region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "CDK_NOTICES": "false",
            "CDK_HOME": str(self._running_folder() / "cdk"),
            "NO_PROXY": HOST,
        }

    def child_environment(self, base: Mapping[str, str] = os.environ, *, folder: Path | None = None) -> dict[str, str]:
        """The whole environment for a child: `base` without AWS settings and proxies, with `environment()`.

        Its PATH begins with what npm installed in the project's folder and its parents, and with this interpreter's
        own programs: the project's `cdk`, and the Node.js of the extra `local`.

        Args:
            base: what the child inherits.
            folder: the project's folder; by default the working directory.
        """
        inherited = {
            name: value for name, value in base.items() if not name.startswith("AWS_") and name.lower() not in _PROXIES
        }
        path = search_path(folder or Path.cwd(), base.get("PATH", ""), self._node)
        return inherited | self.environment() | {"PATH": path}

    def client(self, service: str, *, account: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its methods
        """A boto3 client of any service, as an account's root user, whatever the user's own settings are.

        Args:
            service: boto3's name of it.
            account: another account, 12 digits; by default the engine's own.
        """
        account = account or self.account
        # A session makes one client at a time. To make one takes as long as ten calls, so the same serves again.
        with self._session_lock:
            if (service, account, self.url) not in self._clients:
                self._clients[service, account, self.url] = self._session.create_client(
                    service,
                    endpoint_url=self.url,
                    region_name=self.region,
                    aws_access_key_id=account,
                    aws_secret_access_key=SECRET_KEY,
                    config=Config(proxies={}),
                )
            return self._clients[service, account, self.url]

    def seed_audience_model(self, arn: str | None = None, *, status: str = "ACTIVE") -> str:
        """Puts an audience model in place, without a training.

        Args:
            arn: its ARN; by default one of this account and Region.
            status: its status, for good.

        Returns:
            The ARN.
        """
        arn = arn or f"arn:aws:cleanrooms-ml:{self.region}:{self.account}:audience-model/seeded"
        self._request("POST", "/_cleanroomsml/audience-models", {"arn": arn, "status": status})
        return arn

    def advance(self, seconds: float) -> None:
        """Turns the engine's clock forward: trainings and jobs go on, executions that wait go on, schedules fire.

        Args:
            seconds: how far.

        Raises:
            EngineError: the clock isn't turned back.
        """
        self._request("POST", "/_cleanroomsml/clock", {"seconds": seconds})

    def settle(self, *, seconds: float = 120) -> None:
        """Waits until nothing is under way any more: no operation of a stack, and no execution of a state machine.

        An execution that is in a Wait, or a branch of which is, isn't under way: it goes on when the clock is turned.
        Functions that still run, although nobody waits for their answer, aren't waited for either.

        Args:
            seconds: for how long, in real time.

        Raises:
            EngineError: something is still under way then; the message names it.
        """
        request(self.url, "POST", "/_cleanroomsml/rest", {"seconds": seconds}, longer=seconds)

    def redeliver(self, request_type: str, logical_id: str, *, number: int = -1, seconds: float = 0) -> None:
        """Has CloudFormation's function be invoked with a request once more, as a queue may at any later time.

        Args:
            request_type: `Create`, `Update` or `Delete`.
            logical_id: of the custom resource.
            number: which of these requests since the last reset, from 0 on; by default the last one.
            seconds: by how much older the request is to look than it is.

        Raises:
            EngineError: there was no such request.
        """
        document = {"request_type": request_type, "logical_id": logical_id, "number": number, "seconds": seconds}
        self._request("POST", "/_cleanroomsml/deliveries", document)

    def set_switches(self, **switches: object) -> None:
        """Sets unknowns of the service, by the names of `service.Switches`."""
        self._request("PATCH", "/_cleanroomsml/switches", switches)

    def set_faults(self, *queue: Fault, **others: object) -> None:
        """Sets what goes wrong next.

        Args:
            queue: faults of single calls; they replace those that are waiting.
            others: other members of `service.Faults`, such as `refuse_delete=True`; what isn't named stays.
        """
        self._request("PATCH", "/_cleanroomsml/faults", {"queue": [asdict(each) for each in queue], **others})

    def calls(self) -> list[Call]:
        """What Clean Rooms ML and Clean Rooms were asked since the start, or since `forget_calls`."""
        return [Call(**call) for call in self._request("GET", "/_cleanroomsml/calls")]

    def forget_calls(self) -> None:
        """Starts the record of calls anew."""
        self._request("DELETE", "/_cleanroomsml/calls")

    def _seed(self) -> None:
        for arn in self._audience_models:
            self.seed_audience_model(arn)

    def _running_folder(self) -> Path:
        if self._folder is None:
            raise EngineError("the engine isn't running: start it first")
        return self._folder

    def _server_environment(self) -> dict[str, str]:
        # Lambda functions inherit this, so it holds nothing of the user's that they need not have.
        folder = self._running_folder()
        return {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
            "AUTH": str(self._auth).lower(),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "BIND_HOST": HOST,
            # Another emulator's containers are none of its business.
            "DOCKER_HOST": f"unix://{folder / 'no-docker'}",
            "GATEWAY_PORT": str(self._port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(self._retry_seconds),
            "MINISTACK_ACCOUNT_ID": self.account,
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self.region,
            # Functions in Node.js find the Node.js of this interpreter's environment.
            "PATH": search_path(Path.cwd(), os.environ.get("PATH", ""), self._node),
            "PYTHONUNBUFFERED": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
            "TMPDIR": str(folder),
        }

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                self._request("GET", "/_ministack/health")
            except OSError:
                time.sleep(0.05)
            else:
                return
        tail = self.log.read_text()[-_LOG_TAIL:]
        raise EngineError(f"the local engine did not start; the end of its log:\n{tail}")

    def _request(self, method: str, path: str, document: object = None) -> Json:
        return request(self.url, method, path, document)


def check_account(text: str) -> None:
    """Checks that a text is an account.

    Raises:
        EngineError: it isn't.
    """
    if not isinstance(text, str):
        raise EngineError(f"an account must be a text, got {text!r}: write '{text}'")
    if not re.fullmatch("[0-9]{12}", text):
        raise EngineError(f"'{text}' is not an account: 12 digits are")


def check_region(text: str) -> None:
    """Checks that a text has the form of a Region; which Regions have the service isn't known here.

    Raises:
        EngineError: it hasn't.
    """
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", text):
        raise EngineError(f"'{text}' is not a Region: such as us-east-1 is one")


def _arns(audience_models: Sequence[str]) -> tuple[str, ...]:
    if isinstance(audience_models, str):
        raise EngineError(f"audience_models must be a list of ARNs, got the text '{audience_models}'")
    try:
        for arn in audience_models:
            check_arn(arn)
    except ValueError as error:
        raise EngineError(str(error)) from error
    return tuple(audience_models)


def _listen(port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise EngineError(f"port {port} can't be used: ports go from 1 to 65535, and 0 is a free one")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise EngineError(f"port {port} can't be used ({error.strerror}): choose another one, or none") from error
    listener.listen(100)
    return listener


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the server and the Lambda functions it runs, which share its group; it has nothing to save."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
