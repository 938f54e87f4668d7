"""The KPI figures a second time, from the extract files and the written definitions alone.

Nothing here reads the warehouse or its models. What the definitions leave open, and how it is
read here, stands in README.md.
"""

from tests.oracle.values import compute

__all__ = ["compute"]
