"""Delete: the resource, and what else its request left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import Answer, Placeholder
from .operation import Operation

if TYPE_CHECKING:
    from .store import ResourceState


class Delete(Operation):
    """Carries out a Delete."""

    def delete(self) -> Answer:
        """Deletes the resource, and what else the same request left behind; looks at no properties."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        if placeholder:
            self._leftovers.remove_failed(placeholder)
        elif not self._is_arn(physical_id):
            self._leftovers.remove_orphan()
        else:
            self._check_own(physical_id)
            # The ARN of what is gone never comes back: such a Delete is right whenever it comes.
            with self._calls.waiting.not_needed():
                self._delete(physical_id)
        return Answer(physical_id)

    def _delete(self, physical_id: str) -> None:
        state = self._store.look(physical_id)
        self._before_delete(state)
        if state is not None:
            # Duplicates first: after a crash the next delivery still finds the one that leads to them.
            self._leftovers.remove_duplicates(state)
            self._store.remove(state)

    # What a kind may do in another way

    def _before_delete(self, state: ResourceState | None) -> None:
        """What goes with a resource, or with one that is gone already."""
