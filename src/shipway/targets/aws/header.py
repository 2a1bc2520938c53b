"""Copies of CSV objects without their first lines, made inside S3: only small objects pass through this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from shipway.domain.batch import BatchInvalid
from shipway.domain.store.name import parse_uri
from shipway.domain.transform_header import HeadersDiffer, split_header

LONGEST = 1 << 16  # bytes of a header row
SMALL = 5 << 20  # S3 API reference, UploadPartCopy: a range is copied of objects above 5 MiB alone
PART = 1 << 30  # bytes of one part of a copy, of 5 GiB at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One object of a batch's input. size: bytes. asked: the s3 name that it was found by; prefix: its key."""

    bucket: str
    key: str
    size: int
    asked: str
    prefix: str

    @property
    def name(self) -> str:
        """Its name below what was asked for, as a download lays it out."""
        return self.key.removeprefix(self.prefix).lstrip("/") or self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first line of an object. columns: that it names. size: its bytes, line end and all."""

    columns: tuple[str, ...]
    size: int


class Headless:
    """CSV objects of one input. s3: a client."""

    def __init__(self, s3: Any, sources: Sequence[Source]) -> None:
        self._s3 = s3
        self._sources = sources

    @cached_property
    def _firsts(self) -> list[First]:
        return [self._first(each) for each in self._sources]

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the first lines name. Raises HeadersDiffer, BatchInvalid."""
        wanted = self._firsts[0].columns
        for source, found in zip(self._sources, self._firsts, strict=True):
            if found.columns != wanted:
                first = self._sources[0].key
                raise HeadersDiffer(file=source.key, first=first, found=", ".join(found.columns))
        return wanted

    def copy(self, uri: str) -> None:
        """Write the rows of each object below an s3 prefix that ends in a slash."""
        bucket, prefix = parse_uri(uri)
        for source, first in zip(self._sources, self._firsts, strict=True):
            copy = self._small if source.size <= SMALL else self._large
            copy(source, first.size, bucket, prefix + source.name)

    def _first(self, source: Source) -> First:
        if not source.size:
            return First(columns=(), size=0)
        told = self._s3.get_object(Bucket=source.bucket, Key=source.key, Range=f"bytes=0-{LONGEST - 1}")
        content: bytes = told["Body"].read()
        line = content.find(b"\n") + 1
        if not line and source.size > LONGEST:
            raise BatchInvalid(
                problem=f"the first line of {source.key} is longer than {LONGEST} bytes: it is no header"
            )
        return First(columns=split_header(content)[0], size=line or source.size)

    def _small(self, source: Source, skip: int, bucket: str, key: str) -> None:
        content: bytes = self._s3.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
        self._s3.put_object(Bucket=bucket, Key=key, Body=content[skip:])

    def _large(self, source: Source, skip: int, bucket: str, key: str) -> None:
        upload = self._s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        whole = {"Bucket": bucket, "Key": key, "UploadId": upload}
        try:
            parts = [
                {"PartNumber": number, "ETag": self._part(source, begin, number, whole)}
                for number, begin in enumerate(range(skip, source.size, PART), 1)
            ]
            self._s3.complete_multipart_upload(**whole, MultipartUpload={"Parts": parts})
        except BaseException:
            self._s3.abort_multipart_upload(**whole)
            raise

    def _part(self, source: Source, begin: int, number: int, whole: dict[str, str]) -> str:
        told = self._s3.upload_part_copy(
            **whole,
            PartNumber=number,
            CopySource=f"{source.bucket}/{quote(source.key)}",
            CopySourceRange=f"bytes={begin}-{min(begin + PART, source.size) - 1}",
        )
        return str(told["CopyPartResult"]["ETag"])
