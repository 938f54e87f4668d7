"""Writes the company as extracts: a Salesforce weekly Data Export and flat files."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import duckdb

from demo import clock
from demo.draws import Draws
from demo.files import Files, macros
from demo.flat import write_flat
from demo.salesforce.accounts import write_accounts
from demo.salesforce.activities import write_activities
from demo.salesforce.common import Users
from demo.salesforce.deals import write_deals
from demo.salesforce.leads import write_leads
from demo.salesforce.people import write_people


def write_extracts(company: SimpleNamespace, seed: int, out_dir: Path, progress) -> None:
    """Write both deliveries below ``out_dir``; each appears under its name when complete."""
    folders = [out_dir / source / "full" / clock.DELIVERY for source in ("salesforce", "flat")]
    parts = [folder.with_name(folder.name + ".part") for folder in folders]
    for part in parts:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        # One thread streams in the order of the arrays; two would hold whole files in memory.
        con.execute("set threads = 1")
        for statement in macros():
            con.execute(statement)
        progress("Salesforce export")
        users, draws = Users(company), Draws(seed, "export")
        files = Files(con, parts[0], quote_all=True)
        write_people(company, users, files)
        write_accounts(company, draws, files)
        write_leads(company, users, draws, files)
        write_deals(company, users, draws, files)
        write_activities(company, users, draws, files)
        progress("flat extracts")
        write_flat(company, Draws(seed, "plans"), Files(con, parts[1], quote_all=False))
    for part, folder in zip(parts, folders, strict=True):
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
