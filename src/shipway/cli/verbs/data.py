"""Verbs on the data bucket."""

import click

from shipway.cli import words
from shipway.cli.session import Session, verb


@click.group()
def data() -> None:
    """The data that models are trained on."""


@data.command()
@click.argument("source", type=click.Path())
@click.argument("destination", default="", metavar="[S3_NAME]")
@verb
def put(session: Session, source: str, destination: str) -> None:
    """Upload the file or folder SOURCE.

    It goes where shipway.toml says that the data is, or to S3_NAME: s3://bucket/key. Each file is whole or absent.
    """
    target = session.target()
    with session.working(f"uploading {source}"):
        stored = target.put(source, destination)
    rows = [(each.uri, words.size(each.size), each.version) for each in stored]
    session.table(stored, ("object", "size", "version"), rows, "there was nothing to upload")


@data.command("list")
@click.argument("prefix", default="", metavar="[S3_NAME]")
@verb
def list_objects(session: Session, prefix: str) -> None:
    """List objects.

    The newest versions in the data bucket, or below S3_NAME.
    """
    found = session.target().objects(prefix)
    rows = [(each.uri, words.size(each.size), words.moment(each.modified), each.version) for each in found]
    session.table(found, ("object", "size", "modified", "version"), rows, "no objects: shipway data put FILE")
