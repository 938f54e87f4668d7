"""The demo company: Veridane Instruments, an invented maker of measuring instruments.

``python -m demo --out DIR [--scale 1] [--seed 7]`` simulates its sales organisation from
December 2023 to 20 November 2026 and writes what such a company would deliver:

``DIR/salesforce/full/2026-11-20/*.csv``
    a Salesforce weekly Data Export: users and roles, accounts, contacts, campaigns, leads,
    opportunities with lines and quotes, contracts, orders, tasks and events, and the
    histories of leads and opportunities.
``DIR/flat/full/2026-11-20/*.csv``
    what a CRM does not hold: reps with hire and leave dates and team moves, quotas,
    targets, forecasts, costs, subscriptions, product costs, surveys and a time log.

Scale 1 is some 40 reps, 6,000 leads, 4,000 deals and 60,000 activities; everything grows
in proportion to the scale, the reps from eight on. The same seed and scale give the same
bytes on any day and machine.

How it is made, each step in bulk: ``people`` staffs the teams, ``leads`` brings demand and
the response to it, ``company`` and ``deals`` sell, renew and lose, ``activities`` does the
work behind it, ``planning`` plays HR, planning and finance, and ``export`` writes files
with the columns that stand in ``salesforce`` and ``flat``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from demo.words import COMPANY_NAME

__all__ = ["COMPANY_NAME", "generate"]


def generate(
    out_dir: Path | str,
    scale: float = 1.0,
    seed: int = 7,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Write the demo company's extracts below ``out_dir``.

    ``scale`` multiplies the size of the company (see the package's description), ``seed``
    chooses another company of the same kind. ``progress`` is called with a few words at
    each step. A delivery of the same name that is already there is replaced; a crash
    leaves at most a folder that ends in ``.part``, which landing ignores.
    """
    # numpy and DuckDB are imported only when a company is made.
    from demo.company import make_company
    from demo.export import write_extracts

    if not scale > 0:
        raise ValueError(f"scale must be above 0, not {scale}")
    report = progress or (lambda words: None)
    company = make_company(seed, scale, report)
    write_extracts(company, seed, Path(out_dir), report)
