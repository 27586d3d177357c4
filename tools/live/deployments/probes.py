"""What the probe has written down, as answers to rows of docs/limitations.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..experiments import UNSEEN, Verdict, no, told, unknown, yes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..findings import Findings
    from ..run import Run

Seen = dict[str, Any]


def read(run: Run) -> list[Seen]:
    """What the probe has seen, oldest first."""
    s3 = run.account.client("s3")
    listed = s3.list_objects_v2(Bucket=run.bucket, Prefix="probe/").get("Contents", [])
    keys = sorted(each["Key"] for each in listed)
    return [json.loads(s3.get_object(Bucket=run.bucket, Key=key)["Body"].read()) for key in keys]


def answer(run: Run, findings: Findings) -> None:
    """Answers all rows that the probe is there for."""
    since, seen = len(run.account.record), read(run)
    evidence = run.evidence(since)
    for name, (row, switch) in ROWS.items():
        verdict = _ASK[name](seen) if seen else unknown("the probe has written nothing down")
        findings.answer(name, row, Verdict(verdict.answer, verdict.because, verdict.position, evidence), switch=switch)


def _signature(seen: Sequence[Seen]) -> Verdict:
    urls = [each["url"] for each in seen]
    by_date = all("X-Amz-Date" in url for url in urls)
    what = f"{urls[0]['host']} with {', '.join(urls[0]['names'])}"
    if by_date:
        return yes(f"X-Amz-Date: {what}", position="v4")
    if all("Expires" in url for url in urls):
        return no(f"only when it expires: {what}", position="v2")
    return no(f"neither X-Amz-Date nor Expires: {what}")


def _seconds(seen: Sequence[Seen]) -> Verdict:
    lasting = {url.get("X-Amz-Expires") for url in (each["url"] for each in seen)}
    if len(lasting) == 1 and None not in lasting:
        seconds = int(lasting.pop() or 0)
        return told(f"it is valid for {seconds} s", position=seconds)
    left = [round(float(each["url"]["Expires"]) - each["at"]) for each in seen if "Expires" in each["url"]]
    return told(f"it was valid for {max(left)} s more when the function had it") if left else unknown("no URL says it")


def _request_ids(seen: Sequence[Seen]) -> Verdict:
    updates = [each["request_id"] for each in seen if each["type"] == "Update"]
    if len(updates) < 2:
        return unknown("there were fewer than two Updates")
    repeats = len(set(updates)) < len(updates)
    words = f"{len(updates)} Updates of one resource had {len(set(updates))} ids"
    return (yes if repeats else no)(words, position=repeats)


def _order(seen: Sequence[Seen]) -> Verdict:
    """Whether the policy of each stage was there by the time its event came, and still there at the end."""
    late = [each for each in seen if each["policy"] != [each["stage"].title()]]
    if late:
        return no(f"at its {late[0]['type']}, the policy was {late[0]['policy']} instead of {late[0]['stage']!r}")
    refused = [each["type"] for each in seen if each["may_list"] is not True]
    force = f"not yet in force at {', '.join(refused)}" if refused else "in force each time"
    return yes(f"at {len(seen)} events its policy was that of the same template, {force}", position=UNSEEN)


def _sdk(seen: Sequence[Seen]) -> Verdict:
    last = seen[-1]
    return told(
        f"Python {last['python']} had botocore {last['botocore']}: {last['operations']} operations of Clean Rooms ML"
    )


_SIGNED = (
    "the ResponseURL says when it was signed: `X-Amz-Date` in every Region since 2019, `Expires` before (30"
    " records, 2015 to 2024)"
)
_VALID = "a ResponseURL is valid for 7,200 seconds; 7,199 was seen, too"
_AGAIN = (
    "a resource may get the RequestId of an earlier request once more, when a deployment is tried again (aws-cdk"
    " #35957)"
)
_POLICY = (
    "a custom resource that depends on its function's policy itself finds it changed, and goes before it (aws-cdk"
    " #7964, #18237, #9840)"
)
_RUNTIME = "the SDK in Lambda's runtime depends on the Region, and changes by itself"

ROWS: dict[str, tuple[str, str | None]] = {
    "response_url": (_SIGNED, "response_url_signature"),
    "response_url_seconds": (_VALID, "response_url_seconds"),
    "request_ids": (_AGAIN, "request_ids_repeat"),
    "policy_order": (_POLICY, None),
    "lambda_sdk": (_RUNTIME, None),
}
"""The rows: the first cell in docs/limitations.md, and the switch that the answer sets."""

_ASK: dict[str, Callable[[Sequence[Seen]], Verdict]] = {
    "response_url": _signature,
    "response_url_seconds": _seconds,
    "request_ids": _request_ids,
    "policy_order": _order,
    "lambda_sdk": _sdk,
}
