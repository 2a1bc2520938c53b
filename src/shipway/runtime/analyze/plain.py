"""Captured lines that are all as SageMaker writes one row of CSV, taken apart without decoding JSON."""

import polars as pl

_BEFORE = '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"'
_AFTER = '"},"eventVersion":"0"}'
# What comes before a mark and after the mark before it, in the order of a line.
_MARKS = {
    "input": '","encoding":"CSV"},"endpointOutput":{"observedContentType":"',
    "type": '","mode":"OUTPUT","data":"',
    "output": '","encoding":"CSV"}},"eventMetadata":{"eventId":"',
    "event": '","inferenceTime":"',
}
_INFERENCE = '","inferenceId":"'
_NOWHERE = "\x01"  # no line of JSON has this character


def plain_lines(block: bytes) -> pl.DataFrame | None:
    """Return columns input, output, event and time, one row for each line; None when some line is otherwise.

    A line is the prefix, the fields with a mark between each two, and the suffix. As no field has a quote or a
    backslash in it, JSON has no other way to read it. Rows end without their line break, and none is empty.
    """
    try:
        schema = {"rest": pl.String}
        lines = pl.read_csv(block, has_header=False, separator=_NOWHERE, quote_char=None, schema=schema)
    except pl.exceptions.PolarsError:
        return None
    whole = pl.col("rest").str.starts_with(_BEFORE) & pl.col("rest").str.ends_with(_AFTER)
    if not lines.select(whole.all()).item():
        return None
    table = lines.lazy().select(pl.col("rest").str.strip_prefix(_BEFORE).str.strip_suffix(_AFTER))
    for name, mark in _MARKS.items():
        pair = table.with_columns(pl.col("rest").str.splitn(mark, 2))
        table = pair.with_columns(pl.col("rest").struct[0].alias(name), pl.col("rest").struct[1].alias("rest"))
    event = pl.col("event").str.splitn(_INFERENCE, 2)
    table = table.with_columns(event.struct[0].alias("event"), event.struct[1].fill_null("").alias("inference"))
    rows = pl.col("input", "output").str.strip_suffix("\\n")
    found = table.with_columns(rows).rename({"rest": "time"}).collect()
    broken = pl.all().is_null() | pl.all().str.contains('"', literal=True) | pl.all().str.contains("\\", literal=True)
    empty = pl.col("input", "output") == ""
    if found.is_empty() or found.select(pl.any_horizontal(broken.any(), empty.any())).item():
        return None
    return found
