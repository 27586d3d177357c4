"""The table in the AWS Glue Data Catalog that describes the training data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..common import limits
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from aws_cdk import aws_glue as glue
    from typing_extensions import Self

    from ..common.problems import Problems


@checked
@dataclass(frozen=True)
class GlueTable:
    """A table of the AWS Glue Data Catalog.

    Source: API reference, ``GlueDataSource``. Names are 1 to 128 letters, digits, underscores and single hyphens,
    a table's also spaces.
    """

    database_name: str
    """The database (``databaseName``)."""

    table_name: str
    """The table in it (``tableName``)."""

    catalog_id: str | None = None
    """The account whose catalog it is in (``catalogId``); ``None`` for the dataset's own."""

    source: glue.CfnTable | None = field(default=None, repr=False, compare=False)
    """The table in this application, if that is where it comes from."""

    @classmethod
    def from_table(cls, table: glue.CfnTable) -> Self:
        """A table that this application defines.

        Args:
            table: The table. A catalog that it names must be an account's.
        """
        return cls(table.database_name, table.ref, table.catalog_id, table)


def check_table(problems: Problems, table: GlueTable) -> None:
    """Checks the names of a table.

    Args:
        problems: Where to say what is wrong.
        table: The table.
    """
    problems.text(
        "table's database_name",
        table.database_name,
        length=limits.GLUE_DATABASE_NAME_LENGTH,
        pattern=limits.GLUE_DATABASE_NAME_PATTERN,
        allowed="letters, digits and underscores, with single hyphens between them",
    )
    problems.text(
        "table's table_name",
        table.table_name,
        length=limits.GLUE_TABLE_NAME_LENGTH,
        pattern=limits.GLUE_TABLE_NAME_PATTERN,
        allowed="letters, digits and underscores, with spaces and single hyphens between them",
    )
    problems.account("table's catalog_id", table.catalog_id)
