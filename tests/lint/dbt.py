"""Stand-ins for dbt's cross-database macros, so that the linter can render the models."""


def dateadd(datepart: str, interval: str | int, from_date_or_timestamp: str) -> str:
    """SQL that is shaped like the date moved by so many parts."""
    return f"({from_date_or_timestamp} + interval ({interval}) {datepart})"


def datediff(first_date: str, second_date: str, datepart: str) -> str:
    """SQL that is shaped like the number of parts between two dates."""
    return f"date_diff('{datepart}', {first_date}, {second_date})"
