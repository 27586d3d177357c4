"""What the user told one tool about certificates, proxies and indexes counts for all that install."""

from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from typing import TYPE_CHECKING

import pytest
from tools.network import environment, pip_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = """\
:env:.cert='/env/ca.pem'
:env:.extra-index-url=''
:env:.require-virtualenv='1'
:env:.target='/elsewhere'
global.cert='/file/ca.pem'
global.constraint='/file/constraints.txt'
global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'
global.index-url='https://global.example/simple'
install.index-url="https://user:it's@install.example/simple"
install.user='true'
download.index-url='https://download.example/simple'
"""


def test_of_pips_configuration_counts_where_packages_are() -> None:
    assert pip_settings(LISTED) == {
        "cert": "/env/ca.pem",
        "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
        "index-url": "https://user:it's@install.example/simple",
    }


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    (tmp_path / "ca.pem").write_text("extra")
    return str(tmp_path / "ca.pem")


def test_indexes_of_pip_are_uvs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    monkeypatch.chdir(tmp_path)  # a path in it has no space, whatever the folder's own has
    settings = pip_settings(LISTED) | {"find-links": "wheels none file:wheels"}
    settings |= {"trusted-host": "one.example two.example:8080", "default-timeout": "180", "no-index": "false"}
    found = environment(settings, {"UV_CONSTRAINT": "x", "UV_SYSTEM_PYTHON": "1", "PIP_USER": "1"}, tmp_path)
    assert {name: value for name, value in found.items() if name.startswith("UV_")} == {
        "UV_DEFAULT_INDEX": "https://user:it's@install.example/simple",
        "UV_FIND_LINKS": "wheels,file:wheels",
        "UV_HTTP_TIMEOUT": "180",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "one.example two.example:8080",
    }
    assert found["PIP_CONFIG_FILE"] == os.devnull
    assert found["PIP_INDEX_URL"] == settings["index-url"]
    assert "PIP_USER" not in found


def test_uvs_own_variables_win_and_count_for_pip(tmp_path: Path) -> None:
    own = {"UV_DEFAULT_INDEX": "https://uv.example/simple", "UV_CACHE_DIR": "/cache"}
    found = environment({}, own, tmp_path)
    assert own.items() <= found.items()
    assert found["PIP_INDEX_URL"] == own["UV_DEFAULT_INDEX"]
    assert environment({"index-url": "https://pip.example"}, own, tmp_path)["PIP_INDEX_URL"] == "https://pip.example"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "cert"])
def test_one_bundle_is_enough_for_all(variable: str, bundle: str, tmp_path: Path) -> None:
    settings, user = ({"cert": bundle}, {}) if variable == "cert" else ({}, {variable: bundle})
    found = environment(settings, user, tmp_path)
    assert {name: found[name] for name in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")} == dict.fromkeys(
        ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), bundle
    )


def test_each_tools_own_bundle_stays(bundle: str, tmp_path: Path) -> None:
    own = {"SSL_CERT_FILE": bundle, "NODE_EXTRA_CA_CERTS": "/node.pem", "REQUESTS_CA_BUNDLE": "/requests.pem"}
    found = environment({"cert": "/pip.pem"}, own, tmp_path)
    assert own.items() <= found.items()
    assert found["PIP_CERT"] == "/pip.pem"


def test_a_folder_of_certificates_is_one_for_uv(tmp_path: Path) -> None:
    found = environment({}, {"REQUESTS_CA_BUNDLE": str(tmp_path)}, tmp_path)
    assert found["PIP_CERT"] == found["SSL_CERT_DIR"] == str(tmp_path)
    assert "SSL_CERT_FILE" not in found
    assert "NODE_EXTRA_CA_CERTS" not in found


def test_what_only_node_was_told_is_trusted_besides_the_rest(
    bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.network._trusted", lambda: ["system"])
    found = environment({}, {"NODE_EXTRA_CA_CERTS": bundle}, tmp_path)
    assert found["PIP_CERT"] == found["SSL_CERT_FILE"] == str(tmp_path / "certificates.pem")
    assert (tmp_path / "certificates.pem").read_text().split() == ["system", "extra"]
    assert found["NODE_EXTRA_CA_CERTS"] == bundle


@pytest.mark.parametrize(("trusted", "expected"), [(["one"], "true"), ([], None)])
def test_without_any_it_is_what_the_system_trusts(
    trusted: list[str], expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.network._trusted", lambda: trusted)
    monkeypatch.setattr(sys, "platform", "linux")
    assert environment({}, {}, tmp_path).get("UV_SYSTEM_CERTS") == expected


@pytest.mark.parametrize(
    ("settings", "user", "expected"),
    [
        ({"proxy": "proxy.example:3128"}, {}, "http://proxy.example:3128"),
        ({"proxy": "http://u:p@proxy.example"}, {"NO_PROXY": "localhost"}, "http://u:p@proxy.example"),
        ({}, {"ALL_PROXY": "http://all.example"}, "http://all.example"),
        ({"proxy": "http://pip.example"}, {"https_proxy": "http://own.example"}, None),
        ({}, {}, None),
    ],
)
def test_proxies(settings: dict[str, str], user: dict[str, str], expected: str | None, tmp_path: Path) -> None:
    found = environment(settings, user, tmp_path)
    assert found.get("HTTPS_PROXY") == expected
    assert user.items() <= found.items()


def test_nothing_of_another_python_is_left(tmp_path: Path) -> None:
    other = dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONDONTWRITEBYTECODE"), "x")
    assert {*other} & {*environment({}, other | {"PYTHONUNBUFFERED": "1"}, tmp_path)} == set()


class Index(http.server.ThreadingHTTPServer):
    """A package index, and a proxy to one: it notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, name: str, version: str) -> str:
        """Publishes a distribution with nothing in it; returns its hash."""
        wheel = f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path := self.folder / wheel, "w") as archive:
            info = f"{name}-{version}.dist-info"
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        self.files[f"/{wheel}"] = path.read_bytes()
        links = "".join(f'<a href="/{each[1:]}">{each[1:]}</a>' for each in self.files if each.startswith(f"/{name}-"))
        self.files[f"/simple/{name}/"] = f"<!DOCTYPE html><html><body>{links}</body></html>".encode()
        return hashlib.sha256(path.read_bytes()).hexdigest()

    folder: Path


class Answers(http.server.BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        path = self.path.partition("://")[2].partition("/")[2]
        found = self.server.files.get(f"/{path}" if path else self.path)
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index() as server:
        server.folder = tmp_path
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Index]:
    with Index() as server:
        server.folder = tmp_path
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


PIP = (sys.executable, "-m", "pip")
UV = (sys.executable, "-m", "uv", "--no-config", "--no-cache", "pip")
BOTH = (PIP, UV)


def listed(configuration: str, folder: Path) -> str:
    """What pip lists for a user with this `pip.conf`."""
    (folder / "pip.conf").write_text(configuration)
    variables = user(folder) | {"PIP_CONFIG_FILE": str(folder / "pip.conf")}
    list_ = [*PIP, "config", "list"]
    return subprocess.run(list_, env=variables, capture_output=True, text=True, check=True).stdout


def user(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder)}


def reach(folder: Path, **settings: str) -> dict[str, str]:
    """The variables that both tools get, for a user with these settings in `pip.conf`."""
    return environment({name.replace("_", "-"): value for name, value in settings.items()}, user(folder), folder)


def install(
    tool: tuple[str, ...], pin: str, variables: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Installs a pin, as the set-up does, into a folder of the tool's."""
    folder = folder / tool[2]
    folder.mkdir()
    (folder / "pins.txt").write_text(pin)
    options = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", "site", "-r", "pins.txt")
    return subprocess.run(
        [*tool, "install", *options], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )


def test_both_take_the_index_and_the_proxy_of_pip_conf_and_nothing_else_of_it(index: Index, tmp_path: Path) -> None:
    pin = f"needed==1 --hash=sha256:{index.add('needed', '1')}\n"
    (tmp_path / "constraints.txt").write_text("needed==2\n")
    there = "packages.invalid"
    counts = f"index-url = http://{there}/simple\nproxy = {index.url}\ntrusted-host = {there}\n"
    counts_not = f"constraint = {tmp_path}/constraints.txt\n[install]\nuser = yes\n"
    settings = pip_settings(listed(f"[global]\n{counts}{counts_not}", tmp_path))
    variables = environment(settings, user(tmp_path), tmp_path)
    for tool in BOTH:
        index.asked.clear()
        done = install(tool, pin, variables, tmp_path)
        assert done.returncode == 0, done
        assert (tmp_path / tool[2] / "site" / "needed-1.dist-info").is_dir()
        assert f"http://{there}/simple/needed/" in index.asked


def test_uv_looks_into_every_index_for_the_pinned_version_as_pip_does(
    index: Index, other: Index, tmp_path: Path
) -> None:
    """The other one has the distribution, too, in an older version: as a company's or a machine's own index may."""
    other.add("needed", "0.9")
    pin = f"needed==1 --hash=sha256:{index.add('needed', '1')}\n"
    variables = reach(tmp_path, index_url=f"{index.url}/simple", extra_index_url=f"{other.url}/simple")
    done = install(UV, pin, variables, tmp_path)
    assert done.returncode == 0, done
    assert "/simple/needed/" in other.asked


def test_both_say_that_nobody_answers(tmp_path: Path) -> None:
    variables = reach(tmp_path, index_url="http://127.0.0.1:9/simple", retries="1")
    for tool in BOTH:
        done = install(tool, f"needed==1 --hash=sha256:{'0' * 64}\n", variables, tmp_path)
        assert done.returncode != 0
        assert "Connection refused" in done.stdout + done.stderr, done


def test_another_file_under_the_pinned_name_is_refused(index: Index, tmp_path: Path) -> None:
    index.add("needed", "1")
    variables = reach(tmp_path, index_url=f"{index.url}/simple")
    done = install(UV, f"needed==1 --hash=sha256:{'0' * 64}\n", variables, tmp_path)
    assert done.returncode != 0
    assert "hash" in (done.stdout + done.stderr).lower()


def test_what_the_users_python_is_told_does_not_end_a_step(tmp_path: Path) -> None:
    told = {"PYTHONHOME": "/none", "PYTHONINSPECT": "1", "PYTHONPLATLIBDIR": "none", "PYTHONWARNINGS": "error"}
    program = "import sys, warnings; warnings.warn('old', DeprecationWarning); sys.exit(0)"
    subprocess.run([sys.executable, "-c", program], env=environment({}, {**os.environ, **told}, tmp_path), check=True)
