"""Delete: the resource, and what else its request left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import Answer, Placeholder
from .kind import ADOPT
from .release import Release
from .store import NEW_SECONDS

if TYPE_CHECKING:
    from .store import ResourceState


class Delete(Release):
    """Carries out a Delete."""

    def delete(self) -> Answer:
        """Deletes the resource, and what else the same request left behind; looks at no properties."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        adopts = self._request.properties.get(ADOPT)
        if adopts and not self._is_arn(physical_id):
            self._give_back_failed(str(adopts), placeholder)
        elif placeholder:
            self._leftovers.remove_failed(placeholder)
        elif not self._is_arn(physical_id):
            self._leftovers.remove_orphan()
        else:
            self._check_own(physical_id)
            # The ARN of what is gone never comes back: such a Delete is right whenever it comes, if it is its own.
            with self._calls.waiting.not_needed():
                self._delete(physical_id)
        return Answer(physical_id)

    def _delete(self, physical_id: str) -> None:
        # With its tags: they say whose it is.
        state = self._store.read(physical_id, NEW_SECONDS)
        if state and self._keeps(state):
            return
        self._before_delete(state)
        if state is not None:
            # Duplicates first: after a crash the next delivery still finds the one that leads to them.
            self._leftovers.remove_duplicates(state)
            self._store.remove(state)

    # What a kind may do in another way

    def _before_delete(self, state: ResourceState | None) -> None:
        """What goes with a resource, or with one that is gone already."""
