"""S3's XML, in and out. Documents with a DTD are refused, so nothing in them is ever expanded or fetched."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from shipway.awsapi.s3.errors import MalformedXml

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Any stands for Value again: mypy can't see through the covariance of pairs in a recursive alias.
Value: TypeAlias = str | int | bool | datetime | None | Iterable[tuple[str, Any]]

_ESCAPES = {code: f"&#x{code:X};" for code in range(32)} | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def render(root: str, children: Value, namespace: str = NAMESPACE) -> bytes:
    """Return a document. children: (name, value) pairs, nested; a value of None leaves its element out.

    Times are written in UTC with milliseconds, truth values in lower case. A key may hold control characters, which
    become references as S3 writes them; XML 1.0 readers can't take those, so listings offer encoding-type=url.
    """
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f"{HEAD}<{root}{attribute}>{_text(children)}</{root}>".encode()


def timestamp(moment: datetime) -> str:
    """Return a time as S3 writes it into XML."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse(body: bytes, root: str) -> Element:
    """Return the document's root, names without namespaces; raises MalformedXml, also for another root's name."""
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, _: builder.start(name.rpartition("\n")[2], {})
    parser.EndElementHandler = lambda name: builder.end(name.rpartition("\n")[2])
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise MalformedXml(reason=str(error)) from None
    found: Element = builder.close()
    if found.tag != root:
        raise MalformedXml(reason=f"the root is {found.tag}, not {root}")
    return found


def text(element: Element, path: str, default: str = "") -> str:
    """Return the text of a child, without the white space around it."""
    return (element.findtext(path) or default).strip()


def _refuse_doctype(*_: object) -> None:
    raise MalformedXml(reason="document type declarations are not allowed")


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, (str, int)):
        return str(value).translate(_ESCAPES)
    if value is None:
        return ""
    return "".join(f"<{name}>{_text(child)}</{name}>" for name, child in value if child is not None)
