"""A web app in Python, with its own library alone. It listens where tako says, and on port 3000 without it."""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ENV = os.environ.get("ENV", "development")
PAGE = f"<!doctype html>\n<title>{{name}}</title>\n<h1>Hello from {{name}}</h1>\n<p>Python in {ENV}</p>\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, "text/html; charset=utf-8", PAGE)
        elif self.path == "/api/hello":
            body = json.dumps({"hello": "world", "build": os.environ.get("TAKO_BUILD", "local")})
            self.answer(200, "application/json", body)
        else:
            self.answer(404, "text/plain", "not found\n")

    do_HEAD = do_GET

    def answer(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def main() -> None:
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "3000")))
    server = ThreadingHTTPServer(address, Handler)
    # Requests under way are answered before it ends; from its own thread shutdown would wait for itself.
    server.daemon_threads = False
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on http://{address[0]}:{address[1]}", flush=True)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
