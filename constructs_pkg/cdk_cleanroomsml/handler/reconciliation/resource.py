"""How CloudFormation's three requests are carried out for one kind of resource."""

from __future__ import annotations

from .delete import Delete
from .update import Update


class Resource(Update, Delete):
    """Carries out one request: a Create, an Update or a Delete.

    A subclass says what kind it is, and overrides what its kind does in another way.
    """
