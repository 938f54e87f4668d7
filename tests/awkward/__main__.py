"""Write one random company: `python -m tests.awkward --out DIR --seed N`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.awkward.company import SIZES, TRAITS, write_company


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.awkward", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--trait", choices=TRAITS, action="append", default=[])
    arguments = parser.parse_args()
    write_company(arguments.out, arguments.seed, arguments.size, arguments.trait)
    print(f"{arguments.out}/landing and {arguments.out}/config.yml")


if __name__ == "__main__":
    main()
