"""Reading a request document: every problem found, each with its path, none raised until the end."""

import re
from collections.abc import Collection, Sequence
from typing import TypeVar

from shipway.domain.values import Json, JsonObject

S3_URI = re.compile(r"s3://[^/]+(/.*)?")
_Choice = TypeVar("_Choice", bound=str)


class Reader:
    """One object of the document, with its path; readers of inner objects share the list of problems."""

    def __init__(self, value: JsonObject, path: str = "", problems: list[str] | None = None) -> None:
        self.value = value
        self.path = path
        self.problems: list[str] = [] if problems is None else problems

    def say(self, name: str, problem: str) -> None:
        """Note a problem of the field `name`."""
        self.problems.append(f"{self._at(name)}: {problem}")

    def only(self, names: Collection[str]) -> None:
        """Note every field that the operation does not have."""
        for name in self.value:
            if name not in names:
                self.say(name, "there is no such parameter")

    def has(self, name: str) -> bool:
        """Whether the field is there, with a value."""
        return self.value.get(name) is not None

    def text(self, name: str, pattern: str = r"[\s\S]+", most: int = 1024, default: str | None = None) -> str:
        """Return a string field; a missing one is a problem unless there is a default."""
        found = self.value.get(name)
        if found is None:
            if default is None:
                self.say(name, "missing")
            return default or ""
        if not isinstance(found, str):
            self.say(name, f"must be a string, is {_kind(found)}")
            return ""
        if len(found) > most:
            self.say(name, f"has {len(found)} characters, at most {most} are allowed")
        elif not re.fullmatch(pattern, found):
            self.say(name, f"{found!r} does not match {pattern}")
        return found

    def uri(self, name: str, default: str | None = None) -> str:
        """Return a field that is an `s3://bucket/key` name."""
        return self.text(name, S3_URI.pattern, default=default)

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return a field that is one of a few words; what the service has and one machine has not is a problem too."""
        found = self.text(name, default=default)
        if found not in allowed:
            self.say(name, f"{found!r} is not supported here, only {', '.join(allowed)}")
        return found

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """Return a whole number between two bounds, both included."""
        found = self.value.get(name)
        if found is None:
            return default
        if not isinstance(found, int) or isinstance(found, bool):
            self.say(name, f"must be a whole number, is {_kind(found)}")
            return default
        if not least <= found <= most:
            self.say(name, f"{found} is not between {least} and {most}")
        return found

    def flag(self, name: str) -> bool:
        """Return a true or false field; false when missing."""
        found = self.value.get(name, False)
        if not isinstance(found, bool):
            self.say(name, f"must be true or false, is {_kind(found)}")
        return found is True

    def object(self, name: str, *, required: bool = False) -> "Reader":
        """Return the reader of an inner object, an empty one when it is missing."""
        found = self.value.get(name)
        if found is None:
            if required:
                self.say(name, "missing")
            found = {}
        if not isinstance(found, dict):
            self.say(name, f"must be an object, is {_kind(found)}")
            found = {}
        return Reader(found, self._at(name), self.problems)

    def objects(self, name: str, most: int) -> list["Reader"]:
        """Return the readers of a list of objects, none when it is missing."""
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self.say(name, f"must be a list, is {_kind(found)}")
            return []
        if len(found) > most:
            self.say(name, f"has {len(found)} entries, at most {most} are allowed")
        readers: list[Reader] = []
        for number, item in enumerate(found):
            if isinstance(item, dict):
                readers.append(Reader(item, f"{self._at(name)}[{number}]", self.problems))
            else:
                self.say(f"{name}[{number}]", f"must be an object, is {_kind(item)}")
        return readers

    def words(self, name: str, most: int = 100) -> tuple[str, ...] | None:
        """Return a list of strings, None when it is missing."""
        found = self.value.get(name)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            self.say(name, "must be a list of strings")
            return None
        if not 1 <= len(found) <= most:
            self.say(name, f"must have between 1 and {most} entries, has {len(found)}")
        return tuple(str(word) for word in found)

    def strings(self, name: str, most: int, longest: tuple[int, int]) -> dict[str, str]:
        """Return an object of strings. longest: characters of a name and of a value."""
        found = self.object(name)
        if len(found.value) > most:
            self.say(name, f"has {len(found.value)} entries, at most {most} are allowed")
        for key, value in found.value.items():
            if not isinstance(value, str):
                found.say(key, f"must be a string, is {_kind(value)}: write {_quoted(value)}")
            elif len(key) > longest[0] or len(value) > longest[1]:
                found.say(key, f"at most {longest[0]} characters of name and {longest[1]} of value are allowed")
        return {key: value for key, value in found.value.items() if isinstance(value, str)}

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def _quoted(value: Json) -> str:
    return f'"{str(value).lower() if isinstance(value, bool) else value}"'


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names: dict[type, str] = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names[type(value)]
