"""Keeps pages of other sites out of the UI, which has no passwords. Belongs here: which requests are refused, and why.

A browser on the operator's machine reaches the UI, and so does every page that is open in it. A page of another site or
of another port of this machine must neither change nor read anything, even if its name resolves to 127.0.0.1.
"""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from python_assets.hosts import parse_host

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_READING = ("GET", "HEAD")
# Dagster reads JSON also from bodies that only mention it, and queries from the address where a body is none of these.
# A page of another site cannot send these types without being asked by its browser to get permission first.
_JSON = ("application/json", "application/graphql")
# First parts of paths that are for programs; all others are pages.
_ENDPOINTS = (
    "graphql",
    "report_asset_materialization",
    "report_asset_check",
    "report_asset_observation",
    "logs",
    "download_debug",
    "notebook",
    "dagit",
    "dagit_info",
    "server_info",
)


class Guard:
    """Refuses with status 403 what does not come from the UI's own pages, from programs, or from a followed link.

    `allowed_hosts` are names, with a port unless it is that of http or https, under which a proxy offers the UI.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str] = ()):
        self._app = app
        self._allowed = {parse_host(host) for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif why := self._objection(HTTPConnection(scope)):
            refusal = PlainTextResponse(f"{why}\n", 403, {"X-Content-Type-Options": "nosniff"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, _never_framed(send))

    def _objection(self, request: HTTPConnection) -> str | None:
        """One sentence that says why a request is refused, None if it is not."""
        headers = request.headers
        hosts = headers.getlist("host")
        if not all(map(self._is_allowed, hosts)) or len(hosts) != 1:
            return (
                f"The UI is not offered under the name {_shown(hosts)}; if a proxy offers it there, "
                "add the name to allowed_hosts under [ui] in counterfoil.toml."
            )
        origins = headers.getlist("origin")
        if not all(self._is_own(origin, hosts[0]) for origin in origins):
            return f"This request was made by a page of {_shown(origins)}, which may not use the UI."
        if not {"same-origin", "none"}.issuperset(headers.getlist("sec-fetch-site")) and not _is_followed_link(request):
            return "This request was made by a page of another site, which may not use the UI."
        if request.scope["type"] == "websocket":
            return None
        if request.scope["method"] not in _READING:
            media_type = headers.get("content-type", "").split(";")[0].strip().lower()
            return None if media_type in _JSON else "Requests other than GET must have a body of type application/json."
        if _endpoint(request) == "graphql" and "query" in request.query_params:
            return "GraphQL must be sent with POST as application/json, since a link or an image can send a GET."
        return None

    def _is_allowed(self, host: str) -> bool:
        parsed = parse_host(host)
        # A port forwarded by SSH may have any number here.
        return parsed is not None and (parsed[0] in _LOOPBACK or parsed in self._allowed)

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether an origin is the UI's own: as the Host has it, or that of a proxy which changes the Host."""
        scheme, _, authority = origin.partition("://")
        parsed = parse_host(authority)
        return (
            scheme in ("http", "https")
            and parsed is not None
            and (parsed == parse_host(host) or parsed in self._allowed)
        )


def _is_followed_link(request: HTTPConnection) -> bool:
    """Whether a tab goes to one of the UI's pages, from a link in an e-mail say. The page asks for all else itself."""
    return (
        request.scope["type"] == "http"
        and request.scope["method"] == "GET"
        and request.headers.getlist("sec-fetch-mode") == ["navigate"]
        and request.headers.getlist("sec-fetch-dest") == ["document"]
        and _endpoint(request) not in _ENDPOINTS
    )


def _endpoint(request: HTTPConnection) -> str:
    """First part of the path. Routes match a path with a line break at its end as well."""
    return request.scope["path"].strip().lstrip("/").split("/")[0]


def _never_framed(send: Send) -> Send:
    """Answers that no page of another site shows in a frame, where it could have its visitors click unknowingly."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
        await send(message)

    return sending


def _shown(values: list[str]) -> str:
    return ", ".join(values)[:200] or "(none)"
