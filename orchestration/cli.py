"""The program `sales-kpis`: what stands behind make.

Exit codes: 0 done, or nothing new; 1 the run failed and what is published stays as it was;
2 wrong usage or configuration; 130 or 143 it was stopped by Ctrl-C or a signal. Heavy libraries
are imported where they are needed, so that a refresh with nothing new ends at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from functools import partial

from rich.console import Console

from orchestration.errors import RefreshError, UsageError
from orchestration.places import check_places
from orchestration.progress import note_lines, shown_path
from orchestration.settings import Settings, port_number
from orchestration.signals import noted_signals

# Whatever a run writes is for the owner and the group only.
UMASK = 0o027
CLEANING = (
    "remove what runs have built and the demo's extracts; keep yours, what is published, "
    "Dagster's history"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    os.umask(UMASK)
    # Named, since runs send what libraries print elsewhere by replacing sys.stdout.
    # A pipe or a file has no width of its own.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
    published = ""
    settings = None
    with noted_signals() as first_signal:
        try:
            # A check tells everything at once, also what is wrong with the configuration.
            settings = Settings.load(is_strict=options.command is not check)
            published = _published(settings)
            check_places(settings)
            return options.command(settings, options, console) or 0
        except BaseException as error:
            if number := first_signal():
                is_as_it_was = settings is None or _published(settings) == published
                what = "is as it was" if is_as_it_was else "is new: it had just been replaced"
                print(f"Stopped; the published file {what}.", file=sys.stderr)
                return 128 + number
            if not isinstance(error, Exception):
                raise
            if isinstance(error, BrokenPipeError):
                # Whoever read what we print has seen enough, as `head` does.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return 128 + signal.SIGPIPE
            is_foreseen = isinstance(error, RefreshError)
            text = str(error) if is_foreseen else _unexpected(error)
            print(f"sales-kpis: {text}", file=sys.stderr)
            if options.command is refresh:
                _tell_failure(text)
            return error.exit_code if is_foreseen else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sales-kpis",
        description="Sales KPIs from CRM extracts. Settings come from the environment: "
        "SALES_KPIS_LANDING, SALES_KPIS_WAREHOUSE, SALES_KPIS_PUBLISHED, SALES_KPIS_CONFIG, "
        "SALES_KPIS_DAGSTER_PORT; for notices SALES_KPIS_WEBHOOK_URL, SALES_KPIS_SMTP_HOST, "
        "_PORT, _SECURITY, _USER, _PASSWORD, SALES_KPIS_MAIL_FROM, _TO (docs/monitoring.md).",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, text in (
        ("refresh", refresh, "land what is new, build, audit, publish; show the scorecard"),
        ("check", check, "read extracts and configuration without building anything"),
        ("rollback", rollback, "point the published file back at the version before"),
        ("digest", digest, "print the week's digest of the scorecard, or send it"),
        ("dagster", dagster, "the Dagster UI and daemon, with schedules and sensors on"),
        ("docs", docs, "make the site that documents every model and column"),
        ("clean", clean, CLEANING),
    ):
        subparser = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        subparser.set_defaults(command=command)
        if name == "refresh":
            subparser.add_argument(
                "--again",
                action="store_true",
                help="though nothing is new, such as after a rollback",
            )
            subparser.add_argument(
                "--accept",
                action="append",
                default=[],
                metavar="NAME",
                help="accept, this once, a refused file or sudden change that a failed run "
                "named; may be given several times",
            )
        if name == "digest":
            subparser.add_argument(
                "--send", action="store_true", help="to the webhook and by mail, as they are set"
            )
        if name == "dagster":
            subparser.add_argument(
                "--port",
                type=_port,
                help="port on 127.0.0.1 (default: SALES_KPIS_DAGSTER_PORT, else 3000)",
            )
    return parser


def refresh(settings: Settings, options: argparse.Namespace, console: Console) -> None:
    """Lands, builds, audits and publishes through the Dagster job, unless nothing is new.

    With `--again` also then: after a rollback, say.
    """
    from orchestration.accepting import check_names
    from orchestration.contract import load_contract
    from orchestration.scanning import scan
    from orchestration.state import published_version_if_nothing_new, warehouse_lock

    check_names(settings.project_dir, options.accept)

    def says_nothing_new() -> bool:
        found = scan(settings, load_contract(settings.project_dir))
        version = published_version_if_nothing_new(settings, found)
        if version is not None:
            _tell_success(settings)
            lines = [_nothing_new(settings, version), *note_lines(found.notes)]
            lines += ["There is nothing to accept."] if options.accept else []
            console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        return version is not None

    if not options.again and says_nothing_new():
        return
    waited_for: list[str] = []

    def on_wait(holder: str) -> None:
        waited_for.append(holder)
        _say_waiting(console, holder)

    with warehouse_lock(settings.warehouse_path, on_wait=on_wait):
        if waited_for and not options.again and says_nothing_new():
            return
        from orchestration.runs import run_refresh

        release = run_refresh(settings, console, options.accept)
    _tell_success(settings)
    from orchestration.scorecard import print_scorecard

    print_scorecard(console, release)


def check(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    """Tells what a refresh would understand of the extracts and the configuration."""
    from orchestration.check import check as check_extracts

    return check_extracts(settings)


def rollback(settings: Settings, options: argparse.Namespace, console: Console) -> None:
    """Points readers back at the version before."""
    from orchestration import publishing
    from orchestration.state import warehouse_lock

    with warehouse_lock(settings.warehouse_path, on_wait=partial(_say_waiting, console)):
        left, now = publishing.rollback(settings.published_dir)
    console.print(
        f"Published is {now} again, instead of {left}. It stays until a refresh finds something "
        "new, or is called with --again.",
        highlight=False,
        soft_wrap=True,
    )


def digest(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    """Prints the digest; with `--send` sends it, and tells where it did not arrive."""
    import datetime as dt

    from orchestration.digest import digest as digest_of
    from orchestration.freshness import freshness

    if options.send:
        _check_channels(settings)
    if options.send and not settings.channels.names:
        raise UsageError(
            "There is nowhere to send it: set SALES_KPIS_WEBHOOK_URL, or SALES_KPIS_SMTP_HOST, "
            "SALES_KPIS_MAIL_FROM and SALES_KPIS_MAIL_TO (docs/monitoring.md)."
        )
    message = digest_of(settings, freshness(settings, dt.datetime.now(dt.UTC)))
    if not options.send:
        lines = [message.subject, message.text, "", message.table]
        console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        return 0
    problems = settings.channels.send(message)
    for problem in problems:
        print(f"sales-kpis: {problem}", file=sys.stderr)
    if not problems:
        console.print(f"Sent: {' and '.join(settings.channels.names)}.", highlight=False)
    return 1 if problems else 0


def dagster(settings: Settings, options: argparse.Namespace, console: Console) -> int:
    """Runs Dagster's UI and daemon until they are stopped."""
    from orchestration.dbt_build import Dbt
    from orchestration.runs import check_port, prepare_dagster, run_dagster

    port = options.port or settings.dagster_port
    check_port(port)
    _check_channels(settings)
    home = prepare_dagster(settings)

    def say(text: str) -> None:
        # Not through the console, which would say it again if a signal came in between.
        print(text, flush=True)

    say("Starting Dagster; its UI answers within a minute.")
    # Here its message is read; inside Dagster it would be lost in a traceback.
    Dbt(settings).manifest()
    return run_dagster(
        settings,
        port,
        on_ready=lambda: say(
            f"Dagster's UI: http://127.0.0.1:{port} (history in {shown_path(home)}); "
            "Ctrl-C stops it."
        ),
        on_end=lambda: say("Stopping Dagster ..."),
    )


def docs(settings: Settings, options: argparse.Namespace, console: Console) -> None:
    """Makes dbt's documentation site as one file."""
    from orchestration.dbt_build import Dbt
    from orchestration.state import warehouse_lock

    with warehouse_lock(settings.warehouse_path, on_wait=partial(_say_waiting, console)):
        path = Dbt(settings).make_docs()
    console.print(f"Open {shown_path(path)} in a browser.", highlight=False, soft_wrap=True)


def clean(settings: Settings, options: argparse.Namespace, console: Console) -> None:
    """Removes what can be made again: not your extracts, not what is published, not .venv."""
    from orchestration.dbt_build import Dbt
    from orchestration.state import forget_warehouse, warehouse_lock
    from orchestration.steps import log_dir, remove_demo

    removed = []
    with warehouse_lock(settings.warehouse_path, on_wait=partial(_say_waiting, console)):
        removed += forget_warehouse(settings.warehouse_path)
        folders = [Dbt(settings).target_dir, log_dir(settings)]
        folders += [settings.project_dir / name for name in ("target", "logs")]
        for folder in folders:
            if folder.exists():
                shutil.rmtree(folder)
                removed.append(folder)
        if settings.landing_is_default:
            removed += remove_demo(settings.landing_dir)
    for path in removed:
        console.print(f"removed {shown_path(path)}", highlight=False, soft_wrap=True)
    console.print(
        "Kept: your extracts, what is published, the history of runs in .dagster, and .venv "
        "(delete it to have it made anew).",
        highlight=False,
        soft_wrap=True,
    )


def _check_channels(settings: Settings) -> None:
    """Raises UsageError where the variables that say where notices go are wrong."""
    if settings.channels.problems:
        raise UsageError("\n".join(settings.channels.problems))


def _tell_failure(text: str) -> None:
    """Tells people that a refresh failed, also where the configuration is what is wrong."""
    try:
        from orchestration import notices

        settings = Settings.load_what_can()
        notices.refresh_failed(settings, text, _where_to_look(settings), _warn)
        _warn_of_channels(settings)
    except Exception as error:
        _warn(f"the notice could not be sent: {type(error).__name__}")


def _tell_success(settings: Settings) -> None:
    """Tells people that refreshes work again, and of what has become stale."""
    try:
        _warn_of_channels(settings)
        if settings.channels.names:
            import datetime as dt

            from orchestration import notices
            from orchestration.freshness import freshness

            notices.refresh_succeeded(settings, _warn)
            notices.staleness(settings, freshness(settings, dt.datetime.now(dt.UTC)), _warn)
    except Exception as error:
        _warn(f"the notice could not be sent: {type(error).__name__}")


def _where_to_look(settings: Settings) -> str:
    return f"Logs are in {settings.warehouse_path.parent / 'logs'}; Dagster's UI shows the run."


def _warn_of_channels(settings: Settings) -> None:
    for problem in settings.channels.problems:
        _warn(f"no notice can be sent: {problem}")


def _warn(text: str) -> None:
    print(f"sales-kpis: {text}", file=sys.stderr)


def _port(text: str) -> int:
    number = port_number(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 1 to 65535")
    return number


def _published(settings: Settings) -> str:
    """Where the published link leads, or nothing."""
    link = settings.published_file
    return str(link.readlink()) if link.is_symlink() else ""


def _say_waiting(console: Console, holder: str) -> None:
    console.print(f"Another run is at work ({holder}); waiting for it.", highlight=False)


def _nothing_new(settings: Settings, version: str) -> str:
    from orchestration.publishing import current_version

    path = shown_path(settings.published_file)
    current = current_version(settings.published_dir)
    text = f"Nothing is new since version {version} was published: {path}"
    if current != version:
        text += (
            f"\nRolled back to version {current}, which stays until something is new; "
            "`.venv/bin/sales-kpis refresh --again` builds and publishes anew."
        )
    return text


def _unexpected(error: Exception) -> str:
    """One line on an error of ours, with the place of the details."""
    import logging

    try:
        from orchestration.steps import open_log

        path = shown_path(open_log(Settings.load()))
        logging.getLogger("sales_kpis").error("unexpected error", exc_info=error)
    except Exception:
        path = "(the log cannot be written)"
    first_line = (str(error).splitlines() or [""])[0]
    return (
        f"unexpected error, {type(error).__name__}: {first_line}\n"
        f"What is published stays as it was. Details: {path}"
    )
