"""Exchange rates as kpis.md and formats.md tell them: whose count, and from when."""

from __future__ import annotations

from datetime import date

from tests.oracle.extracts import Extracts, Record, to_date, to_flag, to_number

# (first day or date.min, units of the currency for one unit of the source's base)
Rate = tuple[date, float]


class Rates:
    """Definition: finance's `fx_rates`, else the CRM's dated rates, else its undated ones.

    A CRM's rates are units per unit of the corporate currency; "where the reporting currency is
    another, they are converted over it". Two orgs' rates are not mixed: of those that tell the
    currency and the reporting one, the first with dated rates, else the first, is asked.
    """

    def __init__(self, extracts: Extracts, reporting: str, earliest: date) -> None:
        self.reporting = reporting
        self.earliest = earliest
        self.flat: dict[str, list[Rate]] = {}
        for r in extracts.flat("fx_rates"):
            if not r.is_deleted and to_number(r["rate"]):
                since = to_date(r["from_date"], earliest)
                currency = r["currency"].upper()
                self.flat.setdefault(currency, []).append((since, to_number(r["rate"])))
        self.dated: dict[str, dict[str, list[Rate]]] = {}
        self.undated: dict[str, dict[str, list[Rate]]] = {}
        rows = [r for r in extracts.salesforce("DatedConversionRate") if not r.is_deleted]
        # Of several that begin before the earliest date the last one holds since ever.
        for r in sorted(rows, key=lambda r: r["startdate"]):
            self.add(self.dated, r, to_date(r["startdate"], earliest) or date.min)
        for r in extracts.salesforce("CurrencyType"):
            if not r.is_deleted:
                self.add(self.undated, r, date.min)
                if to_flag(r["iscorporate"]):
                    assert to_number(r["conversionrate"]) == 1

    def add(self, rates: dict, r: Record, since: date) -> None:
        found = rates.setdefault(r.source, {}).setdefault(r["isocode"].upper(), [])
        found[:] = [rate for rate in found if rate[0] != since]
        found.append((since, to_number(r["conversionrate"])))

    @property
    def orgs(self) -> list[str]:
        return sorted({*self.dated, *self.undated})

    def told(self, org: str, currency: str) -> list[Rate]:
        """The rates of a currency that count in an org: the dated ones if there are any."""
        return self.dated.get(org, {}).get(currency) or self.undated.get(org, {}).get(currency, [])

    def base(self, org: str) -> list[Rate]:
        """The rates of the reporting currency in an org. Where the org tells nothing of it, nor
        which currency is the corporate one, the reporting currency is that."""
        if self.told(org, self.reporting):
            return self.told(org, self.reporting)
        known = {*self.dated.get(org, {}), *self.undated.get(org, {})}
        if any(all(rate == 1 for _, rate in self.told(org, currency)) for currency in known):
            return []
        return [(date.min, 1.0)]

    def rate(self, currency: str, day: date) -> float:
        """Units of the currency for one unit of the reporting currency; a missing rate is an
        error."""
        if currency == self.reporting:
            return 1.0
        if currency in self.flat:
            return on(self.flat[currency], day)
        orgs = [org for org in self.orgs if self.told(org, currency) and self.base(org)]
        orgs.sort(key=lambda org: (currency not in self.dated.get(org, {}), org))
        return on(self.told(orgs[0], currency), day) / on(self.base(orgs[0]), day)

    def worth(self, amount: float | None, currency: str | None, day: date) -> float | None:
        """An amount in the reporting currency; without a currency it already is."""
        if amount is None:
            return None
        return amount / self.rate((currency or self.reporting).upper(), day)


def on(rates: list[Rate], day: date) -> float:
    return max(rate for rate in rates if rate[0] <= day)[1]
