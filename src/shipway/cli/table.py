"""Tables: drawn on a terminal, plain and stable everywhere else."""

import sys
from collections.abc import Sequence

import click


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table for whoever reads: a person at a terminal, or a pipe."""
    if not sys.stdout.isatty():
        click.echo(plain(headers, rows))
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  rich is for terminals alone
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*headers, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)


def plain(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the table as text: columns two blanks apart, headers in capitals, nothing at a line's end."""
    lines = [[header.upper() for header in headers], *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and values, one a line, values below each other; empty values are left out."""
    there = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in there), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in there)
