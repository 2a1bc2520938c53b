"""Lifecycle configurations, from S3's XML and back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from starlette.responses import Response

from shipway.awsapi.s3.call import Call, empty, xml_response
from shipway.awsapi.s3.errors import MalformedXml, NotImplementedHere
from shipway.awsapi.s3.xml import Value, parse, text
from shipway.domain.store.errors import LifecycleNotFound, LifecycleRefused
from shipway.domain.store.lifecycle import LifecycleRule


def get_lifecycle(call: Call) -> Response:
    """Answer with the bucket's rules; raises LifecycleNotFound when it has none."""
    rules = call.store.lifecycle(call.request.bucket)
    if not rules:
        raise LifecycleNotFound(bucket=call.request.bucket)
    return xml_response("LifecycleConfiguration", [("Rule", list(_elements(rule))) for rule in rules])


def put_lifecycle(call: Call) -> Response:
    """Replace the bucket's rules; one that can't be kept as written refuses them all."""
    document = parse(call.body, "LifecycleConfiguration")
    rules = tuple(_rule(element, f"rule-{number}") for number, element in enumerate(document.findall("Rule"), 1))
    if not rules or len(rules) > 1000:
        raise MalformedXml(reason="a configuration has 1 to 1000 rules")
    if len({rule.id for rule in rules}) < len(rules):
        raise LifecycleRefused(rule=rules[0].id, reason="two rules have the same ID")
    call.store.set_lifecycle(call.request.bucket, rules)
    return empty()


def delete_lifecycle(call: Call) -> Response:
    """Remove the bucket's rules."""
    call.store.set_lifecycle(call.request.bucket, ())
    return empty(204)


def _rule(element: Element, default_id: str) -> LifecycleRule:
    name = text(element, "ID") or default_id
    for child in element:
        if "Transition" in child.tag:
            raise NotImplementedHere(feature="a transition to another storage class")
    status = text(element, "Status")
    if status not in ("Enabled", "Disabled"):
        raise MalformedXml(reason=f"Status of rule {name!r} is {status!r}")
    rule = LifecycleRule(
        id=name,
        enabled=status == "Enabled",
        prefix=_filter(element, "Prefix") or "",
        tags={text(tag, "Key"): text(tag, "Value") for tag in element.findall("Filter//Tag")},
        larger_than=_number(name, _filter(element, "ObjectSizeGreaterThan"), 0),
        smaller_than=_number(name, _filter(element, "ObjectSizeLessThan"), 1),
        expire_days=_number(name, element.findtext("Expiration/Days"), 1),
        expire_on=_date(name, element.findtext("Expiration/Date")),
        expire_markers=text(element, "Expiration/ExpiredObjectDeleteMarker") == "true",
        noncurrent_days=_number(name, element.findtext("NoncurrentVersionExpiration/NoncurrentDays"), 1),
        newer_noncurrent=_number(name, element.findtext("NoncurrentVersionExpiration/NewerNoncurrentVersions"), 1) or 0,
        abort_days=_number(name, element.findtext("AbortIncompleteMultipartUpload/DaysAfterInitiation"), 1),
    )
    if rule == LifecycleRule(
        id=name, enabled=rule.enabled, prefix=rule.prefix, tags=rule.tags,
        larger_than=rule.larger_than, smaller_than=rule.smaller_than,
    ):  # fmt: skip
        raise LifecycleRefused(rule=name, reason="it has no action")
    return rule


def _filter(element: Element, name: str) -> str | None:
    """Return a filter's field, alone or within And, or the rule's own as older clients write it."""
    for path in (f"Filter/And/{name}", f"Filter/{name}", name):
        found = element.findtext(path)
        if found is not None:
            return found
    return None


def _number(rule: str, value: str | None, least: int) -> int | None:
    if value is None:
        return None
    if not (value.strip().isascii() and value.strip().isdigit()) or int(value) < least:
        raise LifecycleRefused(rule=rule, reason=f"{value!r} is not a whole number of at least {least}")
    return int(value)


def _date(rule: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        raise LifecycleRefused(rule=rule, reason=f"{value!r} is not a date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _elements(rule: LifecycleRule) -> Iterator[tuple[str, Value]]:
    yield "ID", rule.id
    conditions: list[tuple[str, Value]] = [("Prefix", rule.prefix)] if rule.prefix else []
    conditions += [("Tag", [("Key", key), ("Value", value)]) for key, value in rule.tags.items()]
    conditions += [("ObjectSizeGreaterThan", rule.larger_than)] if rule.larger_than is not None else []
    conditions += [("ObjectSizeLessThan", rule.smaller_than)] if rule.smaller_than is not None else []
    yield "Filter", [("And", conditions)] if len(conditions) > 1 else conditions or [("Prefix", "")]
    yield "Status", "Enabled" if rule.enabled else "Disabled"
    if rule.expire_days is not None or rule.expire_on is not None or rule.expire_markers:
        marker = True if rule.expire_markers else None
        yield (
            "Expiration",
            [("Days", rule.expire_days), ("Date", rule.expire_on), ("ExpiredObjectDeleteMarker", marker)],
        )
    if rule.noncurrent_days is not None:
        newer = rule.newer_noncurrent or None
        days: list[tuple[str, Value]] = [("NoncurrentDays", rule.noncurrent_days), ("NewerNoncurrentVersions", newer)]
        yield "NoncurrentVersionExpiration", days
    if rule.abort_days is not None:
        yield "AbortIncompleteMultipartUpload", [("DaysAfterInitiation", rule.abort_days)]
