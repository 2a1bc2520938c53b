"""Tags of objects."""

from starlette.responses import Response

from shipway.awsapi.s3.call import Call, empty, version_header, xml_response
from shipway.awsapi.s3.xml import parse
from shipway.domain.store.errors import TagsRefused


def get_tags(call: Call) -> Response:
    """Answer with a version's tags."""
    found = call.store.head(call.request.bucket, call.request.key, call.version)
    tags = [("Tag", [("Key", key), ("Value", value)]) for key, value in found.tags.items()]
    return xml_response("Tagging", [("TagSet", tags)], version_header(call, found))


def put_tags(call: Call) -> Response:
    """Replace a version's tags."""
    named = parse(call.body, "Tagging").findall("TagSet/Tag")
    tags = {tag.findtext("Key") or "": tag.findtext("Value") or "" for tag in named}
    if len(tags) < len(named):
        raise TagsRefused(reason="a key is there twice")
    found = call.store.set_tags(call.request.bucket, call.request.key, call.version, tags)
    return empty(200, version_header(call, found))


def delete_tags(call: Call) -> Response:
    """Remove a version's tags."""
    found = call.store.set_tags(call.request.bucket, call.request.key, call.version, {})
    return empty(204, version_header(call, found))
