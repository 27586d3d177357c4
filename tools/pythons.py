"""Proves the library on each supported Python that this machine has.

    python -m tools.pythons [WHEEL]              on each that is found
    python -m tools.pythons --here [WHEEL]       on the one that runs this

What is proved: all public names can be imported, the quickstart synthesises, the handler's tests hold, and the
real CDK CLI deploys, changes and destroys the quickstart on the engine. A built wheel takes the place of the
clone's sources.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .lock import PYTHONS
from .set_up import CLONE, Environment, StepError, run, set_up

PROOFS = {
    "import": [
        "python",
        "-c",
        "import cdk_cleanroomsml as c; print(c.__file__, *(getattr(c, name) for name in c.__all__))",
    ],
    "synthesis": ["cdk", "synth", "--quiet", "--app", "python examples/quickstart/app.py"],
    "handler": ["pytest", "-q", "-n", "2", "--dist", "loadfile", "tests/handler"],
    "deployment": ["python", "-m", "cdk_cleanroomsml.local", "--", "python", "examples/quickstart/demo.py"],
}


def interpreters() -> dict[str, str]:
    """The supported Pythons of this machine: on the path, and pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found: dict[str, str] = {}
    for version in PYTHONS:
        places = [
            shutil.which(f"python{version}") or "",
            *pyenv.glob(f"versions/{version}.*/bin/python"),
        ]
        for place in map(str, filter(None, places)):
            try:
                # A shim of pyenv's is on the path and doesn't run.
                found[version] = run([place, "-c", "import sys; print(sys.executable)"], os.environ).strip()
                break
            except StepError:
                continue
    return found


def prove(wheel: Path | None) -> None:
    """Runs the proofs on the Python that runs this.

    Raises:
        StepError: one of them failed.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    folder = CLONE / ".pythons" / (f"{version}-wheel" if wheel else version)
    environment = set_up("dev", True, Environment(folder, wheel))
    for what, command in PROOFS.items():
        print(f"{version}: {what}", flush=True)
        variables = environment.variables(os.environ) | {"CDK_OUTDIR": str(folder / "cdk.out")}
        printed = run(command, variables)
        if what == "import" and not printed.startswith(str(folder if wheel else CLONE / "constructs_pkg")):
            raise StepError(f"another library was imported: {printed}")


def main(words: list[str]) -> int:
    """Prints which Pythons hold; 1 unless all that were found do."""
    here = words[:1] == ["--here"]
    wheels = [Path(word).resolve() for word in words[here:]]
    wheel = wheels[0] if wheels else None
    if here:
        try:
            prove(wheel)
        except StepError as error:
            sys.exit(str(error))
        return 0
    outcome = dict.fromkeys(PYTHONS, "isn't installed here")
    for version, python in interpreters().items():
        command = [python, "-E", "-m", "tools.pythons", "--here", *map(str, wheels)]
        code = subprocess.run(command, cwd=CLONE, check=False).returncode
        outcome[version] = "failed" if code else f"holds ({python})"
    print(*(f"Python {version}: {what}" for version, what in outcome.items()), sep="\n")
    return int("failed" in outcome.values() or not any(what.startswith("holds") for what in outcome.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
