"""Plans and counts as bytes: a header in JSON, then the numbers; small, checked, and without pickle."""

import json
import zlib
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from .counts import Counts
from .kernel import Ints, Moments
from .plan import GROUPS, SLOTS, Plan

MAGIC = b"SHPROF1\n"
Header = dict[str, Any]


class BlobDamaged(Exception):
    """These bytes are no profile, or not a whole one."""


def pack(header: Mapping[str, Any], body: bytes) -> bytes:
    """Return one blob: the magic, the checksum and lengths, a header, and a body; both compressed."""
    head = zlib.compress(json.dumps(header, separators=(",", ":")).encode(), 6)
    rest = zlib.compress(body, 6)
    sizes = np.array([len(head), len(rest), zlib.crc32(head + rest)], dtype="<u8").tobytes()
    return MAGIC + sizes + head + rest


def unpack(data: bytes) -> tuple[Header, bytes, int]:
    """Return header and body of the blob that `data` begins with, and its length. Raises BlobDamaged."""
    head, rest, length = _halves(data)
    return json.loads(zlib.decompress(head)), zlib.decompress(rest), length


def check(data: bytes) -> None:
    """Raise BlobDamaged unless `data` is whole blobs, one after the other; without unpacking them."""
    while data:
        data = data[_halves(data)[2] :]


def _halves(data: bytes) -> tuple[bytes, bytes, int]:
    start = len(MAGIC) + 24
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise BlobDamaged("it does not begin as a profile")
    head, rest, checksum = np.frombuffer(data[len(MAGIC) : start], dtype="<u8").tolist()
    end = start + head + rest
    if len(data) < end or zlib.crc32(data[start:end]) != checksum:
        raise BlobDamaged("its checksum does not fit")
    return data[start : start + head], data[start + head : end], end


def pack_plans(plans: Sequence[Plan], about: Mapping[str, Any]) -> bytes:
    """Return plans as a blob. about: more for the header."""
    entries = [
        {
            "name": plan.name,
            "numeric": plan.numeric,
            "source": plan.source,
            "bins": plan.bins,
            "edges": len(plan.edges),
            "centre": plan.centre,
            "deviation": plan.deviation if np.isfinite(plan.deviation) else 0.0,
            "categories": plan.categories,
            "singles": plan.singles,
        }
        for plan in plans
    ]
    body = b"".join(plan.baseline.astype("<i8").tobytes() + plan.edges.astype("<f8").tobytes() for plan in plans)
    return pack({**about, "plans": entries}, body)


def unpack_plans(data: bytes) -> tuple[list[Plan], Header]:
    """Return the plans of a blob and its header. Raises BlobDamaged."""
    header, body, _ = unpack(data)
    plans, at = [], 0
    try:
        for entry in header["plans"]:
            bins, edges = entry.pop("bins"), entry.pop("edges")
            baseline = np.frombuffer(body, dtype="<i8", count=bins, offset=at).astype(np.int64)
            cuts = np.frombuffer(body, dtype="<f8", count=edges, offset=at + 8 * bins).astype(np.float64)
            at += 8 * (bins + edges)
            categories = tuple(entry.pop("categories"))
            plans.append(Plan(baseline=baseline, edges=cuts, categories=categories, **entry))
    except (KeyError, TypeError, ValueError) as error:
        raise BlobDamaged(f"it holds no plans: {error}") from None
    return plans, header


def pack_counts(counts: Mapping[str, Counts], about: Mapping[str, Any]) -> bytes:
    """Return the counts of some rows as a blob, a few kilobytes for 20 features. about: more for the header."""
    entries = {
        name: {"bins": len(one.bins), "text": one.text, "unknown": dict(one.unknown)} for name, one in counts.items()
    }
    numbers = [array for one in counts.values() for array in (one.bins, one.blocks.ravel())]
    whole = np.concatenate([np.empty(0, dtype=np.int64), *numbers]).astype("<u8")
    wide = "<u4" if not len(whole) or whole.max() < 1 << 32 else "<u8"
    moments = np.array([astuple(one.moments) for one in counts.values()], dtype="<f8").tobytes()
    return pack({**about, "counts": entries, "wide": wide}, moments + whole.astype(wide).tobytes())


def unpack_counts(data: bytes) -> tuple[dict[str, Counts], Header, int]:
    """Return counts by feature, the header, and the blob's length. Raises BlobDamaged."""
    header, body, length = unpack(data)
    try:
        entries = header["counts"]
        moments = np.frombuffer(body, dtype="<f8", count=6 * len(entries)).reshape(-1, 6).tolist()
        numbers = np.frombuffer(body, dtype=header["wide"], offset=48 * len(entries)).astype(np.int64)
        found, at = {}, 0
        for (name, entry), row in zip(entries.items(), moments, strict=True):
            end = at + entry["bins"] + SLOTS * GROUPS
            found[name] = _counts(entry, numbers[at:end], row)
            at = end
    except (KeyError, TypeError, ValueError) as error:
        raise BlobDamaged(f"it holds no counts: {error}") from None
    return found, header, length


def _counts(entry: Header, numbers: Ints, row: Sequence[float]) -> Counts:
    count, whole, *sums = row
    bins = entry["bins"]
    return Counts(
        bins=numbers[:bins],
        blocks=numbers[bins:].reshape(SLOTS, GROUPS),
        moments=Moments(int(count), int(whole), *sums),
        text=entry["text"],
        unknown=Tally(entry["unknown"]) if entry["unknown"] else Tally(),
    )
