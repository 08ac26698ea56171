"""Twilio and Telegram as one small server: it takes what we send and notes who was written to, and when."""

import asyncio
import json
import time
from collections import defaultdict
from itertools import count
from urllib.parse import parse_qs


class Provider:
    """`replies`: for each address, the times (of `time.perf_counter`) and texts of what arrived, in order."""

    def __init__(self) -> None:
        self.replies: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        self.on_the_wire = 0
        self._ids = count(1)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "Provider":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                path = line.split(b" ")[1].decode()
                length = 0
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = await reader.readexactly(length)
                status, answer = self._answer(path, body)
                sent = json.dumps(answer).encode()
                head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n"
                writer.write(head.encode() + sent)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: bytes) -> tuple[str, object]:
        if path.endswith("/Messages.json"):
            form = parse_qs(body.decode())
            self._note(form["To"][0], form.get("Body", [""])[0])
            sid = f"SMf{next(self._ids):031x}"  # no message of a resident has it: ids are unique at Twilio
            return "201 Created", {"sid": sid, "status": "queued", "to": form["To"][0], "body": ""}
        return "200 OK", {"ok": True, "result": self._telegram(path.rpartition("/")[2], body)}

    def _telegram(self, method: str, body: bytes) -> object:
        if method == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "allervers", "username": "allervers_bot"}
        if not method.startswith("send"):
            return True
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        chat = form.get("chat_id", "0")
        self._note(chat, form.get("text", ""))
        return {"message_id": next(self._ids), "date": 0, "chat": {"id": int(chat), "type": "private"}}

    def _note(self, address: str, text: str) -> None:
        self.replies[address].append((time.perf_counter(), text))
