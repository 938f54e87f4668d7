"""The registry of all metrics: importing a theme registers its functions."""

from tests.oracle import activity, customers, leads, people, pipeline, results
from tests.oracle.sheets import METRICS

THEMES = (results, pipeline, leads, customers, activity, people)

__all__ = ["METRICS", "THEMES"]
