"""Command line of the demo company; see the package's description."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import demo


def main() -> None:
    """Parse the options, make the company, say how it goes."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description="Make the extracts of an invented company."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write below")
    parser.add_argument("--scale", type=float, default=1.0, help="1: about 40 reps (default 1)")
    parser.add_argument("--seed", type=int, default=7, help="another number, another company")
    options = parser.parse_args()
    if not options.scale > 0:
        parser.error(f"--scale must be above 0, not {options.scale:g}")
    if options.seed < 0:
        parser.error(f"--seed must not be negative, not {options.seed}")
    begun = time.monotonic()

    def report(words: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {words}", flush=True)

    report(f"{demo.COMPANY_NAME}, scale {options.scale:g}, seed {options.seed}")
    demo.generate(options.out, options.scale, options.seed, report)
    report(f"done: {options.out}")


if __name__ == "__main__":
    main()
