"""A stand-in for the HTTP of a Hugging Face hub: repositories in memory, at an address of this machine."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_stand_in"


class StandIn(ThreadingHTTPServer):
    """A hub with one user; `files` are those of each repository, `commits` the messages of its commits."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, dict[str, bytes]] = {}
        self.commits: dict[str, list[str]] = {}
        self.private: dict[str, bool] = {}
        self.sizes: dict[str, int] = {}
        """Sizes that the hub gives for files, where they are not the true ones."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def sha(self, repository: str) -> str:
        return hashlib.sha1(f"{repository} {len(self.commits[repository])}".encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = urlsplit(self.path).path
        if path == "/api/validate-yaml":
            return self._answer({"warnings": [], "errors": []})
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self._answer({"error": "Invalid username or password."}, 401)
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        repository, what, _ = path.removeprefix("/api/models/").rsplit("/", 2)
        if what == "preupload":
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            return self._answer({"files": modes})
        return self._commit(repository, [json.loads(line) for line in body.splitlines()])

    def _create(self, wanted: dict[str, Any]) -> None:
        repository = f"{wanted['organization']}/{wanted['name']}"
        if repository in self.server.files:
            return self._answer(
                {"error": "You already created this model repo", "url": f"{self.server.url}/{repository}"}, 409
            )
        self.server.files[repository], self.server.commits[repository] = {}, []
        self.server.private[repository] = wanted.get("visibility") == "private"
        return self._answer({"url": f"{self.server.url}/{repository}"})

    def _commit(self, repository: str, lines: list[dict[str, Any]]) -> None:
        files = self.server.files[repository]
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.server.commits[repository].append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            else:
                del files[value["path"]]
        oid = self.server.sha(repository)
        self._answer({"commitUrl": f"{self.server.url}/{repository}/commit/{oid}", "commitOid": oid})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/api/models/"):
            repository = "/".join(path.removeprefix("/api/models/").split("/")[:2])
            return self._about(repository)
        repository, _, rest = path[1:].partition("/resolve/")
        name = rest.partition("/")[2]
        if name not in self.server.files.get(repository, {}):
            return self._missing("EntryNotFound")
        content = self.server.files[repository][name]
        tag = hashlib.sha1(content).hexdigest()
        heads = {"ETag": f'"{tag}"', "X-Repo-Commit": self.server.sha(repository)}
        return self._send(content, 200, heads)

    def _about(self, repository: str) -> None:
        if repository not in self.server.files:
            return self._missing("RepoNotFound")
        siblings = [
            {"rfilename": name, "size": self.server.sizes.get(name, len(content))}
            for name, content in self.server.files[repository].items()
        ]
        return self._answer({"id": repository, "sha": self.server.sha(repository), "siblings": siblings})

    def _missing(self, code: str) -> None:
        self._send(b"{}", 404, {"X-Error-Code": code})

    def _answer(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), status, {"Content-Type": "application/json"})

    def _send(self, content: bytes, status: int, heads: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (*heads.items(), ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Run a hub until the end of the block."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
