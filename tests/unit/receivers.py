"""A webhook and a mail server on this machine, that keep what they are sent."""

from __future__ import annotations

import base64
import http.server
import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread


@dataclass
class Webhook:
    """What a webhook was sent; it answers with `status`, and leads on to `location`."""

    port: int = 0
    status: int = 200
    location: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {"SALES_KPIS_WEBHOOK_URL": f"http://127.0.0.1:{self.port}/services/SECRET"}


@dataclass
class MailServer:
    """What a mail server was sent, and which logins it saw; it accepts only the password `pass`."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "SALES_KPIS_SMTP_HOST": "127.0.0.1",
            "SALES_KPIS_SMTP_PORT": str(self.port),
            "SALES_KPIS_SMTP_SECURITY": "none",
            "SALES_KPIS_MAIL_FROM": "kpis@example.com",
            "SALES_KPIS_MAIL_TO": "ann@example.com, bob@example.com",
        }


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that runs within it."""
    kept = Webhook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/services/SECRET"
            assert self.headers["Content-Type"] == "application/json"
            kept.texts.append(json.loads(body)["text"])
            self.send_response(kept.status, f"no such hook: {self.path}")
            if kept.location:
                self.send_header("Location", kept.location)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with _served(http.server.HTTPServer, Handler) as port:
        kept.port = port
        yield kept


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server without STARTTLS that runs within it."""
    kept = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            for line in self.rfile:
                text = line.decode().strip()
                verb = text[:4].upper()
                if verb == "EHLO":
                    self.say("250-here")
                    self.say("250 AUTH PLAIN")
                elif verb == "AUTH":
                    login = base64.b64decode(text.split()[2]).decode()
                    kept.logins.append(login)
                    is_known = login.endswith("\0pass")
                    self.say("235 welcome" if is_known else f"535 no: {login!r}")
                elif verb == "RCPT":
                    kept.recipients.append(text)
                    self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    kept.mails.append(
                        message_from_bytes(b"".join(lines).replace(b"\r\n", b"\n"), policy=default)
                    )
                    self.say("250 ok")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok" if verb in ("MAIL", "RSET") else "502 unknown")

    with _served(socketserver.TCPServer, Handler) as port:
        kept.port = port
        yield kept


@contextmanager
def _served(
    kind: type[socketserver.TCPServer], handler: type[socketserver.BaseRequestHandler]
) -> Iterator[int]:
    with kind(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
