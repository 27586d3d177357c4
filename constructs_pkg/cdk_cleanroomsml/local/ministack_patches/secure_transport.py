"""Loopback counts as TLS: the CDK's own bootstrap bucket, like any good one, refuses everything else."""

from __future__ import annotations

import ministack.app


def install() -> None:
    """Patches ministack's `aws:SecureTransport`."""
    pin_request_origin = ministack.app.pin_request_origin
    ministack.app.pin_request_origin = lambda source_ip, _: pin_request_origin(source_ip, True)
