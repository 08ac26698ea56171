"""The fake's HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>` on a loopback port."""

import asyncio
import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fake_telegram.methods import METHODS
from tests.fake_telegram.state import LOOK, TOKEN, Call, Chat, Failure, Refused, State
from tests.serving import Quick, Serving

SPELLINGS = {name.lower(): name for name in (*METHODS, "getUpdates")}
SECRET = "X-Telegram-Bot-Api-Secret-Token"


class Broken(Response):
    """An answer that breaks off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError


class FakeTelegram(State):
    """The whole of it. `deliver_to`: where updates are posted once a webhook is set, whatever its host."""

    def __init__(self, token: str = TOKEN, port: int = 0) -> None:
        super().__init__(token)
        self.deliver_to: str | None = None
        app = Starlette(
            routes=[
                Route("/bot{token}/{method}", self._method, methods=["GET", "POST"]),
                Route("/file/bot{token}/{path:path}", self._file),
            ]
        )
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
        self._serving = Serving(Quick(config))
        self.url = self._serving.url

    def stop(self) -> None:
        """Gives the port back."""
        self._serving.stop(at_once=True)

    def reset(self) -> None:
        """As new, on the same port."""
        State.__init__(self, self.token)
        self.deliver_to = None

    # What tests arrange

    def fail(self, method: str, *failures: Failure) -> None:
        """The next requests of that method go wrong, one after the other."""
        self.failures[method].extend(failures)

    def group(self, chat_id: int, title: str = "Relais") -> Chat:
        """A group with topics that the bot is in."""
        chat = self.chats[chat_id] = Chat(chat_id, "supergroup", title)
        return chat

    def emit(self, **content: Any) -> dict[str, Any]:
        """Something happened: an update that is posted to the webhook, or waits to be fetched."""
        update = {"update_id": self.next_update_id(), **content}
        self.bring(update)
        return update

    def bring(self, update: Mapping[str, Any]) -> int | None:
        """Brings an update, perhaps again; the answer's status when it was posted."""
        if self.webhook["url"]:
            return self.post(update, self.webhook.get("secret_token"))
        with self.changed:
            self.updates.append(dict(update))
            self.changed.notify_all()
        return None

    def post(self, update: Mapping[str, Any] | bytes, secret: str | None) -> int:
        """Posts to the webhook; the status of the answer."""
        assert self.deliver_to is not None, "nobody said where the webhook is"
        host, path = urlsplit(self.deliver_to), urlsplit(str(self.webhook["url"])).path
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=20)
        headers = {"content-type": "application/json", **({SECRET: secret} if secret is not None else {})}
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    # HTTP

    async def _method(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return _refusal(Refused(401, "Unauthorized"))
        method = SPELLINGS.get(request.path_params["method"].lower())
        if method is None:
            return _refusal(Refused(404, "Not Found"))
        given = await _given(request)
        self.note(Call(method, given))
        failure = self.failures[method].popleft() if self.failures[method] else None
        if failure is not None and not failure.after:
            return _failed(failure)
        try:
            result = await self._get_updates(request, given) if method == "getUpdates" else self._do(method, given)
        except Refused as refused:
            return _refusal(refused)
        return _failed(failure) if failure else JSONResponse({"ok": True, "result": result})

    def _do(self, method: str, given: Mapping[str, Any]) -> Any:
        with self.changed:
            result = METHODS[method](self, given)
            self.changed.notify_all()
            return result

    async def _get_updates(self, request: Request, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        if self.webhook["url"]:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        offset, until = int(given.get("offset") or 0), time.monotonic() + float(given.get("timeout") or 0)
        while not await request.is_disconnected():
            with self.changed:
                self.updates = [update for update in self.updates if update["update_id"] >= offset]
                found = self.updates[:100]
                self.changed.notify_all()
            if found or time.monotonic() >= until or self._serving.server.should_exit:
                return found
            await asyncio.sleep(LOOK)
        return []

    async def _file(self, request: Request) -> Response:
        content = self.files.get(request.path_params["path"].removeprefix("files/"))
        if request.path_params["token"] != self.token or content is None:
            return _refusal(Refused(404, "Not Found"))
        return Response(content)


async def _given(request: Request) -> dict[str, Any]:
    """The parameters of a request, however they come; nested ones decoded."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.json())
    given: dict[str, Any] = dict(request.query_params)
    async with request.form() as form:
        for name, value in form.items():
            if isinstance(value, UploadFile):
                given[name] = {"name": value.filename, "content": await value.read()}
            else:
                given[name] = value
    for name, value in given.items():  # a file beside the form: its field says which one
        if isinstance(value, str) and value.startswith("attach://"):
            given[name] = given.get(value.removeprefix("attach://"))
    return {name: _decoded(name, value) for name, value in given.items()}


def _decoded(name: str, value: Any) -> Any:
    nested = isinstance(value, str) and value[:1] in ("{", "[") and name not in ("text", "caption", "title", "name")
    return json.loads(value) if nested else value


def _refusal(refused: Refused) -> Response:
    said = {"ok": False, "error_code": refused.code, "description": refused.description}
    return JSONResponse(said, status_code=refused.code)


def _failed(failure: Failure) -> Response:
    if failure.drop:
        return Broken()
    said: dict[str, Any] = {"ok": False, "error_code": failure.code, "description": failure.description}
    if failure.parameters:
        said["parameters"] = dict(failure.parameters)
    return JSONResponse(said, status_code=failure.code)
