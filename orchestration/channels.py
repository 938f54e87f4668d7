"""Sends a message to people: to a Slack-compatible webhook, by mail, or both.

The webhook's address and the mail server's password are secrets: they stand in no message, log
or error. A message that cannot be sent is a sentence in the answer, never an exception.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPMessage
from threading import Thread
from typing import IO

# Of each wait for the network, and of the whole: a run waits no longer for a notice.
TIMEOUT_SECONDS = 10
PATIENCE_SECONDS = 30

SECURITIES = {"starttls": 587, "ssl": 465, "none": 25}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Message:
    """What to tell: a subject, sentences, and text whose columns stand under each other."""

    subject: str
    text: str
    table: str = ""


@dataclass(frozen=True)
class Channels:
    """Where messages go. `problems` are what is wrong with the variables that say so."""

    webhook_url: str = field(default="", repr=False)
    smtp_host: str = ""
    smtp_port: int = 0
    smtp_security: str = "starttls"
    smtp_user: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""
    mail_to: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The channels that there are."""
        return [name for name, _ in self._senders()]

    def send(self, message: Message) -> list[str]:
        """Sends it everywhere; what went wrong, a sentence per channel.

        Takes `PATIENCE_SECONDS` per channel at most, whatever the other side does.
        """
        return [
            problem
            for name, sender in self._senders()
            if (problem := _tried(name, sender, message))
        ]

    def _senders(self) -> list[tuple[str, Callable[[Message], None]]]:
        senders: list[tuple[str, Callable[[Message], None]]] = []
        if self.problems:
            return senders
        if self.webhook_url:
            senders.append(("webhook", self._post))
        if self.smtp_host:
            senders.append(("mail", self._mail))
        return senders

    def _post(self, message: Message) -> None:
        request = urllib.request.Request(
            self.webhook_url,
            data=json.dumps({"text": slack_text(message)}).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "sales-kpis"},
            method="POST",
        )
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(request, timeout=TIMEOUT_SECONDS):
            pass

    def _mail(self, message: Message) -> None:
        context = ssl.create_default_context()
        if self.smtp_security == "ssl":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.smtp_host, self.smtp_port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self.smtp_host, self.smtp_port, timeout=TIMEOUT_SECONDS)
        with server:
            if self.smtp_security == "starttls":
                server.starttls(context=context)
            if self.smtp_user:
                server.login(self.smtp_user, self.smtp_password)
            server.send_message(mail(message, self.mail_from, self.mail_to))


def read_channels(environ: Mapping[str, str]) -> Channels:
    """The channels that the environment names; what is wrong with it is in `problems`."""
    given = {
        name: environ.get(f"SALES_KPIS_{name}", "").strip()
        for name in (
            "WEBHOOK_URL", "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_USER",
            "SMTP_PASSWORD", "MAIL_FROM", "MAIL_TO",
        )
    }  # fmt: skip
    security = given["SMTP_SECURITY"].lower() or "starttls"
    port = given["SMTP_PORT"] or str(SECURITIES.get(security, 0))
    to = tuple(address.strip() for address in given["MAIL_TO"].split(",") if address.strip())
    return Channels(
        webhook_url=given["WEBHOOK_URL"],
        smtp_host=given["SMTP_HOST"],
        smtp_port=int(port) if port.isascii() and port.isdigit() else 0,
        smtp_security=security,
        smtp_user=given["SMTP_USER"],
        smtp_password=given["SMTP_PASSWORD"],
        mail_from=given["MAIL_FROM"],
        mail_to=to,
        problems=tuple(_problems(given, security, port, to)),
    )


def slack_text(message: Message) -> str:
    """The message as a webhook takes it: bold subject, sentences, the table in a code block.

    What is told of extracts must not become a link or a mention of somebody.
    """
    parts = [f"*{_escaped(message.subject)}*", _escaped(message.text)]
    if message.table:
        parts.append("```\n" + _escaped(message.table).replace("```", "'''") + "\n```")
    return "\n".join(part for part in parts if part)


def mail(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The message as a plain mail."""
    email = EmailMessage()
    email["Subject"] = " ".join(message.subject.split())
    email["From"] = sender
    email["To"] = ", ".join(to)
    email["Date"] = formatdate()
    email["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or None)
    # Answers of absence to a machine help nobody.
    email["Auto-Submitted"] = "auto-generated"
    email.set_content("\n\n".join(part for part in (message.text, message.table) if part) + "\n")
    return email


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive without its message, and be taken for sent."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follows none."""


def _tried(name: str, sender: Callable[[Message], None], message: Message) -> str | None:
    """Sends in a thread of its own; what went wrong, in words without any secret."""
    outcome: list[str | None] = []

    def send() -> None:
        try:
            sender(message)
            outcome.append(None)
        except Exception as error:
            outcome.append(_in_words(error))

    # A server that answers a byte at a time would hold us up for ever.
    thread = Thread(target=send, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    reason = outcome[0] if outcome else f"no answer within {PATIENCE_SECONDS} seconds"
    return reason and f"The {name} could not be sent: {reason}."


def _in_words(error: Exception) -> str:
    """The fault without what the other side or a library says: that may repeat a secret."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answered {error.code}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refused the login ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "the mail server refused every recipient in SALES_KPIS_MAIL_TO"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the mail server offers no STARTTLS or no login (see SALES_KPIS_SMTP_SECURITY)"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server answered {error.smtp_code}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, ssl.SSLError):
        return "no secure connection: the certificate or protocol was not accepted"
    if isinstance(reason, OSError) and reason.strerror:
        return f"the server cannot be reached ({reason.strerror})"
    return f"{type(reason).__name__}"


def _problems(given: Mapping[str, str], security: str, port: str, to: tuple[str, ...]) -> list[str]:
    problems = []
    if given["WEBHOOK_URL"] and not _is_address(given["WEBHOOK_URL"]):
        problems.append(
            "SALES_KPIS_WEBHOOK_URL must be an address that begins with https:// (or http://)"
        )
    if security not in SECURITIES:
        problems.append("SALES_KPIS_SMTP_SECURITY must be starttls, ssl or none")
    elif not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        problems.append("SALES_KPIS_SMTP_PORT must be a number from 1 to 65535")
    host = given["SMTP_HOST"]
    if not host and any(
        given[name] for name in ("SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "MAIL_FROM", "MAIL_TO")
    ):
        problems.append("mail needs SALES_KPIS_SMTP_HOST, the mail server")
    if host:
        problems += [
            f"mail needs SALES_KPIS_{name}, {what}"
            for name, what in (
                ("MAIL_FROM", "the sender's address"),
                ("MAIL_TO", "the recipients' addresses, commas between them"),
            )
            if not given[name]
        ]
        problems += [
            f"SALES_KPIS_{name} holds no mail address where one belongs"
            for name, addresses in (("MAIL_FROM", [given["MAIL_FROM"]]), ("MAIL_TO", to))
            if given[name] and not all(_is_mailbox(address) for address in addresses)
        ]
        if bool(given["SMTP_USER"]) != bool(given["SMTP_PASSWORD"]):
            problems.append("SALES_KPIS_SMTP_USER and SALES_KPIS_SMTP_PASSWORD go together")
        if given["SMTP_PASSWORD"] and security == "none" and host not in LOOPBACK:
            problems.append(
                "a password is not sent unencrypted: set SALES_KPIS_SMTP_SECURITY to starttls "
                "or ssl"
            )
    return problems


def _is_address(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        is_known = parts.scheme in ("http", "https") and bool(parts.hostname)
        return is_known and (parts.port is None or parts.port > 0) and url.isprintable()
    except ValueError:
        return False


def _is_mailbox(text: str) -> bool:
    """A plain address, such as kpis@example.com."""
    try:
        address = Address(addr_spec=text)
    except Exception:
        return False
    return bool(address.username and address.domain) and text.isascii() and text.isprintable()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
