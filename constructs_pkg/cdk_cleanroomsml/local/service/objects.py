"""Where jobs read seeds and write segments: objects in buckets, as the role that they were given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class ObjectError(Exception):
    """An object can't be read or written; the message says why and ends up in a job's `statusDetails`."""


@dataclass(frozen=True)
class Location:
    """An object's place.

    Attributes:
        bucket: the bucket's name.
        key: the object's key.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Location:
        """The place that an S3 URI names; its key may be empty."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return cls(bucket, key)

    @property
    def uri(self) -> str:
        """The S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Role:
    """A role that the service assumes; its account is the one that it acts for.

    Attributes:
        arn: its ARN.
        source_arn: on behalf of which resource, for the conditions of the role's trust policy.
    """

    arn: str
    source_arn: str


class Objects(Protocol):
    """Reads and writes objects for jobs."""

    def read(self, location: Location, role: Role) -> bytes:
        """The content of an object.

        Args:
            location: where it is.
            role: whose permissions count.

        Raises:
            ObjectError: there is none, or the role may not read it.
        """
        ...

    def look(self, location: Location, role: Role) -> None:
        """Tries whether a role may use a bucket.

        Args:
            location: a place in it.
            role: whose permissions count.

        Raises:
            ObjectError: there is no such bucket, or the role may not ask for its Region.
        """
        ...

    def write(self, location: Location, body: bytes, role: Role, *, in_parts: bool = False) -> None:
        """Writes an object.

        Args:
            location: where to.
            body: its content.
            role: whose permissions count.
            in_parts: whether by a multipart upload, for which S3 also decrypts with the bucket's key.

        Raises:
            ObjectError: there is no such bucket, or the role may not write there.
        """
        ...


@dataclass
class ObjectsInMemory:
    """The objects of a service without an engine; every role may read and write all.

    Attributes:
        contents: the objects by their S3 URIs: put seeds there, and find segments there.
    """

    contents: dict[str, bytes] = field(default_factory=dict)

    def read(self, location: Location, role: Role) -> bytes:
        """The content of an object."""
        del role
        if location.uri not in self.contents:
            raise ObjectError(f"there is no object {location.uri}")
        return self.contents[location.uri]

    def look(self, location: Location, role: Role) -> None:
        """Every role may use every bucket."""

    def write(self, location: Location, body: bytes, role: Role, *, in_parts: bool = False) -> None:
        """Writes an object."""
        del role, in_parts
        self.contents[location.uri] = body
