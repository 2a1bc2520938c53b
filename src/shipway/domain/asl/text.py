"""A reading position in a text, shared by the small parsers of paths, filters and intrinsic calls."""

import re

_WORD = re.compile(r"[^\W\d]\w*")
_MEMBER = re.compile(r"(?:[^\W]|[-$@])+")
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_SPACE = re.compile(r"\s*")


class Cursor:
    """Takes tokens from a text; every method moves on only when it finds what it looks for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    @property
    def rest(self) -> str:
        """What is left."""
        return self.text[self.at :]

    @property
    def peek(self) -> str:
        """The next character; a null character at the end."""
        return self.text[self.at] if self.at < len(self.text) else "\0"

    def take(self, token: str) -> bool:
        """Move past `token` when it is next."""
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def space(self) -> None:
        """Move past white space."""
        self._match(_SPACE)

    def word(self) -> str:
        """Return an identifier, or an empty text."""
        return self._match(_WORD)

    def member(self) -> str:
        """Return a member name as it may stand after a dot, or an empty text."""
        return self._match(_MEMBER)

    def integer(self) -> int | None:
        """Return a whole number with white space around it, or None."""
        self.space()
        text = self._match(_INTEGER)
        self.space()
        return int(text) if text else None

    def number(self) -> int | float | None:
        """Return a JSON number, or None."""
        text = self._match(_NUMBER)
        if not text:
            return None
        return int(text) if _INTEGER.fullmatch(text) else float(text)

    def quoted(self) -> str | None:
        """Return a string in single or double quotes with its escapes undone, or None."""
        quote = self.peek
        if quote not in "'\"":
            return None
        out: list[str] = []
        at = self.at + 1
        while at < len(self.text) and self.text[at] != quote:
            if self.text[at] == "\\" and at + 1 < len(self.text):
                at += 1
            out.append(self.text[at])
            at += 1
        if at >= len(self.text):
            return None
        self.at = at + 1
        return "".join(out)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()
