"""`python -m benchmarks`: measures, and writes the results as Markdown, compressed JSON and SVG."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import gzip
import importlib.metadata
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import measure
from .cases import Json, Plan, quick_plan
from .chain.measure import measure as measure_chain
from .plot import draw
from .processes import ProgramError, environment
from .report import report
from .work import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ["cdk-cleanroomsml", "aws-cdk-lib", "constructs", "jsii", "boto3", "ministack"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little work and few runs, to try the benchmark itself")
    parser.add_argument("--runs", type=int, help="rounds of each measurement; 5 by default, fewer with --quick")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", help="where results go")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--only", choices=["chain"], help="measures that part anew; all else stays as in raw.json.gz")
    part.add_argument("--only-report", action="store_true", help="writes the report and the plot anew from raw.json.gz")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    raw = options.results / "raw.json.gz"
    try:
        if not options.only_report:
            plan = quick_plan() if options.quick else Plan()
            if options.runs:
                plan = dataclasses.replace(plan, runs=options.runs, deploy_runs=options.runs)
            # After each part, so that what was measured is there even if a later part fails.
            for found in chain(plan, read(raw)) if options.only else results(plan):
                save(found, raw)
        write(read(raw), options.results)
    except (ProgramError, OSError) as error:
        sys.exit(f"the benchmark failed: {error}")


def results(plan: Plan) -> Iterator[Json]:
    """Everything, measured part by part; each time all that there is so far."""
    found: dict[str, Json] = {
        "about": {
            "date": today(),
            "versions": versions(),
            "plan": dataclasses.asdict(plan),
        }
    }
    for name, measured in measure.MEASUREMENTS.items():
        found[name] = measured(plan)
        yield found
    found["deployments"], found["not_run"] = measure.deployments(plan)
    yield found
    yield from chain(plan, found)


def chain(plan: Plan, found: Json) -> Iterator[Json]:
    """What was found, with the chain measured; it has a date of its own, because it can be measured alone."""
    yield {**found, "chain": {"date": today(), "runs": plan.runs, **measure_chain(plan)}}


def today() -> str:
    """The date, in UTC."""
    return dt.datetime.now(dt.timezone.utc).date().isoformat()


def versions() -> dict[str, str]:
    """Of everything whose speed is part of the figures."""
    node = subprocess.run(["node", "--version"], env=environment(), capture_output=True, text=True, check=True)
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "node": node.stdout.strip().removeprefix("v"), **found}


def read(path: Path) -> Json:
    """Raw results."""
    return json.loads(gzip.decompress(path.read_bytes()))


def save(raw: Json, path: Path) -> None:
    """Writes raw results, so that they can be read again; no time of writing is in the file."""
    path.write_bytes(gzip.compress(json.dumps(raw, indent=1).encode(), mtime=0))


def write(raw: Json, folder: Path) -> None:
    """Writes the report and the plot of raw results."""
    plot = draw(raw, folder / "synth.svg")
    if not plot:
        print(
            "the plot was skipped: matplotlib isn't installed; `pip install -r benchmarks/requirements.txt`, then "
            "`python -m benchmarks --only-report` draws it",
            file=sys.stderr,
        )
    text = report(raw, plot="synth.svg" if plot else None)
    (folder / "README.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
