"""What one host process is told, by its command line and its environment."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shipway.domain.function import RECENT_COUNT, RECENT_FOLDER, TIME_LIMIT

SERVERS = ("auto", "granian", "gunicorn", "stdlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process of one version.

    handler: "module.attribute" as Lambda has it. host, port: where to listen. threads: requests at the same time.
    seconds: time limit of one request. memory_mb: what the context tells the handler.
    recent: folder for recent requests, "" for none; recent_count: how many of them it holds.
    """

    handler: str
    host: str = "127.0.0.1"
    port: int = 0
    threads: int = 8
    seconds: float = TIME_LIMIT
    server: str = "auto"
    function: str = "function"
    version: str = "$LATEST"
    memory_mb: str = "1024"
    region: str = "us-east-1"
    recent: str = ""
    recent_count: int = 0

    @property
    def arn(self) -> str:
        """The version's name as AWS writes it; the account is nobody's."""
        return f"arn:aws:lambda:{self.region}:000000000000:function:{self.function}:{self.version}"


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return the settings; names and version come from Lambda's own variables."""
    parser = argparse.ArgumentParser(prog="function_host", description="Serve a Lambda handler over HTTP.")
    parser.add_argument("--handler", required=True, help="module.attribute")
    parser.add_argument("--bind", required=True, help="HOST:PORT")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=TIME_LIMIT)
    parser.add_argument("--server", choices=SERVERS, default="auto")
    given = parser.parse_args(arguments)
    host, _, port = given.bind.rpartition(":")
    return replace(
        named(environment, given.handler),
        host=host,
        port=int(port),
        threads=given.threads,
        seconds=given.seconds,
        server=given.server,
    )


def named(environment: Mapping[str, str], handler: str) -> Settings:
    """Return settings with what Lambda's variables tell: function, version, memory, region."""
    return Settings(
        handler=handler,
        function=environment.get("AWS_LAMBDA_FUNCTION_NAME", "function"),
        version=environment.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        memory_mb=environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
        region=environment.get("AWS_REGION", "us-east-1"),
        recent=environment.get(RECENT_FOLDER, ""),
        recent_count=int(environment.get(RECENT_COUNT, "0")),
    )
