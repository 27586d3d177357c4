"""The columns of the training data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..common import limits
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from ..common.problems import Problems


@checked
@dataclass(frozen=True)
class TrainingColumn:
    """A column of the Glue table, and what training takes it for.

    Source: API reference, ``ColumnSchema``; data types from the User Guide, "Training data requirements".
    """

    name: str
    """The name in the Glue table (``columnName``)."""

    types: tuple[str, ...]
    """What it is taken for, as the API spells it (``columnTypes``)."""

    @classmethod
    def user_id(cls, name: str) -> Self:
        """Who interacted. A pseudonym, of the type ``string``, ``int`` or ``bigint``.

        Args:
            name: 1 to 128 letters, digits, underscores, spaces and single hyphens.
        """
        return cls(name, ("USER_ID",))

    @classmethod
    def item_id(cls, name: str) -> Self:
        """What they interacted with. Of the type ``string``, ``int`` or ``bigint``.

        Args:
            name: The name in the Glue table.
        """
        return cls(name, ("ITEM_ID",))

    @classmethod
    def timestamp(cls, name: str) -> Self:
        """When they did, in Unix seconds. Of the type ``bigint``, ``int`` or ``timestamp``.

        Args:
            name: The name in the Glue table.
        """
        return cls(name, ("TIMESTAMP",))

    @classmethod
    def categorical_feature(cls, name: str) -> Self:
        """What else is known of the interaction, as one of a few values.

        Args:
            name: The name in the Glue table.
        """
        return cls(name, ("CATEGORICAL_FEATURE",))

    @classmethod
    def numerical_feature(cls, name: str) -> Self:
        """What else is known of the interaction, as a number.

        Args:
            name: The name in the Glue table.
        """
        return cls(name, ("NUMERICAL_FEATURE",))

    @classmethod
    def of(cls, name: str, *types: str) -> Self:
        """A column of a type that this version of the library has no name for.

        Args:
            name: The name in the Glue table.
            types: The words as the API spells them, today exactly one. They are not checked: the service is the judge.
        """
        return cls(name, types)


def check_columns(problems: Problems, columns: Sequence[TrainingColumn]) -> None:
    """Checks each column, and that together they are what can be trained on.

    Args:
        problems: Where to say what is wrong.
        columns: The columns, in any order.
    """
    problems.number("number of columns", len(columns), limits.TRAINING_COLUMNS)
    for position, column in enumerate(columns):
        problems.text(
            f"columns[{position}] name",
            column.name,
            length=limits.COLUMN_NAME_LENGTH,
            pattern=limits.COLUMN_NAME_PATTERN,
            allowed="letters, digits and underscores, with spaces and single hyphens between them",
        )
        problems.number(f"number of types of columns[{position}]", len(column.types), limits.COLUMN_TYPES)
    names = [column.name for column in columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        problems.found.append(f"columns must have each name once, got more than one of {repeated}")
    _check_types(problems, [type_ for column in columns for type_ in column.types])


def _check_types(problems: Problems, types: Sequence[str]) -> None:
    for required in limits.REQUIRED_COLUMN_TYPES:
        count = types.count(required)
        if count > 1 or (count == 0 and not any(map(cdk.Token.is_unresolved, types))):
            problems.found.append(f"columns must have exactly one {required}, got {count}")
    features = sum(type_ in limits.FEATURE_COLUMN_TYPES for type_ in types)
    _, most = limits.FEATURES
    if features > most:
        problems.found.append(f"columns must have at most {most} features, got {features}")
