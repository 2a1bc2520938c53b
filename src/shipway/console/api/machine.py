"""What runs, jobs, logs, data, keys and the production API over HTTP."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import islice

from shipway.console.api.bodies import By, NewKey
from shipway.console.api.route import BY, BYTES, LIMIT, Call, Parameter, Route
from shipway.domain.notice import Notice
from shipway.domain.people import Role
from shipway.domain.store.name import parse_uri
from shipway.ports.target import BuiltImage, Fault, Health, JobView, StoredObject
from shipway.ports.view import BucketView, KeyView, ProjectView
from shipway.ports.wire import AnswerView, Key, LogPage


class Asked(StrEnum):
    """Who is asked: the production API, or the endpoint of the dev stage."""

    PROD = "prod"
    DEV = "dev"


def get_project(call: Call) -> ProjectView:
    """Return what the project is called and where it lives."""
    return call.target.inspect.project()


def get_health(call: Call) -> Health:
    """Return what runs now."""
    return call.target.health()


def get_faults(call: Call) -> Sequence[Fault]:
    """Return what is missing or wrong on the machine."""
    return call.target.doctor()


def build_images(call: Call) -> Sequence[BuiltImage]:
    """Build the project's images."""
    return call.target.build()


def get_document(call: Call) -> object:
    """Return the training state machine, rendered for the project."""
    return call.target.document()


def list_jobs(call: Call) -> Sequence[JobView]:
    """Return jobs, newest first."""
    return call.target.jobs(call.values["limit"])


def read_logs(call: Call) -> LogPage:
    """Return lines that a job or a program wrote, from one number on."""
    name, after, most = call.values["name"], call.values["after"], call.values["limit"]
    lines = tuple(islice(call.target.logs(name), after, after + most))
    job = next((each for each in call.target.jobs(10_000) if each.name == name), None)
    ended = job is not None and job.ended is not None and len(lines) < most
    return LogPage(lines=lines, next=after + len(lines), ended=ended)


def list_buckets(call: Call) -> Sequence[BucketView]:
    """Return every bucket."""
    return call.target.inspect.buckets()


def list_objects(call: Call) -> Sequence[StoredObject]:
    """Return the newest versions below an s3 name."""
    return call.target.objects(call.values["prefix"])


def list_versions(call: Call) -> Sequence[StoredObject]:
    """Return every version of one object, newest first."""
    return call.target.inspect.versions(call.values["uri"])


def put_object(call: Call) -> Sequence[StoredObject]:
    """Store the body as an object."""
    assert call.file is not None  # noqa: S101  the route takes one
    uri = call.values["uri"]
    parse_uri(uri)
    return call.target.put(str(call.file), uri, by=call.by(call.values["by"]))


def ask_model(call: Call) -> AnswerView:
    """Send one request to production's API, or to the dev stage's endpoint; 4xx and 5xx of them are answers."""
    assert call.file is not None  # noqa: S101  the route takes one
    body, kind, accept = call.file.read_bytes(), call.values["content_type"], call.values["accept"]
    if call.values["stage"] is Asked.DEV:
        got = call.target.inspect.ask_dev(body, kind)
    else:
        got = call.target.invoke(body, content_type=kind, headers={"accept": accept} if accept else {})
    return AnswerView.of(got)


def list_keys(call: Call) -> Sequence[KeyView]:
    """Return the API keys of clients."""
    return call.target.inspect.keys()


def create_key(call: Call) -> Key:
    """Make an API key for a client."""
    name = call.said(NewKey).name
    return Key(name=name, key=call.target.create_key(name, by=call.by()))


def remove_key(call: Call) -> None:
    """Keep a client out."""
    call.target.inspect.remove_key(call.values["id"], by=call.by(call.values["by"]))


def list_notices(call: Call) -> Sequence[Notice]:
    """Return the messages to people, oldest first; they hold links by which whoever reads them may approve."""
    return call.target.inspect.notices(call.values["after"])


AFTER = {"after": Parameter(kind=int, summary="Only what has a greater number.", default=0, least=0)}
URI = {"uri": Parameter(kind=str, summary="s3://bucket/key", required=True)}
ROUTES = (
    Route(
        method="GET",
        path="/project",
        summary="The project",
        role=Role.VIEWER,
        perform=get_project,
        answer=ProjectView,
    ),
    Route(method="GET", path="/health", summary="What runs", role=Role.VIEWER, perform=get_health, answer=Health),
    Route(
        method="GET",
        path="/faults",
        summary="What the machine lacks",
        role=Role.VIEWER,
        perform=get_faults,
        answer=Sequence[Fault],
    ),
    Route(
        method="POST",
        path="/images",
        summary="Build the images",
        role=Role.APPROVER,
        perform=build_images,
        answer=Sequence[BuiltImage],
        body=By,
    ),
    Route(
        method="GET",
        path="/document",
        summary="The training state machine",
        role=Role.VIEWER,
        perform=get_document,
        answer=object,
    ),
    Route(
        method="GET",
        path="/jobs",
        summary="List jobs",
        role=Role.VIEWER,
        perform=list_jobs,
        answer=Sequence[JobView],
        query=LIMIT,
    ),
    Route(
        method="GET",
        path="/logs/{name}",
        summary="What a job or a program wrote",
        role=Role.VIEWER,
        perform=read_logs,
        answer=LogPage,
        query={
            "after": Parameter(kind=int, summary="How many lines to leave out.", default=0, least=0),
            "limit": Parameter(kind=int, summary="How many lines at most.", default=1000),
        },
    ),
    Route(
        method="GET",
        path="/buckets",
        summary="List buckets",
        role=Role.VIEWER,
        perform=list_buckets,
        answer=Sequence[BucketView],
    ),
    Route(
        method="GET",
        path="/objects",
        summary="List objects",
        role=Role.VIEWER,
        perform=list_objects,
        answer=Sequence[StoredObject],
        query={"prefix": Parameter(kind=str, summary="An s3 name; empty means the data bucket.", default="")},
    ),
    Route(
        method="PUT",
        path="/objects",
        summary="Upload an object",
        role=Role.APPROVER,
        perform=put_object,
        answer=Sequence[StoredObject],
        takes=BYTES,
        query=URI | BY,
    ),
    Route(
        method="GET",
        path="/versions",
        summary="All versions of an object",
        role=Role.VIEWER,
        perform=list_versions,
        answer=Sequence[StoredObject],
        query=URI,
    ),
    Route(
        method="POST",
        path="/invocations",
        summary="Ask production, or the dev stage",
        role=Role.APPROVER,
        perform=ask_model,
        answer=AnswerView,
        takes=BYTES,
        query={
            "content_type": Parameter(kind=str, summary="The body's type.", default="text/csv"),
            "accept": Parameter(kind=str, summary="The type that the answer shall have.", default=""),
            "stage": Parameter(kind=Asked, summary="Who is asked.", default=Asked.PROD),
        },
    ),
    Route(
        method="GET",
        path="/keys",
        summary="Keys of clients",
        role=Role.ADMIN,
        perform=list_keys,
        answer=Sequence[KeyView],
    ),
    Route(
        method="POST",
        path="/keys",
        summary="Let a client in",
        role=Role.ADMIN,
        perform=create_key,
        answer=Key,
        body=NewKey,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/keys/{id}",
        summary="Keep a client out",
        role=Role.ADMIN,
        perform=remove_key,
        query=BY,
        status=204,
    ),
    Route(
        method="GET",
        path="/notices",
        summary="Messages to people",
        role=Role.APPROVER,
        perform=list_notices,
        answer=Sequence[Notice],
        query=AFTER,
    ),
)
