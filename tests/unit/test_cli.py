"""The program as a user meets it: exit codes and messages, on companies of a few rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("sales-kpis"))


class User:
    """Someone with a landing folder and a terminal."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "landing"
        self.landing.mkdir()
        self.environ = {
            "SALES_KPIS_LANDING": str(self.landing),
            "SALES_KPIS_WAREHOUSE": str(root / "warehouse" / "private.duckdb"),
            "SALES_KPIS_PUBLISHED": str(root / "published"),
            "SALES_KPIS_CONFIG": "",
            "DAGSTER_HOME": str(root / "dagster"),
        }

    def write(self, place: str, text: str) -> Path:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def configure(self, text: str) -> None:
        self.environ["SALES_KPIS_CONFIG"] = str(self.write("config.yml", text))

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=PROJECT_DIR,
            env={**os.environ, **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def user(tmp_path) -> User:
    user = User(tmp_path)
    user.write("landing/flat/full/2026-11-20/reps.csv", "rep_id,name\nr1,Ann\n")
    return user


UNKNOWN_COLUMN = "exclusions:\n  - {object: reps, column: nmae, equals: x, reason: y}\n"


@pytest.mark.parametrize("command", ["check", "refresh"])
def test_an_exclusion_of_an_unknown_column_exits_2(user, command):
    user.configure(UNKNOWN_COLUMN)
    run = user.run(command)
    assert run.returncode == 2
    assert "config.yml, line 2: reps has no column 'nmae'; it has " in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_check_exits_1_for_extracts_and_2_for_the_configuration(user):
    assert user.run("check").returncode == 0
    user.write("landing/flat/full/2026-11-20/costs.csv", "")
    assert user.run("check").returncode == 1
    user.configure(UNKNOWN_COLUMN)
    assert user.run("check").returncode == 2
