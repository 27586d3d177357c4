"""Where packages come from: what the user told pip counts for pip, uv and npm alike.

uv doesn't read pip's configuration, npm neither, and each has a variable of its own for certificates. A tool's
own variable wins; what isn't set for it is taken from the others. Nothing else of the user's configuration
reaches pip and uv: neither `pip.conf` nor `uv.toml` nor a variable can change what is installed, or where.
"""

from __future__ import annotations

import ast
import os
import ssl
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of pip's options, those that say where packages are, and how they are reached.
_PIP = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
    "client-cert",
    "proxy",
    "trusted-host",
    "timeout",
    "default-timeout",
    "retries",
    "keyring-provider",
    "cache-dir",
    "no-cache-dir",
)
# Of uv's variables, those that say the same; the others could change what is installed.
_UV = (
    "UV_CACHE_DIR",
    "UV_CONCURRENT_",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_NO_CACHE",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_REQUEST_TIMEOUT",
    "UV_SYSTEM_CERTS",
)
# Of Python's, those that would have another Python's modules imported, other code run, or tools fail that others made.
_PYTHON = (
    "CONDA_PREFIX",
    "PYTHONDONTWRITEBYTECODE",  # each process would compile the CDK anew, for some five seconds
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONOPTIMIZE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONSAFEPATH",
    "PYTHONWARNINGS",  # as errors, they end pip
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


def pip_settings(listed: str) -> dict[str, str]:
    """What counts of pip's configuration.

    Args:
        listed: what `pip config list` printed: of files and of variables.

    Returns:
        Options by their names, such as `index-url`, without those that are empty.
    """
    found: dict[tuple[str, str], str] = {}
    for line in listed.splitlines():
        name, equals, value = line.partition("=")
        section, dot, option = name.rpartition(".")
        if equals and dot and option in _PIP:
            found[section, option] = str(ast.literal_eval(value)).strip()
    settings: dict[str, str] = {}
    for wanted in ("global", "install", ":env:"):
        settings |= {option: value for (section, option), value in found.items() if section == wanted and value}
    return settings


def without_other_pythons(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which another Python's modules are neither found nor in the way."""
    return {name: value for name, value in environment.items() if name not in _PYTHON}


def environment(settings: Mapping[str, str], user: Mapping[str, str], folder: Path) -> dict[str, str]:
    """An environment in which pip, uv and npm reach the packages as the user's pip does.

    Args:
        settings: from `pip_settings`.
        user: the user's environment.
        folder: where a file of certificates may be written.
    """
    result = {
        name: value
        for name, value in without_other_pythons(user).items()
        if not name.startswith("PIP_") and (not name.startswith("UV_") or name.startswith(_UV))
    }
    result |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    result |= {f"PIP_{option.replace('-', '_').upper()}": value for option, value in settings.items()}
    _indexes(result, settings)
    _certificates(result, settings, folder)
    _proxies(result, settings)
    for option, variable in (("timeout", "UV_HTTP_TIMEOUT"), ("retries", "UV_HTTP_RETRIES")):
        if value := settings.get(option) or settings.get(f"default-{option}"):
            result.setdefault(variable, value)
    return result


def _indexes(result: dict[str, str], settings: Mapping[str, str]) -> None:
    index = result.get("UV_DEFAULT_INDEX") or result.get("UV_INDEX_URL") or settings.get("index-url")
    if index:
        result.setdefault("PIP_INDEX_URL", index)
        result.setdefault("UV_DEFAULT_INDEX", index)
    if "extra-index-url" in settings and not result.get("UV_EXTRA_INDEX_URL"):
        result.setdefault("UV_INDEX", " ".join(settings["extra-index-url"].split()))
    if places := [place for place in settings.get("find-links", "").split() if _exists(place)]:
        result.setdefault("UV_FIND_LINKS", ",".join(places))
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on", "y", "t"}:
        result.setdefault("UV_NO_INDEX", "1")
    if "trusted-host" in settings:
        result.setdefault("UV_INSECURE_HOST", " ".join(settings["trusted-host"].split()))
    if settings.get("keyring-provider") == "subprocess":
        result.setdefault("UV_KEYRING_PROVIDER", "subprocess")
    # As pip does: whichever index has the file. What it is, the hashes say.
    result["UV_INDEX_STRATEGY"] = "unsafe-best-match"


def _exists(place: str) -> bool:
    """Whether there is such a folder or page of links: pip passes over a folder that isn't there, uv gives up."""
    address = urllib.parse.urlsplit(place)
    if address.scheme in {"http", "https"}:
        return True
    return Path(urllib.request.url2pathname(address.path) if address.scheme == "file" else place).exists()


def _certificates(result: dict[str, str], settings: Mapping[str, str], folder: Path) -> None:
    own = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
    bundle = settings.get("cert") or next((result[name] for name in own if result.get(name)), None)
    extra = result.get("NODE_EXTRA_CA_CERTS")
    if not bundle and extra and Path(extra).is_file():
        # Node.js trusts these besides others; pip and uv trust what they are given and nothing else.
        bundle = str(folder / "certificates.pem")
        Path(bundle).write_text("\n".join([*_trusted(), Path(extra).read_text()]))
    if bundle:
        result.setdefault("PIP_CERT", bundle)
        if not result.get("SSL_CERT_FILE") and not result.get("SSL_CERT_DIR"):
            result["SSL_CERT_DIR" if Path(bundle).is_dir() else "SSL_CERT_FILE"] = bundle
        if Path(bundle).is_file():
            result.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    elif _trusted() or sys.platform == "darwin":
        result.setdefault("UV_SYSTEM_CERTS", "true")
    # What the system trusts, beside what Node.js brings: an organisation's own authority is often installed there.
    result.setdefault("NODE_USE_SYSTEM_CA", "1")
    if "client-cert" in settings:
        result.setdefault("SSL_CLIENT_CERT", settings["client-cert"])


def _trusted() -> list[str]:
    """The certificates that the system trusts, as far as OpenSSL finds them in one file."""
    return [ssl.DER_cert_to_PEM_cert(each) for each in ssl.create_default_context().get_ca_certs(binary_form=True)]


def _proxies(result: dict[str, str], settings: Mapping[str, str]) -> None:
    proxy = settings.get("proxy") or result.get("ALL_PROXY") or result.get("all_proxy")
    if proxy:
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            if name.lower() not in result:
                result.setdefault(name, proxy)
