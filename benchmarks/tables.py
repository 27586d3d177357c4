"""Tables in Markdown, and what stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def ranged(found: Spread, *, digits: int = 2) -> str:
    """A median with the lowest and the highest."""
    return f"{found.median:.{digits}f} ({found.low:.{digits}f}-{found.high:.{digits}f})"


def from_to(sizes: Sequence[int]) -> str:
    """Sizes that are the same, or how far apart they are."""
    return f"{sizes[0]}" if len(set(sizes)) == 1 else f"{min(sizes)} to {max(sizes)}"


def thousandfold(found: Spread) -> Spread:
    """Seconds as milliseconds."""
    return Spread(found.median * 1000, found.low * 1000, found.high * 1000)
