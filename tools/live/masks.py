"""What a report doesn't tell: accounts, people, ids, signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ARN = re.compile(r"\b(arn:[\w-]+:([\w-]+):[\w-]*:)([^:\s\"']*):([^\s\"'\\,;)\]}|]+)")
_SECRET = re.compile(
    r"\b(X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|AWSAccessKeyId|Signature|x-amz-security-token)=[^&\s\"']+"
)
# Not the end of a UUID, which may be twelve digits, too.
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z.-])[0-9]{12}(?![0-9A-Za-z.])")


@dataclass
class Masks:
    """Words that are replaced wherever they stand.

    Attributes:
        words: what is replaced, and by what. Longer ones go first.
        shown: what begins with this may be shown: the names that a run gives.
    """

    words: dict[str, str] = field(default_factory=dict)
    shown: str = "cdk-cleanroomsml-live-"

    def add(self, word: str | None, instead: str) -> None:
        """Has a word be replaced from now on; an empty one, or None, is none."""
        if word:
            self.words[word] = instead

    def mask(self, text: str) -> str:
        """A text without what it isn't to tell. Masking twice changes nothing more."""
        # ARNs go before names: a user may be called `aws`.
        whole = [word for word in self.words if word.startswith("arn:") or word.isdigit()]
        text = self._replace(whole, text)
        text = _SECRET.sub(r"\1=…", text)
        text = _ARN.sub(self._arn, text)
        text = self._replace([word for word in self.words if word not in whole], text)
        return _ACCOUNT.sub("<another account>", text)

    def _replace(self, words: list[str], text: str) -> str:
        for word in sorted(words, key=len, reverse=True):
            text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])", self.words[word], text)
        return text

    def _arn(self, found: re.Match[str]) -> str:
        """An ARN tells the kind of resource, and its name only if the run gave it."""
        start, service, account, resource = found.groups()
        if re.fullmatch("[0-9]{12}", account):
            account = "<another account>"
        kind = re.match(r"[\w-]+[/:]", resource)
        shown = kind[0] if kind and service != "s3" else ""
        name = resource[len(shown) :]
        return f"{start}{account}:{shown}{name if name.startswith(self.shown) or name == '*' else '…'}"
