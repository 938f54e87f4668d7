"""Random companies, dense with the cases that KPI definitions stumble over."""

from tests.awkward.company import write_company

__all__ = ["write_company"]
