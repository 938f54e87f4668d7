"""A subscription business: its billing system's exports, finance's sheets and a survey tool's.

Subscriptions in three currencies from two billing systems, of which one names the last day and
the other the day after it; changes of plan, trials, returns; invoices of which only the paid ones
are purchases; the central bank's rates with a column per currency; costs by name of month; scores
from 0 to 10.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd

from tests.foreign.figures import (
    PERIODS,
    Figures,
    at_some_time,
    mean,
    read_texts,
    some_day,
    write_csv,
)

AS_OF = "2025-03-20"
DELIVERY = f"flat/full/{AS_OF}"
CONFIG = """
settings:
  company_name: Abo AG
  reporting_currency: EUR

regions: {AT: DACH, DE: DACH, US: Americas}

flat:
  accounts:
    file: customers.csv
    columns:
      account_id: id
      name: Description
      country: Address Country
      segment: plan_tier (metadata)

  subscriptions:
    - file: subscriptions.csv
      where: {Status: [active, canceled, past_due, trialing], Interval: month}
      columns: &theirs
        subscription_id: id
        account_id: Customer ID
        start_date: Start (UTC)
        end_date: [Ended At (UTC), Cancels At (UTC)]
        mrr: Amount
        currency: Currency
      formats:
        start_date: "%Y-%m-%d %H:%M"
        end_date: "%Y-%m-%d %H:%M"
        mrr: cents
      values: {currency: {eur: EUR, usd: USD, gbp: GBP}}
      end_date_is: exclusive
    - file: subscriptions.csv
      where: {Status: [active, canceled, past_due, trialing], Interval: year}
      columns: *theirs
      formats:
        start_date: "%Y-%m-%d %H:%M"
        end_date: "%Y-%m-%d %H:%M"
        mrr: [cents, per_year]
      values: {currency: {eur: EUR, usd: USD, gbp: GBP}}
      end_date_is: exclusive
    - file: Altverträge.csv
      encoding: windows-1252
      delimiter: ";"
      where: {Vertrag: not empty}
      columns:
        subscription_id: Vertrag
        account_id: Kunde
        start_date: Beginn
        end_date: Letzter Tag
        mrr: Monatsbeitrag
      constants: {currency: EUR}
      formats:
        start_date: "%d.%m.%Y"
        end_date: "%d.%m.%Y"
        mrr: [money, decimal_comma]
      nulls: [unbefristet]

  purchases:
    file: invoices.jsonl
    where: {Status: paid}
    columns:
      purchase_id: Number
      account_id: Customer ID
      purchased_at: Paid At
      amount: Total
      currency: Currency
    formats: {purchased_at: "%Y-%m-%dT%H:%M:%S%z"}
    values: {currency: {eur: EUR, usd: USD, gbp: GBP}}

  fx_rates:
    - file: eurofxref-hist.csv
      where: {USD: not empty}
      columns: {from_date: Date, rate: USD}
      constants: {currency: USD}
      nulls: [N/A]
    - file: eurofxref-hist.csv
      where: {GBP: not empty}
      columns: {from_date: Date, rate: GBP}
      constants: {currency: GBP}
      nulls: [N/A]

  costs:
    file: Kostenstellen.csv
    delimiter: ";"
    columns: {month: Monat, category: Kostenstelle, amount: Ist, item: Konto}
    values: {category: {"~marketing": marketing, "~vertrieb": sales, "*": other}}
    formats: {month: "%m/%Y", amount: [money, decimal_comma]}

  surveys:
    file: responses.csv
    where: {Score: not empty}
    columns: {response_id: "#", account_id: Customer, responded_at: Submitted, score: Score}
    constants: {scale_max: 10}
    formats: {responded_at: "%d %b %Y %H:%M:%S.%f"}
    nulls: [skipped]
"""
OLD = {"delimiter": ";", "encoding": "windows-1252"}
COUNTRIES = {"AT": "DACH", "DE": "DACH", "US": "Americas", "FR": "FR"}
CUSTOMERS = [f"cus_{number:03}" for number in range(1, 61)]


def write(landing: Path, seed: int = 3) -> None:
    """The files of the company, the same for a seed."""
    rng = random.Random(seed)
    folder = landing / DELIVERY
    write_csv(
        folder / "customers.csv",
        ["id", "Description", "Email", "Created (UTC)", "Address Country", "plan_tier (metadata)"],
        [
            (
                customer,
                f"Firma {customer[4:]}",
                f"pay@{customer}.test",
                "2023-01-01 00:00",
                rng.choice(list(COUNTRIES)),
                rng.choice(["starter", "scale", ""]),
            )
            for customer in CUSTOMERS
        ],
    )
    subscriptions, old, invoices = [], [], []
    for customer in CUSTOMERS:
        currency = rng.choice(["eur", "usd", "gbp"])
        start = some_day(rng, "2023-01-02", "2025-01-31")
        if rng.random() < 0.2:
            # From the former billing system, and on in the new one or not.
            first = start - pd.Timedelta(days=rng.randrange(1, 500))
            last = start - pd.Timedelta(days=rng.choice([1, 1, 40]))
            stays = rng.random() < 0.3
            price = f"{rng.choice([49, 1290])},50 €"
            if rng.random() < 0.5:
                price = "1.290,00 €"
            old.append(
                [
                    f"V-{customer[4:]}",
                    f"Firma {customer[4:]}",
                    f"{max(first, pd.Timestamp('2023-01-02')):%d.%m.%Y}"
                    if last > first
                    else f"{first:%d.%m.%Y}",
                    "unbefristet" if stays else f"{last:%d.%m.%Y}",
                    price,
                ]
            )
        for _ in range(rng.choice([1, 1, 2, 3])):
            if start > pd.Timestamp("2025-03-10"):
                break
            mrr = rng.choice([0, 49, 99.5, 990, 1250])
            stop = start + pd.Timedelta(days=rng.choice([14, 31, 92, 200, 400]))
            status = rng.choice(["active", "canceled", "canceled", "incomplete_expired"])
            if status == "active" and rng.random() < 0.3:
                ended, cancels = None, stop + pd.Timedelta(days=900)
            elif status == "canceled" and stop <= pd.Timestamp(AS_OF):
                ended, cancels = stop, None
            else:
                ended, cancels, status = None, None, "active" if status == "canceled" else status
            subscriptions.append(
                [
                    f"sub_{len(subscriptions):04}",
                    customer,
                    rng.choice(["Pro", "Team, large"]),
                    round(mrr * 100),
                    rng.choice(["month", "year"]),
                    currency,
                    status,
                    f"{start:%Y-%m-%d} 00:00",
                    f"{ended:%Y-%m-%d %H:%M}" if ended is not None else "",
                    f"{cancels:%Y-%m-%d %H:%M}" if cancels is not None else "",
                ]
            )
            if ended is None:
                break
            # On at once with another plan, or back after a while.
            start = ended + pd.Timedelta(days=rng.choice([0, 0, 1, 45, 200]))
        for _ in range(rng.randrange(6)):
            paid = at_some_time(rng, some_day(rng, "2023-02-01", "2025-03-19"))
            status = rng.choice(["paid", "paid", "paid", "void", "open"])
            invoices.append(
                {
                    "Number": f"INV-{len(invoices):05}",
                    "Customer ID": customer,
                    "Total": rng.choice([49.0, 1250, "99.50", -49.0]),
                    "Currency": currency,
                    "Status": status,
                    "Paid At": f"{paid:%Y-%m-%dT%H:%M:%S}+0200" if status == "paid" else None,
                }
            )
    write_csv(
        folder / "subscriptions.csv",
        [
            "id",
            "Customer ID",
            "Plan",
            "Amount",
            "Interval",
            "Currency",
            "Status",
            "Start (UTC)",
            "Ended At (UTC)",
            "Cancels At (UTC)",
        ],
        subscriptions,
    )
    write_csv(
        folder / "Altverträge.csv",
        ["Vertrag", "Kunde", "Beginn", "Letzter Tag", "Monatsbeitrag"],
        [*old, ["", "", "", "Summe", "99.999,00 €"]],
        **OLD,
    )
    lines = "".join(json.dumps(invoice) + "\n" for invoice in invoices)
    (folder / "invoices.jsonl").write_text(lines, encoding="utf-8")
    days = pd.date_range("2022-12-30", AS_OF, freq="B")
    # A comma at the end of each line, as the bank writes it.
    write_csv(
        folder / "eurofxref-hist.csv",
        ["Date", "USD", "JPY", "GBP", ""],
        [
            (
                f"{day:%Y-%m-%d}",
                "N/A" if rng.random() < 0.1 and number else f"{1.05 + number / 5000:.4f}",
                "N/A",
                f"{0.85 - number / 9000:.5f}",
                "",
            )
            for number, day in enumerate(days)
        ][::-1],
    )
    write_csv(
        folder / "Kostenstellen.csv",
        ["Monat", "Kostenstelle", "Konto", "Ist"],
        [
            (
                f"{month:%m/%Y}",
                centre,
                account,
                rng.choice(["12.500,00 €", "(1.200,50 €)", "800 €", "7.431,9 €"]),
            )
            for month in pd.date_range("2023-01-01", "2025-03-01", freq="MS")
            for centre, account in (
                ("4100 Marketing", "Anzeigen"),
                ("4200 Vertrieb Innen", "Gehälter"),
                ("4200 Vertrieb Innen", "Reisen"),
                ("9000 Verwaltung", "Miete"),
            )
        ],
        delimiter=";",
    )
    moments = [at_some_time(rng, some_day(rng, "2024-01-01", "2025-03-19")) for _ in range(121)]
    write_csv(
        folder / "responses.csv",
        ["#", "Customer", "Submitted", "Score", "Comment"],
        [
            (
                number,
                rng.choice([*(f"Firma {customer[4:]}" for customer in CUSTOMERS[:9]), ""]),
                f"{moments[number]:%d %b %Y %H:%M:%S}.120",
                rng.choice(["skipped", *range(11)]),
                rng.choice(["", 'Good, but\n"slow"']),
            )
            for number in range(1, 121)
        ],
    )


def figures(landing: Path) -> Figures:
    """What the files come to."""
    folder = landing / DELIVERY
    found = Figures(AS_OF)
    accounts = read_texts(folder / "customers.csv")
    accounts = pd.DataFrame(
        {
            "account": accounts["id"],
            "name": accounts["Description"],
            "region": accounts["Address Country"].map(COUNTRIES),
            "segment": accounts["plan_tier (metadata)"],
        }
    )
    book = Book(folder, accounts)
    first = book.subscriptions["start"].min()
    invoices = read_invoices(folder, accounts, book)
    first = min(first, invoices["day"].min())
    scopes = {"company": "", "customer_region": "region", "segment": "segment"}

    def paying(day: pd.Timestamp) -> pd.DataFrame:
        return book.on(day, day)

    for kpi, figure in {
        "mrr": lambda records: records["mrr"].sum(),
        "arr": lambda records: 12 * records["mrr"].sum(),
        "arpa": mean("mrr"),
        "customers": len,
    }.items():
        found.at_period_ends(kpi, f"{first:%Y-%m-%d}", paying, scopes, figure)
    for period_type in PERIODS:
        for start, end in found.periods(f"{first:%Y-%m-%d}", period_type):
            add_retention(found, book, scopes, period_type, start, end)
    arrivals = book.arrivals()
    found.dated("new_customers", arrivals, "day", {"company": "", "customer_region": "region"}, len)

    costs = read_texts(folder / "Kostenstellen.csv", delimiter=";")
    counts = costs["Kostenstelle"].str.contains("Marketing|Vertrieb")
    costs = costs[counts].assign(
        day=pd.to_datetime(costs["Monat"], format="%m/%Y"), cost=costs["Ist"].map(german_money)
    )
    for period_type in PERIODS:
        spent = costs.groupby(costs["day"].map(lambda d, p=period_type: found.start(d, p)))[
            "cost"
        ].sum()
        won = arrivals.groupby(
            arrivals["day"].map(lambda d, p=period_type: found.start(d, p))
        ).size()
        both = [
            ("company", start, spent[start] / won[start]) for start in won.index if start in spent
        ]
        found.add("customer_acquisition_cost", "company", period_type, both)

    by_customer = {"company": "", "customer_region": "region", "customer": "name"}
    found.dated("average_purchase_value", invoices, "day", by_customer, mean("eur"))

    answers = read_texts(folder / "responses.csv")
    answers = answers[answers["Score"] != "skipped"]
    answers = answers.assign(
        day=pd.to_datetime(answers["Submitted"].str[:11], format="%d %b %Y"),
        satisfied=(answers["Score"].astype(float) > 6).astype(float),
    )
    answers = answers.merge(accounts, left_on="Customer", right_on="name", how="left")
    found.dated("customer_satisfaction", answers, "day", by_customer, mean("satisfied"))
    return found


def german_money(text: str) -> float:
    sign = -1 if text.startswith("(") else 1
    return sign * float(text.translate(str.maketrans(",", ".", "€.() ")))


class Book:
    """Subscriptions of both systems, and what they are worth in euros on a day."""

    def __init__(self, folder: Path, accounts: pd.DataFrame) -> None:
        self.accounts = accounts
        new = read_texts(folder / "subscriptions.csv")
        new = new[new["Status"] != "incomplete_expired"]
        end = new["Ended At (UTC)"].fillna(new["Cancels At (UTC)"]).str[:10]
        new = pd.DataFrame(
            {
                "account": new["Customer ID"],
                "start": pd.to_datetime(new["Start (UTC)"].str[:10]),
                "last": pd.to_datetime(end) - pd.Timedelta(days=1),
                "price": new["Amount"].astype(float)
                / new["Interval"].map({"month": 100, "year": 1200}),
                "currency": new["Currency"].str.upper(),
            }
        )
        old = read_texts(folder / "Altverträge.csv", **OLD)
        old = old[old["Vertrag"].notna()]
        day = {"format": "%d.%m.%Y", "errors": "coerce"}
        old = pd.DataFrame(
            {
                "account": old["Kunde"].map(accounts.set_index("name")["account"]),
                "start": pd.to_datetime(old["Beginn"], **day),
                "last": pd.to_datetime(old["Letzter Tag"], **day),
                "price": old["Monatsbeitrag"].map(german_money),
                "currency": "EUR",
            }
        )
        self.subscriptions = pd.concat([new, old], ignore_index=True)
        self.rates = read_texts(folder / "eurofxref-hist.csv").set_index("Date").sort_index()

    def rate(self, currency: str, day: pd.Timestamp) -> float:
        if currency == "EUR":
            return 1
        known = self.rates.loc[: f"{day:%Y-%m-%d}", currency]
        return float(known[known != "N/A"].iloc[-1])

    def on(self, day: pd.Timestamp, rate_day: pd.Timestamp) -> pd.DataFrame:
        """Paying accounts on a day, at the rates of another; a trial pays nothing."""
        there = self.subscriptions
        there = there[(there["start"] <= day) & ~(there["last"] < day) & (there["price"] > 0)]
        rates = {currency: self.rate(currency, rate_day) for currency in there["currency"].unique()}
        there = there.assign(mrr=there["price"] / there["currency"].map(rates))
        return (
            there.groupby("account", as_index=False)["mrr"].sum().merge(self.accounts, how="left")
        )

    def arrivals(self) -> pd.DataFrame:
        """The day on which each account paid for the first time."""
        there = self.subscriptions[
            (self.subscriptions["price"] > 0)
            & (self.subscriptions["start"] <= AS_OF)
            & ~(self.subscriptions["last"] < self.subscriptions["start"])
        ]
        days = there.groupby("account", as_index=False)["start"].min()
        return days.rename(columns={"start": "day"}).merge(self.accounts)


def add_retention(
    found: Figures,
    book: Book,
    scopes: dict[str, str],
    period_type: str,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> None:
    """What became of the accounts that paid on the day before, both ends at the end's rates."""
    before = book.on(start - pd.Timedelta(days=1), end)
    after = book.on(end, end).set_index("account")["mrr"]
    now = before["account"].map(after).fillna(0.0)
    before = before.assign(
        now=now,
        kept=now.clip(upper=before["mrr"]),
        stays=before["account"].isin(after.index).astype(float),
    )
    kpis = {
        "net_revenue_retention": lambda group: group["now"].sum() / group["mrr"].sum(),
        "gross_revenue_retention": lambda group: group["kept"].sum() / group["mrr"].sum(),
        "revenue_churn_rate": lambda group: 1 - group["kept"].sum() / group["mrr"].sum(),
        "customer_retention_rate": mean("stays"),
        "customer_churn_rate": lambda group: 1 - group["stays"].mean(),
    }
    for kpi, figure in kpis.items():
        for scope_type, column in scopes.items():
            scope = (
                before[column].astype(object).fillna("(none)")
                if column
                else before["account"].map(lambda _: "company")
            )
            groups = before.groupby(scope)
            found.add(
                kpi, scope_type, period_type, ((key, start, figure(group)) for key, group in groups)
            )


def read_invoices(folder: Path, accounts: pd.DataFrame, book: Book) -> pd.DataFrame:
    lines = (folder / "invoices.jsonl").read_text(encoding="utf-8").splitlines()
    invoices = pd.DataFrame([json.loads(line) for line in lines])
    invoices = invoices[invoices["Status"] == "paid"]
    day = pd.to_datetime(invoices["Paid At"], utc=True).dt.tz_localize(None).dt.normalize()
    invoices = invoices.assign(day=day, account=invoices["Customer ID"])
    cells = zip(invoices["Total"], invoices["Currency"].str.upper(), day, strict=True)
    invoices["eur"] = [float(total) / book.rate(currency, when) for total, currency, when in cells]
    return invoices.merge(accounts, on="account")
