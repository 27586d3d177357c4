"""What a start and a request of the function take, by how much memory it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..findings import Findings
    from .deliveries import Deliveries

MEGABYTES = (128, 256, 512, 1024, 1769)
"""1,769 are a whole processor (Lambda Developer Guide); 512 is the library's default."""

_FIGURES = {"Init Duration": ("cold start", "ms"), "Billed Duration": ("billed", "ms")}


def measure_starts(findings: Findings, deliveries: Deliveries) -> None:
    """Sends an Update that changes nothing to a function that has just started, and once more."""
    properties = deliveries.properties()
    for megabytes in MEGABYTES:
        deliveries.configure(MemorySize=megabytes)
        for state in ("cold", "warm"):
            update = deliveries.event("Update", deliveries.logical_id, properties, physical_id=deliveries.model)
            figures = deliveries.send(update).figures
            for name, (what, unit) in _FIGURES.items():
                if name in figures and not (name == "Init Duration" and state == "warm"):
                    findings.measure(f"{what}, {state}, with {megabytes} MB", figures[name], unit)
            if state == "warm" and "Max Memory Used" in figures:
                findings.measure(f"memory used, of {megabytes} MB", figures["Max Memory Used"], "MB")
