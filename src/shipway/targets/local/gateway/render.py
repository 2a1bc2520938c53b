"""HAProxy's configuration and tables as text. Pure: the same state gives the same bytes."""

from collections.abc import Mapping

from shipway.domain.capture import CAPTURED, EVENT, INFERENCE, RECORDER, SALT, UNCAPTURED
from shipway.domain.traffic import BUCKETS
from shipway.targets.local.gateway.places import Places, reference
from shipway.targets.local.gateway.scripts import HOLD, STICKY
from shipway.targets.local.gateway.state import (
    ARMS,
    ENDPOINTS,
    FUNCTIONS,
    INSTANCES,
    SERVERS,
    Server,
    State,
    servers,
)

LAYOUT = "8"  # to be raised with every change of the texts here: a gateway of an older layout is restarted
BODY_LIMIT = 10 * 1024 * 1024  # bytes, as API Gateway has it
# A refused connection takes a process out at once, a look every 100 ms brings it back.
CHECKED = "check inter 1s fastinter 100ms downinter 100ms rise 1 fall 1 observe layer4 error-limit 1 on-error mark-down"
ENDPOINT = "x-shipway-endpoint"  # tells a recorder for whom a request is
OFFER = "x-shipway-offer"  # tells a recorder to offer its own socket: all of the endpoint's requests are captured
LIVE = "/-/live"  # a recorder answers here itself
DIRECT = 9  # id of the socket where requests come in that a recorder was sent directly
ATTEMPTS = "amz-sdk-invocation-id"  # boto3 gives all attempts of one call the same
UUID = "^[0-9a-fA-F-]{36}$"
CALLERS_ID = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
RELEASE = "^[1-9][0-9]{0,8}$"  # versions that are releases; answers name those in their inference id
TIMED_OUT = ',"OriginalStatusCode":0,"OriginalMessage":"timed out"'
BUSY = 200  # InvokeEndpoint calls a second above which one of ONE_OF is measured and stands for all: lines cost time
ONE_OF = 8
TOOK = "x-shipway-model"  # header between two halves of HAProxy: how long the model took, microseconds
RING = 4 * 1024 * 1024  # bytes of lines that wait while nobody collects them; about 60,000 requests
BUFFERED = 32768  # bytes of a body to wait for: only a request that is there as a whole can be tried again
WAKING = 60  # seconds that a request waits for an endpoint of which nothing runs: it sleeps, or is just being made
JSON = "content-type application/json"


def threads_of(cores: int) -> int:
    """Return how many threads HAProxy has beside everything else on a machine.

    A request costs the programs behind it at least four times of what it costs HAProxy. More threads than that share
    of the cores wait for each other: whoever holds the lock on the ring of lines may have lost its core meanwhile.
    """
    return max(1, cores // 4)


def config(state: State, places: Places, threads: int = 1) -> str:
    """Return the whole configuration. threads: of HAProxy, at least 1.

    It holds the present weights and addresses, so an HAProxy that is started again by the supervisor alone
    goes on exactly where it was.
    """
    wanted = servers(state)
    parts = [_head(places, threads), _public(state), _runtime(state, places), _recorders(places, wanted)]
    parts += [_function(place, places, wanted) for place in range(FUNCTIONS)]
    parts += [_endpoint(place, places, wanted) for place in range(ENDPOINTS)]
    return "\n".join(parts)


def table(entries: Mapping[str, str]) -> str:
    """Return a table file: one key and its value a line."""
    return "".join(f"{key} {value}\n" for key, value in sorted(entries.items()))


def _head(places: Places, threads: int) -> str:
    return f"""\
global
    lua-load {HOLD}
    lua-load {STICKY}
    stats socket {places.admin} mode 600 level admin
    log stdout format raw local0 err
    maxconn 4000
    nbthread {threads}
    tune.bufsize 65536
    hard-stop-after 30s

defaults
    mode http
    log global
    option httplog
    option dontlog-normal
    option log-separate-errors
    option redispatch 1
    retry-on conn-failure empty-response
    timeout connect 1s
    timeout client 75s
    timeout http-request 15s
    timeout http-keep-alive 75s
    timeout queue 10s
    http-reuse safe

ring evidence
    format raw
    maxlen 256
    size {RING}
    timeout connect 1s
    timeout server 20d
    server collector unix@{places.evidence}
"""


def _public(state: State) -> str:
    keys, api, arms = reference("keys"), reference("api"), reference("arms")
    signed = "%[var(txn.id)]-r%[var(txn.release)]"
    return f"""\
frontend public
    bind 127.0.0.1:{state.public_port}
    log ring@evidence format raw local0 info
    no option dontlog-normal
    log-format "%[date] %[var(txn.arm)] %ST %[var(txn.took)]"
{_errors({400: "Bad Request", 408: "Request Timeout", 500: "Internal Server Error"})}
    http-request set-var(txn.id) uuid()
    http-request set-var(txn.id) req.hdr(x-inference-id) if {{ req.hdr(x-inference-id) -m reg {CALLERS_ID} }}
    http-request set-header x-inference-id %[var(txn.id)]
    http-request del-header x-shipway-client
    http-request set-header {EVENT} %[uuid()]
    http-request set-var(txn.backend) path,map_beg({api}) if {{ path /api }} or {{ path_beg /api/ }}
    http-request set-var(txn.client) req.hdr(x-api-key),sha2(256),hex,lower,map_str({keys})
    http-request return status 404 {JSON} {_body("Not Found")} unless {{ path /api }} or {{ path_beg /api/ }}
    http-request return status 403 {JSON} {_body("Forbidden")} unless {{ var(txn.client) -m found }}
    http-request return status 405 {JSON} hdr allow POST {_body("Method Not Allowed")} if {{ path /api }} !METH_POST
    http-request return status 413 {JSON} {_body("Request Entity Too Large")} if {{ req.body_size gt {BODY_LIMIT} }}
    http-request return status 503 {JSON} {_body("Service Unavailable")} unless {{ var(txn.backend) -m found }}
    http-request wait-for-body time 15s at-least {BUFFERED}
    http-request set-var(txn.began) date(0,us)
    http-request del-header x-api-key
    http-request set-header x-shipway-client %[var(txn.client)]
    http-request set-header x-forwarded-for %[src]
    acl sent var(txn.began) -m found
    acl told var(txn.arm) -m found
    http-after-response set-var(txn.took) date(0,us),sub(txn.began) if sent
    http-after-response set-var(txn.arm) var(txn.backend),map_str({arms}) if sent !told
    http-after-response set-var(txn.release) var(txn.arm),field(2,/)
    http-after-response del-header x-shipway-arm
    http-after-response set-header x-shipway-release %[var(txn.release)] if {{ var(txn.arm),field(2,/) -m found }}
    http-after-response set-header x-inference-id %[var(txn.id)] if {{ var(txn.id) -m found }}
    http-after-response set-header x-inference-id {signed} if {{ var(txn.release) -m reg {RELEASE} }}
    http-after-response set-header x-inference-id %[uuid()] unless {{ var(txn.id) -m found }}
    use_backend %[var(txn.backend)]
"""


def _runtime(state: State, places: Places) -> str:
    """Return the runtime API.

    What is captured goes through a recorder, which hands it back at another frontend. The host of a function that was
    offered a recorder's socket asks there instead; those requests come in here afterwards, and the answer says whether
    they are captured, and as which event.
    """
    no_route = _aws("UnknownOperationException", "only POST /endpoints/NAME/invocations is answered here")
    endpoints = reference("endpoints")
    return f"""\
frontend runtime
    bind 127.0.0.1:{state.runtime_port}
    bind unix@{places.direct} mode 600 id {DIRECT}
    log ring@evidence format raw local0 info
    no option dontlog-normal
    log-format "%[date] @%[var(txn.known)] %ST %[var(txn.model)] %[var(txn.took)] %[var(txn.stands)]"
    acl busy fe_req_rate gt {BUSY}
    acl left rand({ONE_OF}) gt 0
    http-request set-var(txn.stands) int(1)
    http-request set-var(txn.stands) int({ONE_OF}) if busy
    http-request set-log-level silent if busy left
    http-request set-var(txn.id) uuid()
    http-after-response set-header x-amzn-RequestId %[var(txn.id)]
    http-after-response set-var(txn.model) res.hdr({TOOK})
    http-after-response del-header {TOOK}
    http-after-response del-header {CAPTURED}
    http-after-response set-header {CAPTURED} %[var(txn.captured)] if {{ var(txn.captured) -m found }}
    http-after-response set-var(txn.took) date(0,us),sub(txn.asked) if {{ var(txn.asked) -m found }}
    http-request return status 200 {JSON} string "{{}}" if {{ path /ping }}
    http-request return status 404 {no_route} unless METH_POST {{ path_reg ^/endpoints/[^/]+/invocations$ }}
    http-request set-var(txn.name) path,field(3,/),url_dec
    http-request set-var(txn.backend) var(txn.name),map_str({endpoints})
    http-request return status 400 {_unknown()} unless {{ var(txn.backend) -m found }}
    http-request set-var(txn.known) var(txn.name)
    http-request set-var(txn.asked) date(0,us)
    http-request del-header authorization
    http-request del-header x-amz-security-token
    http-request set-var(txn.caller) var(txn.id)
    http-request set-var(txn.caller) req.hdr({ATTEMPTS}) if {{ req.hdr({ATTEMPTS}) -m reg {UUID} }}
    http-request set-header {EVENT} %[var(txn.caller)] unless {{ req.hdr({EVENT}) -m reg {CALLERS_ID} }}
    http-request set-var(txn.caller) req.hdr({EVENT})
    http-request set-var(txn.caller) req.hdr({INFERENCE}) if {{ req.hdr({INFERENCE}) -m found }}
    http-request set-var(txn.salt) str({SALT})
    http-request set-var(txn.limit) var(txn.name),map_str({reference("captured")}),add(0)
    acl all var(txn.limit) -m int ge {BUCKETS}
    http-request set-var(txn.bucket) int(0) if all
    http-request set-var(txn.bucket) {_bucket("txn.caller", "txn.salt")} if {{ var(txn.limit) -m found }} !all
    acl captured var(txn.bucket),sub(txn.limit) lt 0
    acl nobodys req.hdr({EVENT}) {UNCAPTURED}
    acl direct so_id {DIRECT}
    http-request set-var-fmt(txn.captured) "%[var(txn.name)] %[req.hdr({EVENT})]" if direct captured !nobodys
    http-request del-header {OFFER}
    http-request set-header {OFFER} 1 if all !direct
    http-request set-header {ENDPOINT} %[var(txn.name)] if captured !nobodys !direct
    http-request wait-for-body time 15s at-least {BUFFERED} if captured !nobodys !direct
    use_backend recorders if captured !nobodys !direct
    use_backend %[var(txn.backend)]
"""


def _recorders(places: Places, wanted: Mapping[str, Server]) -> str:
    """Return the way through a recorder, and around them when none is up: capture never costs a request.

    What a recorder was asked and had not answered when it ended is asked again, of the other one.
    """
    lines = f"""\
backend recorders
    balance leastconn
    retries 3
    timeout server 90s
    option httpchk
    http-check send meth GET uri {LIVE}"""
    # One at a time: it takes several requests at each turn of its loop, which costs less than two that take turns.
    servers = [
        f"{_server(f'recorders/r{index}', wanted, f'unix@{socket}')} {CHECKED}" + (" backup" if index else "")
        for index, socket in enumerate(places.recorders)
    ]
    around = _server("recorders/around", wanted, f"unix@{places.recorded}")
    back = f"""\
{around} backup

frontend recorded
    bind unix@{places.recorded} mode 600
    http-request set-var(txn.name) req.hdr({ENDPOINT})
    http-request set-var(txn.backend) var(txn.name),map_str({reference("endpoints")})
    http-request return status 400 {_unknown()} unless {{ var(txn.backend) -m found }}
    use_backend %[var(txn.backend)]
"""
    return "\n".join([lines, *servers, back])


def _unknown() -> str:
    return _aws("ValidationError", "Endpoint %[var(txn.name),json(utf8s)] not found.")


def _function(place: int, places: Places, wanted: Mapping[str, Server]) -> str:
    """Return the two halves of the path to a function.

    HAProxy tries again after a refused connection or a clean end, not after a reset, and a killed process resets what
    it had not read. So the inner half does the balancing and turns every kind of loss into an end or into status 425,
    and the outer half tries again on both. While no process is up the inner half holds the request, about as long as
    a restart takes; a request that finds none even then is answered 503.
    Callers that stick to a version while two share the traffic go to a backend of that version's processes alone, as
    long as it has one. The inner half tells whose answer it is; the public frontend logs it and drops the header.
    """
    arms, sticky = reference("arms"), reference("sticky")
    cookie = '"%[var(txn.cookie)]=%[var(txn.caller)]; Path=/; HttpOnly; SameSite=Lax"'
    lines = f"""\
backend api{place}
    retries 10
    http-reuse never
    retry-on conn-failure empty-response 425
    timeout server 150s
{_errors({502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"})}
    http-response set-var(txn.arm) res.hdr(x-shipway-arm)
    http-response return status 503 {JSON} {_body("Service Unavailable")} if {{ status 425 }}
    server inner unix@{places.inner(place)}

frontend inner{place}
    bind unix@{places.inner(place)} mode 600
    http-request set-var(txn.id) req.hdr(x-inference-id)
    http-request lua.hold fn{place} 10 if {{ nbsrv(fn{place}) eq 0 }}
    http-request set-var(txn.answered) bool(true) if {{ nbsrv(fn{place}) eq 0 }}
    http-request set-var(txn.sticky) str(fn{place}),map_str({sticky})
    http-request lua.caller if {{ var(txn.sticky) -m found }}
    http-request set-var(txn.caller) uuid() if {{ var(txn.cookie) -m found }}
    http-request set-var(txn.salt) var(txn.sticky),field(3,:)
    http-request set-var(txn.limit) var(txn.sticky),field(4,:),add(0)
    http-request set-var(txn.bucket) {_bucket("txn.caller", "txn.salt")} if {{ var(txn.caller) -m found }}
    acl known var(txn.bucket) -m found
    acl new var(txn.bucket),sub(txn.limit) lt 0
    use_backend fn{place}{ARMS[0]} if known !new {{ nbsrv(fn{place}{ARMS[0]}) gt 0 }}
    use_backend fn{place}{ARMS[1]} if known new {{ nbsrv(fn{place}{ARMS[1]}) gt 0 }}
    default_backend fn{place}
    http-after-response add-header set-cookie {cookie} if {{ var(txn.cookie) -m found }}
    http-after-response set-var(txn.server) srv_name
    http-after-response set-var(txn.arm) str(fn{place}/),concat(,txn.server,),map_str({arms})
    http-after-response set-var(txn.arm) str(api{place}),map_str({arms}) unless {{ var(txn.arm) -m found }}
    http-after-response set-header x-shipway-arm %[var(txn.arm)]
"""
    return "\n".join([lines, *(_servers(f"fn{place}{arm}", wanted) for arm in ("", *ARMS))])


def _bucket(caller: str, salt: str) -> str:
    """Return the expression for shipway.domain.traffic.bucket of two variables."""
    return f"var({caller}),concat(:,{salt},),sha2(256),bytes(0,4),be2dec(,4),mod({BUCKETS})"


def _servers(backend: str, wanted: Mapping[str, Server]) -> str:
    """Return a backend that balances a function's processes: all of them, or those of one of two versions."""
    lines = f"""\
backend {backend}
    balance roundrobin
    retries 3
    timeout server 120s
{_errors({502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"})}
    default-server {CHECKED}
    http-response set-var(txn.answered) bool(true)
    http-response set-status 503 if {{ status 425 }}
    http-after-response set-status 425 if {{ status 502 503 }} !{{ var(txn.answered) -m found }}"""
    names = [f"s{index}" for index in range(SERVERS)]
    return "\n".join([lines, *(_server(f"{backend}/{name}", wanted) for name in names), ""])


def _endpoint(place: int, places: Places, wanted: Mapping[str, Server]) -> str:
    down = _aws("ServiceUnavailable", "The endpoint is unavailable. Try again, or look at its log.")
    late = _aws("ModelError", "Your invocation timed out while waiting for a response from the model.", TIMED_OUT)
    said = "Received error (%[var(txn.status)]) from the model with message %[var(txn.said),json(utf8s)]"
    more = ',"OriginalStatusCode":%[var(txn.status)],"OriginalMessage":"%[var(txn.said),json(utf8s)]"'
    failed = _aws("ModelError", said, more)
    lines = f"""\
backend ep{place}
    balance leastconn
    retries 2
    timeout server 60s
    http-request set-path /invocations
    http-request del-header {EVENT}
    http-request del-header {ENDPOINT}
    http-request del-header {OFFER}
    http-request lua.hold ep{place} {WAKING} if {{ nbsrv(ep{place}) eq 0 }}
    http-request set-var(txn.sent) date(0,us)
    http-error status 502 {down}
    http-error status 503 {down}
    http-error status 504 {late}
    http-response wait-for-body time 10s if {{ status ge 400 }}
    http-response set-var(txn.status) status
    http-response set-var(txn.said) res.body,bytes(0,4096) if {{ status ge 400 }}
    http-response return status 424 {failed} if {{ status ge 400 }}
    http-response del-header server
    http-response del-header {RECORDER}
    http-response set-header x-Amzn-Invoked-Production-Variant AllTraffic
    http-response set-header {TOOK} %[date(0,us),sub(txn.sent)]
    http-after-response set-status 503 if {{ status 502 }}
    http-after-response set-status 424 if {{ status 504 }}"""
    names = [f"t{index}" for index in range(INSTANCES)]
    text = [lines, *(_server(f"ep{place}/{name}", wanted) for name in names)]
    for index in range(INSTANCES):
        socket = f"unix@{places.endpoint_folder(place)}/{index}.sock"
        text.append(_server(f"ep{place}/u{index}", wanted, socket))
    return "\n".join([*text, ""])


def _server(name: str, wanted: Mapping[str, Server], address: str = "") -> str:
    server = wanted.get(name, Server())
    at = address or f"127.0.0.1:{server.port or 1}"
    state = "" if server.ready else " disabled"
    return f"    server {name.partition('/')[2]} {at} weight {server.weight}{state}"


def _errors(messages: Mapping[int, str]) -> str:
    return "\n".join(f"    http-error status {code} {JSON} {_body(text)}" for code, text in messages.items())


def _body(message: str) -> str:
    """Return the arguments of a JSON answer with the inference id, empty where no request was understood."""
    return f"""lf-string '{{"message":"{message}","inferenceId":"%[var(txn.id)]"}}'"""


def _aws(kind: str, message: str, more: str = "") -> str:
    """Return the arguments of an error answer as AWS services give it. more: further JSON members."""
    return f"""{JSON} hdr x-amzn-ErrorType {kind} lf-string '{{"Message":"{message}"{more}}}'"""
