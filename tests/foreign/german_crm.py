"""A German machine builder: a sales CRM's exports, the telephone system's, and office sheets.

Semicolons and Windows-1252, decimal commas, days first, a line of totals below the deals, the
outcome and the stage in two columns, lines of products beside the deals, activities in two files,
quotas as a column per quarter, exchange rates.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pandas as pd

from tests.foreign.figures import (
    Figures,
    at_some_time,
    count,
    mean,
    median,
    ratio,
    read_texts,
    some_day,
    total,
    write_csv,
)

AS_OF = "2025-02-17"
DELIVERY = f"flat/full/{AS_OF}"
CONFIG = """
settings:
  company_name: Müller Maschinen
  reporting_currency: EUR
  business_timezone: Europe/Berlin

stages:
  Kontakt: {order: 1, probability: 0.1}
  Angebot: {order: 2, probability: 0.4}
  Verhandlung: {order: 3, probability: 0.7}
  Won: {order: 4, won: true}
  Lost: {order: 5, lost: true}

lead_sources:
  Empfehlung: {customer_referral: true}

regions:
  Deutschland: DACH
  Schweiz: DACH
  Italien: Süd

activity_types:
  Anruf: call
  E-Mail: email
  Besuch: meeting
  Aufgabe: task

flat:
  opportunities:
    file: deals-8812345-14.csv
    encoding: windows-1252
    delimiter: ";"
    timezone: Europe/Berlin
    where: {Deal - ID: not empty}
    columns:
      opportunity_id: Deal - ID
      name: Deal - Title
      account_id: Deal - Organization
      rep: Deal - Owner
      amount: Deal - Value
      currency: Deal - Currency of Value
      stage: [{Deal - Status: {when: {Deal - Status: [Won, Lost]}}}, Deal - Stage]
      probability: Deal - Probability
      created_at: Deal - Deal created
      close_date:
        - Deal - Won time: {when: {Deal - Status: Won}}
        - Deal - Lost time: {when: {Deal - Status: Lost}}
        - Deal - Expected close date
      lost_reason: Deal - Lost reason
      lead_source: Deal - Source
      is_deleted: Deal - Status
    formats:
      amount: decimal_comma
      probability: percent
      created_at: "%d.%m.%Y %H:%M"
      close_date: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]
    values: {is_deleted: {Deleted: true, "*": false}}

  opportunity_lines:
    file: deals-products.csv
    columns:
      line_id: ~
      opportunity_id: Deal - ID
      product_id: Product - Name
      quantity: Quantity
      unit_price: Item price
      discount: Discount
      total_price: Amount
    formats:
      quantity: decimal_comma
      unit_price: [money, decimal_comma]
      discount: [percent, decimal_comma]
      total_price: [money, decimal_comma]

  products:
    columns:
      product_id: Product - Product code
      name: Product - Name
      family: Product - Category
      list_price: Product - Unit price
      unit_cost: Product - Direct cost
    formats: {list_price: [money, decimal_comma], unit_cost: [money, decimal_comma]}

  accounts:
    file: organizations.csv
    encoding: windows-1252
    columns:
      account_id: Organization - ID
      name: Organization - Name
      country: Organization - Country
      segment: Organization - Branche

  activities:
    - file: activities.csv
      encoding: windows-1252
      timezone: Europe/Berlin
      columns:
        activity_id: Activity - ID
        type: Activity - Type
        rep: Activity - Assigned to user
        opportunity_id: Activity - Deal ID
        created_at: Activity - Add time
        due_date: Activity - Due date
        done_at: Activity - Marked as done time
        is_done: Activity - Done
      values:
        type: {"~vorführung": demo}
        is_done: {Erledigt: true, Offen: false}
      formats:
        created_at: "%d.%m.%Y %H:%M"
        due_date: "%d.%m.%Y"
        done_at: "%d.%m.%Y %H:%M"
    - file: Anrufe.csv
      delimiter: tab
      timezone: Europe/Berlin
      where: {Status: angenommen}
      columns:
        activity_id: ~
        rep: Nebenstelle
        direction: Richtung
        done_at: "{Datum} {Uhrzeit}"
      constants: {type: call}
      values: {direction: {ein: inbound, aus: outbound}}
      formats: {done_at: "%d.%m.%y %H:%M:%S"}

  reps:
    file: Vertriebsteam.csv
    encoding: windows-1252
    columns:
      rep_id: Durchwahl
      name: "{Vorname} {Nachname}"
      team: Team
      region: Gebiet
      hire_date: Eintritt
      leave_date: Austritt
      valid_from: Gültig ab
    formats: {hire_date: "%d.%m.%Y", leave_date: "%d.%m.%Y", valid_from: "%d.%m.%Y"}

  quotas:
    - file: Planung.csv
      where: {Ziel Q4 2024: not empty, Verkäufer: not empty}
      columns: {scope_id: Verkäufer, amount: Ziel Q4 2024}
      constants: {scope_type: rep, period_type: quarter, period_start: 2024-10-01}
      formats: {amount: [money, decimal_comma]}
    - file: Planung.csv
      where: {Ziel Q1 2025: not empty, Verkäufer: not empty}
      columns: {scope_id: Verkäufer, amount: Ziel Q1 2025}
      constants: {scope_type: rep, period_type: quarter, period_start: 2025-01-01}
      formats: {amount: [money, decimal_comma]}

  fx_rates:
    file: Kurse.csv
    header_line: 3
    columns: {currency: Währung, from_date: Gültig ab, rate: Kurs}
    formats: {from_date: "%d.%m.%Y", rate: decimal_comma}
"""

ANSI = {"delimiter": ";", "encoding": "windows-1252"}
TAB = {"delimiter": "\t"}
SHEET = {"delimiter": ";"}
STAGES = {"Kontakt": 0.1, "Angebot": 0.4, "Verhandlung": 0.7}
COUNTRIES = {"Deutschland": "DACH", "Schweiz": "DACH", "Italien": "Süd"}
REPS = [
    # extension, first name, last name, team, region, hired, left, valid from
    ("11", "Jürgen", "Müller", "Großkunden", "Nord", "01.03.2019", "", ""),
    ("12", "Zoë", "Schäfer", "Großkunden", "Nord", "15.01.2021", "", ""),
    ("13", "Ann", "Lee", "Handel", "Süd", "01.02.2024", "", ""),
    ("13", "Ann", "Lee", "Großkunden", "Nord", "01.02.2024", "", "01.10.2024"),
    ("14", "Karl-Heinz", "Groß", "Handel", "Süd", "01.07.2020", "31.12.2024", ""),
]
OWNERS = ["Jürgen Müller", "Zoë Schäfer", "Ann Lee", "Karl-Heinz Groß"]
PRODUCTS = [
    ("P-10", "Fräse 1000; klein", "Fräsen", "1.299,00 €", "800,50 €"),
    ("P-20", "Fräse 2000", "Fräsen", "12.500,00 €", "9.000,00 €"),
    ("P-30", "Wartung", "Dienste", "450 €", ""),
]


def german(number: float) -> str:
    """1234.5 as 1.234,50."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def moment(instant: pd.Timestamp | None) -> str:
    return "" if instant is None else f"{instant:%d.%m.%Y %H:%M}"


def write(landing: Path, seed: int = 1) -> None:
    """The files of the company, the same for a seed."""
    rng = random.Random(seed)
    folder = landing / DELIVERY
    accounts = [f"Kunde {letter} GmbH & Co. KG" for letter in "ÄBCDEFGH"]
    write_csv(
        folder / "organizations.csv",
        [
            "Organization - ID",
            "Organization - Name",
            "Organization - Country",
            "Organization - Branche",
            # A custom field that is called as another one.
            "Organization - Country",
        ],
        [
            (500 + n, name, rng.choice([*COUNTRIES, "Polen"]), rng.choice(["Bau", "Öl", ""]), "XX")
            for n, name in enumerate(accounts)
        ],
        **ANSI,
    )
    write_csv(
        folder / "products.csv",
        [
            "Product - Product code",
            "Product - Name",
            "Product - Category",
            "Product - Unit price",
            "Product - Direct cost",
        ],
        PRODUCTS,
        **SHEET,
    )
    deals, lines = [], []
    for number in range(1, 161):
        created = at_some_time(rng, some_day(rng, "2023-11-01", "2025-02-10"))
        status = rng.choice(["Won"] * 5 + ["Lost"] * 4 + ["Open"] * 4 + ["Deleted"])
        end = min(
            created + pd.Timedelta(hours=rng.randrange(2, 3000)), pd.Timestamp("2025-02-16 20:00")
        )
        # A deal that was won for a while keeps the time of it.
        won = end if status == "Won" else created if rng.random() < 0.2 else None
        lost = end if status == "Lost" else None
        expected = end.normalize() + pd.Timedelta(days=rng.randrange(90))
        value = rng.choice([0, 990.5, 12500, 1234567.89, rng.randrange(100000)])
        deals.append(
            [
                number,
                rng.choice(["Anlage", 'Anlage "Groß"; 2 Stück', "Umbau\nHalle 3"]),
                rng.choice(accounts),
                rng.choice([*OWNERS, *OWNERS, "Eva Nemo", ""]),
                "" if rng.random() < 0.05 else german(value),
                rng.choice(["EUR", "EUR", "CHF"]),
                rng.choice(list(STAGES)),
                status,
                rng.choice(["", "", "25 %", "5%"]),
                moment(created),
                moment(won),
                moment(lost),
                "Preis" if lost else "",
                "" if rng.random() < 0.1 else f"{expected:%d.%m.%Y}",
                rng.choice(["Messe", "Empfehlung", ""]),
            ]
        )
        for _ in range(rng.choice([0, 1, 1, 2])):
            product = rng.choice(PRODUCTS)
            quantity, discount = rng.randint(1, 4), rng.choice([0, 10, 12.5])
            price = number_of(product[3])
            lines.append(
                [
                    number,
                    product[1],
                    german(quantity),
                    f"{german(price)} €",
                    f"{str(discount).replace('.', ',')} %",
                    f"{german(quantity * price * (1 - discount / 100))} €",
                ]
            )
    deals.append(["", "Summe", "", "", german(123456789), *[""] * 10])
    write_csv(
        folder / "deals-8812345-14.csv",
        [
            f"Deal - {name}"
            for name in (
                *("ID", "Title", "Organization", "Owner", "Value", "Currency of Value", "Stage"),
                *("Status", "Probability", "Deal created", "Won time", "Lost time", "Lost reason"),
                *("Expected close date", "Source"),
            )
        ],
        deals,
        quoting=csv.QUOTE_ALL,
        **ANSI,
    )
    # The same line twice is two lines.
    write_csv(
        folder / "deals-products.csv",
        ["Deal - ID", "Product - Name", "Quantity", "Item price", "Discount", "Amount"],
        [*lines, lines[0]],
        **SHEET,
    )
    activities = []
    for number in range(1, 401):
        due = some_day(rng, "2024-01-01", "2025-02-28")
        done = rng.random() < 0.7 and due <= pd.Timestamp("2025-02-15")
        activities.append(
            [
                number,
                rng.choice(
                    [
                        "Anruf",
                        "E-Mail",
                        "Besuch",
                        "Aufgabe",
                        "Produktvorführung (vor Ort)",
                        "Mittagessen",
                    ]
                ),
                rng.choice([*OWNERS, "Eva Nemo"]),
                rng.choice(["", rng.randint(1, 160)]),
                moment(due - pd.Timedelta(hours=rng.randrange(1, 200))),
                f"{due:%d.%m.%Y}",
                moment(at_some_time(rng, due)) if done and rng.random() < 0.9 else "",
                "Erledigt" if done else "Offen",
            ]
        )
    write_csv(
        folder / "activities.csv",
        [
            f"Activity - {name}"
            for name in (
                *("ID", "Type", "Assigned to user", "Deal ID", "Add time", "Due date"),
                *("Marked as done time", "Done"),
            )
        ],
        activities,
        **ANSI,
    )
    calls = []
    for _ in range(300):
        start = at_some_time(rng, some_day(rng, "2024-03-01", "2025-02-16"))
        calls.append(
            [
                f"{start:%d.%m.%y}",
                f"{start:%H:%M}:07",
                rng.choice(["11", "12", "13", "14", "99"]),
                rng.choice(["aus", "aus", "ein"]),
                rng.choice(["angenommen", "Angenommen", "verpasst"]),
                "00:03:20",
            ]
        )
    write_csv(
        folder / "Anrufe.csv",
        ["Datum", "Uhrzeit", "Nebenstelle", "Richtung", "Status", "Dauer"],
        [*calls, calls[0]],
        **TAB,
    )
    write_csv(
        folder / "Vertriebsteam.csv",
        ["Durchwahl", "Vorname", "Nachname", "Team", "Gebiet", "Eintritt", "Austritt", "Gültig ab"],
        REPS,
        **ANSI,
    )
    write_csv(
        folder / "Planung.csv",
        ["Verkäufer", "Ziel Q4 2024", "Ziel Q1 2025", "Bemerkung"],
        [
            ("Jürgen Müller", "1.000.000 €", "1.200.000 €", ""),
            ("Zoë Schäfer", "€ 500.000,50", "600.000", ""),
            ("Ann Lee", "", "250.000,00", "ab 2025"),
            ("", "1.500.000,50", "2.050.000", "Summe"),
        ],
        **SHEET,
    )
    write_csv(
        folder / "Kurse.csv",
        ["Wechselkurse der Buchhaltung", "", ""],
        [
            ("", "", ""),
            ("Währung", "Gültig ab", "Kurs"),
            ("CHF", "01.01.2023", "0,98"),
            ("CHF", "01.07.2024", "0,9412"),
            ("CHF", "01.01.2025", "0,8"),
        ],
        **SHEET,
    )


def number_of(text: str) -> float:
    """1.234,50 € as 1234.5."""
    return float(text.translate(str.maketrans({".": "", ",": ".", "€": "", "%": "", " ": ""})))


def numbers(texts: pd.Series) -> pd.Series:
    """Of cells, of which some are empty."""
    return texts.map(number_of, na_action="ignore").astype(float)


def figures(landing: Path) -> Figures:
    """What the files come to."""
    folder = landing / DELIVERY
    found = Figures(AS_OF)
    reps = rep_assignments(folder)
    rates = Rates(folder)
    deals = read_deals(folder, rates)
    closed = with_rep(deals[deals["outcome"] != "open"], "owner", "closed", reps)
    won = closed[closed["outcome"] == "won"]
    people = {"company": "", "region": "region", "team": "team", "rep": "rep"}
    found.dated("sales", won, "closed", people, total("eur"))
    found.dated("average_deal_size", won, "closed", people, mean("eur"))
    found.dated("average_deal_size", won, "closed", {"lead_source": "source"}, mean("eur"))
    found.dated("median_deal_size", won, "closed", people, median("eur"))
    found.dated("sales_cycle_days", won, "closed", people, mean("cycle"))
    found.dated("median_sales_cycle_days", won, "closed", people, median("cycle"))
    found.dated("win_rate", closed, "closed", people, mean("is_won"))
    found.dated(
        "win_rate", closed, "closed", {"customer_region": "customer_region"}, mean("is_won")
    )
    found.dated(
        "sales_by_region", won, "closed", {"customer_region": "customer_region"}, total("eur")
    )
    found.dated("sales_by_customer", won, "closed", {"customer": "account"}, total("eur"))
    created = with_rep(deals, "owner", "created_day", reps)
    found.dated("opportunities_created", created, "created_day", people, count)
    found.dated("win_rate_of_created", created, "created_day", people, mean("is_won"))

    def open_on(day: pd.Timestamp) -> pd.DataFrame:
        there = deals[
            (deals["created_day"] <= day) & ((deals["outcome"] == "open") | (deals["closed"] > day))
        ].assign(day=day)
        there["value"] = rates.euros(there["amount"], there["currency"], there["day"])
        there["weighted"] = there["value"] * there["probability"]
        there["age"] = (day - there["created_day"]).dt.days
        return with_rep(there, "owner", "day", reps)

    first = "2023-11-01"
    found.at_period_ends("open_opportunities", first, open_on, people, count)
    found.at_period_ends("pipeline_value", first, open_on, people, total("value"))
    found.at_period_ends("weighted_pipeline_value", first, open_on, people, total("weighted"))
    found.at_period_ends("open_deal_age_days", first, open_on, people, mean("age"))

    lines = sold_lines(folder, won, rates)
    found.dated("sales_by_product", lines, "closed", {"product": "product"}, total("eur"))
    found.dated("sales_by_product", lines, "closed", {"product_family": "family"}, total("eur"))
    found.dated(
        "discount_rate", lines, "closed", {**people, "product": "product"}, ratio("off", "list")
    )
    found.dated(
        "profit_margin",
        lines,
        "closed",
        {**people, "product": "product"},
        ratio("margin", "revenue"),
    )

    quotas = read_texts(folder / "Planung.csv", **SHEET)
    attained = []
    for column, start in (("Ziel Q4 2024", "2024-10-01"), ("Ziel Q1 2025", "2025-01-01")):
        quota = {
            rep: number_of(text)
            for rep, text in zip(quotas["Verkäufer"], quotas[column], strict=True)
            if rep and text
        }
        quarter = won[
            won["closed"].map(lambda day: found.start(day, "quarter")) == pd.Timestamp(start)
        ]
        sales = {rep: quarter.loc[quarter["rep"] == rep, "eur"].sum() for rep in quota}
        attained += [(rep, pd.Timestamp(start), sales[rep] / quota[rep]) for rep in quota]
        found.add(
            "quota_attainment",
            "company",
            "quarter",
            [("company", pd.Timestamp(start), sum(sales.values()) / sum(quota.values()))],
        )
    found.add("quota_attainment", "rep", "quarter", attained)

    activities = read_activities(folder)
    done = with_rep(activities[activities["is_done"]], "owner", "day", reps)
    outbound = done[done["direction"] != "ein"]
    for kpi, kinds in {
        "calls_made": ["call"],
        "emails_sent": ["email"],
        "calls_and_emails": ["call", "email"],
        "meetings_held": ["meeting"],
        "demos_and_onboarding_calls": ["demo"],
    }.items():
        records = outbound if kpi in ("calls_made", "emails_sent", "calls_and_emails") else done
        found.dated(kpi, records[records["kind"].isin(kinds)], "day", people, count)
    tasks = activities[(activities["kind"] == "task") & (activities["due"].notna())]
    tasks = with_rep(tasks, "owner", "due", reps)
    found.dated("tasks_due", tasks, "due", people, count)
    found.dated("task_completion_rate", tasks, "due", people, mean("is_done"))
    late = tasks[~tasks["is_done"] & (tasks["due"] < AS_OF)]
    found.dated("tasks_overdue", late, "due", people, count)
    return found


def rep_assignments(folder: Path) -> pd.DataFrame:
    team = read_texts(folder / "Vertriebsteam.csv", **ANSI)
    day = {"format": "%d.%m.%Y"}
    return pd.DataFrame(
        {
            "extension": team["Durchwahl"],
            "rep": team["Vorname"] + " " + team["Nachname"],
            "team": team["Team"],
            "region": team["Gebiet"],
            "since": pd.to_datetime(team["Gültig ab"].fillna("01.01.1900"), **day),
        }
    )


def with_rep(records: pd.DataFrame, owner: str, day: str, reps: pd.DataFrame) -> pd.DataFrame:
    """Adds rep, team and region of the owner (a name or an extension) on the day."""
    assignments = list(reps.itertuples(index=False))
    found = [
        next(
            (
                (row.rep, row.team, row.region)
                for row in reversed(assignments)
                if name in (row.rep, row.extension) and row.since <= date
            ),
            (None, None, None),
        )
        for name, date in zip(records[owner], records[day], strict=True)
    ]
    names = pd.DataFrame(found, records.index, ["rep", "team", "region"], dtype=object)
    return records.assign(**{column: names[column] for column in names})


class Rates:
    """Units of a currency for a euro, each until the next."""

    def __init__(self, folder: Path) -> None:
        sheet = read_texts(folder / "Kurse.csv", **SHEET, header_line=3)
        days = pd.to_datetime(sheet["Gültig ab"], format="%d.%m.%Y")
        self.rates = list(zip(sheet["Währung"], days, sheet["Kurs"].map(number_of), strict=True))

    def euros(self, amounts: pd.Series, currencies: pd.Series, days: pd.Series) -> list[float]:
        def rate(currency: str, day: pd.Timestamp) -> float:
            known = [rate for code, since, rate in self.rates if code == currency and since <= day]
            return known[-1] if known else 1

        cells = zip(amounts, currencies, days, strict=True)
        return [amount / rate(currency, day) for amount, currency, day in cells]


def read_deals(folder: Path, rates: Rates) -> pd.DataFrame:
    texts = read_texts(folder / "deals-8812345-14.csv", **ANSI)
    texts.columns = [name.removeprefix("Deal - ") for name in texts.columns]
    texts = texts[texts["ID"].notna() & (texts["Status"] != "Deleted")]

    def day(column: str) -> pd.Series:
        return pd.to_datetime(texts[column].str[:10], format="%d.%m.%Y")

    deals = pd.DataFrame({"deal": texts["ID"], "owner": texts["Owner"], "source": texts["Source"]})
    deals["account"] = texts["Organization"]
    lines = read_texts(folder / "deals-products.csv", **SHEET)
    of_lines = lines["Amount"].map(number_of).groupby(lines["Deal - ID"]).sum()
    deals["amount"] = numbers(texts["Value"]).fillna(deals["deal"].map(of_lines))
    deals["currency"] = texts["Currency of Value"]
    deals["outcome"] = texts["Status"].str.lower()
    deals["created_day"] = day("Deal created")
    deals["closed"] = day("Won time").where(texts["Status"] == "Won", day("Lost time"))
    deals.loc[texts["Status"] == "Open", "closed"] = pd.NaT
    deals["is_won"] = (deals["outcome"] == "won").astype(float)
    deals["cycle"] = (deals["closed"] - deals["created_day"]).dt.days
    percent = numbers(texts["Probability"]) / 100
    stage = texts["Stage"].map(STAGES)
    # How likely a deal was before it closed is not known: there is no history.
    deals["probability"] = percent.fillna(stage).where(deals["outcome"] == "open")
    deals["eur"] = rates.euros(deals["amount"], deals["currency"], deals["closed"])
    firms = read_texts(folder / "organizations.csv", **ANSI).set_index("Organization - Name")
    country = deals["account"].map(firms["Organization - Country"])
    deals["customer_region"] = country.map(COUNTRIES).fillna(country)
    return deals


def sold_lines(folder: Path, won: pd.DataFrame, rates: Rates) -> pd.DataFrame:
    """Lines of won deals in euros; a deal without lines is one of no product."""
    lines = read_texts(folder / "deals-products.csv", **SHEET)
    products = read_texts(folder / "products.csv", **SHEET).set_index("Product - Name")
    joined = won.merge(lines, left_on="deal", right_on="Deal - ID", how="left")
    name = joined["Product - Name"]
    sold = pd.Series(rates.euros(numbers(joined["Amount"]), joined["currency"], joined["closed"]))
    quantity = numbers(joined["Quantity"])
    listed = numbers(name.map(products["Product - Unit price"]))
    cost = numbers(name.map(products["Product - Direct cost"]))
    return joined.assign(
        product=name,
        family=name.map(products["Product - Category"]),
        list=quantity * listed,
        off=quantity * listed - sold,
        revenue=sold,
        margin=sold - quantity * cost,
        eur=sold.where(name.notna(), joined["eur"]),
    )


def read_activities(folder: Path) -> pd.DataFrame:
    crm = read_texts(folder / "activities.csv", **ANSI)
    crm.columns = [name.removeprefix("Activity - ") for name in crm.columns]
    kinds = {"Anruf": "call", "E-Mail": "email", "Besuch": "meeting", "Aufgabe": "task"}
    due = pd.to_datetime(crm["Due date"], format="%d.%m.%Y")
    done = pd.to_datetime(crm["Marked as done time"].str[:10], format="%d.%m.%Y")
    own = pd.DataFrame(
        {
            "owner": crm["Assigned to user"],
            "kind": crm["Type"]
            .map(kinds)
            .fillna(crm["Type"].map(lambda text: "demo" if "vorführung" in text else None)),
            "due": due,
            "is_done": crm["Done"] == "Erledigt",
            # Done, nobody knows when: on the day it was due.
            "day": done.fillna(due),
            "direction": None,
        }
    )
    calls = read_texts(folder / "Anrufe.csv", **TAB)
    calls = calls[calls["Status"].str.lower() == "angenommen"]
    phone = pd.DataFrame(
        {
            "owner": calls["Nebenstelle"],
            "kind": "call",
            "due": pd.NaT,
            "is_done": True,
            "day": pd.to_datetime(calls["Datum"], format="%d.%m.%y"),
            "direction": calls["Richtung"],
        }
    )
    return pd.concat([own, phone], ignore_index=True)
