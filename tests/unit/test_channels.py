"""Messages to a webhook and by mail: what arrives, and what is told where nothing does."""

from __future__ import annotations

import socket

import pytest

from orchestration.channels import Message, read_channels
from tests.unit.receivers import mail_server, webhook

MESSAGE = Message("It failed & <b>", "See\nthe log.", "deals.csv, line 2: <hidden>\n```")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_the_webhook_gets_text_that_is_no_markup():
    with webhook() as hook:
        assert read_channels(hook.environ).send(MESSAGE) == []
    assert hook.texts == [
        "*It failed &amp; &lt;b&gt;*\nSee\nthe log.\n"
        "```\ndeals.csv, line 2: &lt;hidden&gt;\n'''\n```"
    ]


def test_the_mail_is_plain_text_to_every_recipient():
    with mail_server() as server:
        assert read_channels(server.environ).send(MESSAGE) == []
    [mail] = server.mails
    assert mail["Subject"] == "It failed & <b>"
    assert mail["From"] == "kpis@example.com"
    assert mail["To"] == "ann@example.com, bob@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content() == "See\nthe log.\n\ndeals.csv, line 2: <hidden>\n```\n"
    assert [text.split("<")[1] for text in server.recipients] == [
        "ann@example.com>",
        "bob@example.com>",
    ]
    assert server.logins == []


def test_letters_of_every_language_arrive():
    with webhook() as hook, mail_server() as server:
        channels = read_channels({**hook.environ, **server.environ})
        assert channels.names == ["webhook", "mail"]
        assert channels.send(Message("Umsätze ↑\nBcc: eve@example.com", "Größe", "→")) == []
    assert "Größe" in hook.texts[0]
    [mail] = server.mails
    assert mail["Subject"] == "Umsätze ↑ Bcc: eve@example.com"
    assert mail["Bcc"] is None
    assert mail.get_content() == "Größe\n\n→\n"


def test_a_login_is_used():
    with mail_server() as server:
        login = {"SALES_KPIS_SMTP_USER": "kpis", "SALES_KPIS_SMTP_PASSWORD": "pass"}
        assert read_channels({**server.environ, **login}).send(MESSAGE) == []
    assert server.logins == ["\0kpis\0pass"]
    assert len(server.mails) == 1


def test_no_secret_is_told_when_nothing_can_be_sent():
    login = {"SALES_KPIS_SMTP_USER": "kpis", "SALES_KPIS_SMTP_PASSWORD": "SECRET"}
    with webhook() as hook, mail_server() as server:
        hook.status = 404
        channels = read_channels({**hook.environ, **server.environ, **login})
        problems = channels.send(MESSAGE)
    assert problems == [
        "The webhook could not be sent: the server answered 404.",
        "The mail could not be sent: the mail server refused the login (535).",
    ]
    assert server.mails == []
    assert "SECRET" not in f"{channels!r} {channels}"


def test_a_server_that_is_away_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    environ = {
        "SALES_KPIS_WEBHOOK_URL": f"http://127.0.0.1:{port}/services/SECRET",
        "SALES_KPIS_SMTP_HOST": "127.0.0.1",
        "SALES_KPIS_SMTP_PORT": str(port),
        "SALES_KPIS_MAIL_FROM": "a@example.com",
        "SALES_KPIS_MAIL_TO": "b@example.com",
    }
    assert read_channels(environ).send(MESSAGE) == [
        "The webhook could not be sent: the server cannot be reached (Connection refused).",
        "The mail could not be sent: the server cannot be reached (Connection refused).",
    ]


def test_without_starttls_neither_mail_nor_password_leaves():
    login = {"SALES_KPIS_SMTP_USER": "kpis", "SALES_KPIS_SMTP_PASSWORD": "pass"}
    with mail_server() as server:
        environ = {**server.environ, **login, "SALES_KPIS_SMTP_SECURITY": "starttls"}
        [problem] = read_channels(environ).send(MESSAGE)
    assert "offers no STARTTLS" in problem
    assert (server.mails, server.logins) == ([], [])


def test_a_redirected_webhook_is_not_taken_for_sent():
    with webhook() as hook, webhook() as other:
        hook.status = 302
        hook.location = other.environ["SALES_KPIS_WEBHOOK_URL"]
        [problem] = read_channels(hook.environ).send(MESSAGE)
    assert problem == "The webhook could not be sent: the server answered 302."
    assert other.texts == []


MAIL = {
    "SMTP_HOST": "mail.example.com",
    "MAIL_FROM": "a@example.com",
    "MAIL_TO": "b@example.com",
}


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"WEBHOOK_URL": "hooks.example.com/SECRET"}, "begins with https://"),
        ({"WEBHOOK_URL": "file:///etc/SECRET"}, "begins with https://"),
        ({"WEBHOOK_URL": "https://example.com:port/SECRET"}, "begins with https://"),
        ({"WEBHOOK_URL": "https://example.com/SECRET\nX: y"}, "begins with https://"),
        ({**MAIL, "SMTP_PORT": "mail"}, "SALES_KPIS_SMTP_PORT must be a number"),
        ({**MAIL, "SMTP_SECURITY": "tls"}, "must be starttls, ssl or none"),
        ({**MAIL, "MAIL_TO": ""}, "mail needs SALES_KPIS_MAIL_TO"),
        ({**MAIL, "MAIL_FROM": ""}, "mail needs SALES_KPIS_MAIL_FROM"),
        ({**MAIL, "SMTP_HOST": ""}, "mail needs SALES_KPIS_SMTP_HOST"),
        ({**MAIL, "MAIL_TO": "b@example.com, Bob"}, "MAIL_TO holds no mail address"),
        ({**MAIL, "MAIL_TO": "b@example.com\nBcc: c@example.com"}, "MAIL_TO holds no mail"),
        ({**MAIL, "SMTP_PASSWORD": "SECRET"}, "go together"),
        (
            {**MAIL, "SMTP_SECURITY": "none", "SMTP_USER": "u", "SMTP_PASSWORD": "SECRET"},
            "not sent unencrypted",
        ),
    ],
)
def test_wrong_variables_are_told_without_their_secrets(environ, problem):
    channels = read_channels({f"SALES_KPIS_{name}": value for name, value in environ.items()})
    assert problem in "\n".join(channels.problems)
    assert "SECRET" not in f"{channels.problems} {channels!r}"
    assert channels.names == []


def test_nothing_is_sent_where_nothing_is_set():
    channels = read_channels({"SALES_KPIS_WEBHOOK_URL": " "})
    assert (channels.names, channels.problems, channels.send(MESSAGE)) == ([], (), [])


@pytest.mark.parametrize(
    ("security", "port"), [("", 587), ("starttls", 587), ("SSL", 465), ("none", 25)]
)
def test_the_port_follows_the_security(security, port):
    environ = {f"SALES_KPIS_{name}": value for name, value in MAIL.items()}
    assert read_channels({**environ, "SALES_KPIS_SMTP_SECURITY": security}).smtp_port == port
