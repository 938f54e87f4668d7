"""Opportunity with its histories and lines, Quote, Contract, Order, OrderItem, products."""

# One column of the file a line, or several that belong together.
# fmt: off

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demo import clock, words
from demo.clock import DAY, NEVER, NOW
from demo.deals import owner_at
from demo.draws import Draws
from demo.files import Files, sql_list
from demo.salesforce.common import Users, audit, history_rows

_STAGE = f"pick({sql_list(words.STAGES)}, stage)"
_CATEGORY = f"pick({sql_list(words.FORECAST_CATEGORIES)}, stage)"
_EXPECTED_REVENUE = "case when amount >= 0 then money(amount * probability // 100) end"
_QUOTE_STATUSES = [
    "Draft", "Needs Review", "In Review", "Approved", "Rejected", "Presented", "Accepted", "Denied",
]


def write_deals(company: SimpleNamespace, users: Users, draws: Draws, files: Files) -> None:
    """Write opportunities and everything that hangs on them."""
    _products(users, files)
    _opportunities(company, draws, files)
    _opportunity_history(company, files)
    _owner_history(company, users, files)
    _lines(company, files)
    _quotes(company, files)
    _contracts(company, files)
    _orders(company, files)


def _products(users: Users, files: Files) -> None:
    names, codes, families, prices, *_ = zip(*words.PRODUCTS, strict=True)
    arrays = {
        "n": np.arange(len(names)), "name": np.array(names, dtype=object),
        "code": np.array(codes, dtype=object), "family": np.array(families, dtype=object),
        "price": np.array(prices) * 100,
    }
    made = audit(f"user_id({users.admin})", f"{clock.FIRST_DAY * DAY + 1800} + n")
    files.write(
        "Product2",
        arrays,
        {
            "Id": "product_id(n)", "Name": "name", "ProductCode": "code", "Description": "''",
            "IsActive": "1", **made, "Family": "family", "IsDeleted": "0",
        },
    )
    files.write(
        "PricebookEntry",
        arrays,
        {
            "Id": "pricebook_entry_id(n)", "Name": "name", "Pricebook2Id": "pricebook_id(0)",
            "Product2Id": "product_id(n)", "UnitPrice": "money(price)", "IsActive": "1",
            "UseStandardPrice": "0", **made, "ProductCode": "code", "IsDeleted": "0",
        },
    )


def _opportunities(company: SimpleNamespace, draws: Draws, files: Files) -> None:
    deals, owners, activities = company.deals, company.owners, company.activities
    n = len(deals.created)
    first = np.r_[True, owners.record[1:] != owners.record[:-1]]
    touched = np.full(n, -1)
    done = (activities.deal >= 0) & activities.done & (activities.at <= NOW)
    np.maximum.at(touched, activities.deal[done], activities.at[done] // DAY)
    is_open = deals.stage < words.WON
    explained = (deals.stage == words.LOST) & draws.chance(0.9, n)
    planned = is_open & draws.chance(0.7, n)
    files.write(
        "Opportunity",
        {
            "n": np.arange(n), "deleted": deals.is_deleted, "account": deals.account,
            "stage": deals.stage, "amount": deals.amount, "probability": deals.probability,
            "close": deals.close_day, "kind": deals.kind, "source": deals.source,
            "campaign": deals.campaign, "owner": owners.owner[deals.owner_row],
            "maker": owners.owner[first], "created": deals.created,
            "changed": np.maximum(deals.changed, owners.since[deals.owner_row]),
            "touched": touched, "staged": deals.stage_changed, "synced": deals.synced_quote,
            "contract": np.where(deals.is_won, deals.contract, -1), "lines": deals.has_lines,
            "step": np.where(planned, draws.whole(0, len(words.NEXT_STEPS), n), -1),
            "reason": np.where(explained, draws.pick([24, 21, 14, 19, 10, 6, 6], n), -1),
        },
        {
            "Id": "opportunity_id(n)", "IsDeleted": "deleted::int",
            "AccountId": "account_id(account)",
            "Name": f"company_name(account) || ' - ' || pick({sql_list(words.DEAL_TYPES)}, kind)",
            "StageName": _STAGE, "Amount": "money(amount)", "Probability": "probability",
            "ExpectedRevenue": _EXPECTED_REVENUE, "CloseDate": "midnight(close)",
            "Type": f"pick({sql_list(words.DEAL_TYPES)}, kind)",
            "NextStep": f"case when step >= 0 then pick({sql_list(words.NEXT_STEPS)}, step) end",
            "LeadSource": f"pick({sql_list(words.LEAD_SOURCES)}, source)",
            "IsClosed": f"(stage >= {words.WON})::int", "IsWon": f"(stage = {words.WON})::int",
            "ForecastCategory": _CATEGORY,
            "ForecastCategoryName": f"pick({sql_list(words.FORECAST_CATEGORY_NAMES)}, stage)",
            "CampaignId": "campaign_id(campaign)", "HasOpportunityLineItem": "lines::int",
            "Pricebook2Id": "pricebook_id(lines::int - 1)", "OwnerId": "user_id(owner)",
            **audit("user_id(maker)", "created", "changed"),
            "LastActivityDate": "midnight(touched)", "LastStageChangeDate": "moment(staged)",
            "FiscalQuarter": "quarter(date '1970-01-01' + close::int)",
            "FiscalYear": "year(date '1970-01-01' + close::int)",
            "ContractId": "case when contract >= 0 then contract_id(contract) end",
            "SyncedQuoteId": "quote_id(synced)",
            "Loss_Reason__c":
            f"case when reason >= 0 then pick({sql_list(words.LOSS_REASONS)}, reason) end",
        },
    )


def _opportunity_history(company: SimpleNamespace, files: Files) -> None:
    deals, history, owners = company.deals, company.history, company.owners
    before = np.where(history.first, -1, np.r_[-1, history.amount[:-1]])
    before_close = np.where(history.first, -1, np.r_[-1, history.close_day[:-1]])
    actor = owners.owner[owner_at(owners, history.deal, history.at)]
    order = np.argsort(history.at, kind="stable")
    files.write(
        "OpportunityHistory",
        {
            "n": np.arange(len(order)), "deal": history.deal[order], "happened": history.at[order],
            "stage": history.stage[order], "amount": history.amount[order],
            "probability": history.probability[order], "close": history.close_day[order],
            "before": before[order], "before_close": before_close[order], "actor": actor[order],
            "deleted": deals.is_deleted[history.deal[order]],
        },
        {
            "Id": "opportunity_history_id(n)", "OpportunityId": "opportunity_id(deal)",
            "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
            "StageName": _STAGE, "Amount": "money(amount)", "ExpectedRevenue": _EXPECTED_REVENUE,
            "CloseDate": "midnight(close)", "Probability": "probability",
            "ForecastCategory": _CATEGORY, "SystemModstamp": "moment(happened)",
            "IsDeleted": "deleted::int",
            "PrevAmount": "money(before)", "PrevCloseDate": "midnight(before_close)",
        },
    )


def _owner_history(company: SimpleNamespace, users: Users, files: Files) -> None:
    deals, owners = company.deals, company.owners
    change = np.flatnonzero(np.r_[False, owners.record[1:] == owners.record[:-1]])
    deal, moment = owners.record[change], owners.since[change]
    old, new = owners.owner[change - 1], owners.owner[change]
    # Owner changes come twice: with names and with ids.
    rows = history_rows([
        {"kind": 0, "record": np.arange(len(deals.created)), "happened": deals.created},
        {"kind": 1, "record": deal, "happened": moment,
         "old_text": users.names_of(old), "new_text": users.names_of(new)},
        {"kind": 2, "record": deal, "happened": moment, "old": old, "new": new},
    ])
    rows["actor"] = owners.owner[owner_at(owners, rows["record"], rows["happened"])]
    files.write(
        "OpportunityFieldHistory",
        rows,
        {
            "Id": "field_history_id(n)", "IsDeleted": "0",
            "OpportunityId": "opportunity_id(record)",
            "CreatedById": "user_id(actor)", "CreatedDate": "moment(happened)",
            "Field": "pick(['created', 'Owner', 'Owner'], kind)",
            "DataType": "pick(['Text', 'Text', 'EntityId'], kind)",
            "OldValue": "case when kind = 2 then user_id(old) else old_text end",
            "NewValue": "case when kind = 2 then user_id(new) else new_text end",
        },
    )


def _lines(company: SimpleNamespace, files: Files) -> None:
    deals, lines, history, owners = company.deals, company.lines, company.history, company.owners
    # Entered with the first proposal, else when the deal was won.
    entered = np.full(len(deals.created), -1)
    offered = np.flatnonzero(history.stage_set & (history.stage >= words.PROPOSAL))[::-1]
    entered[history.deal[offered]] = history.at[offered]
    sold = np.flatnonzero(deals.has_lines[lines.deal])
    deal = lines.deal[sold]
    files.write(
        "OpportunityLineItem",
        {
            "n": np.arange(len(sold)), "deal": deal, "product": lines.product[sold],
            "quantity": lines.quantity[sold], "unit": lines.unit_price[sold],
            "listed": lines.list_price[sold], "discount": lines.discount[sold],
            "total": lines.total[sold], "entered": entered[deal],
            "owner": owners.owner[deals.owner_row[deal]], "deleted": deals.is_deleted[deal],
        },
        {
            "Id": "opportunity_line_id(n)", "OpportunityId": "opportunity_id(deal)",
            "PricebookEntryId": "pricebook_entry_id(product)", "Product2Id": "product_id(product)",
            "Quantity": "quantity", "Discount": "case when discount > 0 then number(discount) end",
            "TotalPrice": "money(total)", "UnitPrice": "money(unit)", "ListPrice": "money(listed)",
            "ServiceDate": "''", **audit("user_id(owner)", "entered"),
            "IsDeleted": "deleted::int",
        },
    )


def _quotes(company: SimpleNamespace, files: Files) -> None:
    deals, quotes = company.deals, company.quotes
    files.write(
        "Quote",
        {
            "n": np.arange(len(quotes.deal)), "deal": quotes.deal, "owner": quotes.owner,
            "deleted": deals.is_deleted[quotes.deal], "status": quotes.status,
            "total": quotes.total, "made": quotes.at, "account": deals.account[quotes.deal],
        },
        {
            "Id": "quote_id(n)", "OwnerId": "user_id(owner)", "IsDeleted": "deleted::int",
            "Name": "'Quote ' || (n + 1)", **audit("user_id(owner)", "made"),
            "OpportunityId": "opportunity_id(deal)", "Pricebook2Id": "pricebook_id(0)",
            "QuoteNumber": "lpad((n + 1)::varchar, 8, '0')",
            "Status": f"pick({sql_list(_QUOTE_STATUSES)}, status)",
            "ExpirationDate": "midnight(made // 86400 + 30)",
            "TotalPrice": "money(total)", "GrandTotal": "money(total)",
            "AccountId": "account_id(account)",
        },
    )


def _contracts(company: SimpleNamespace, files: Files) -> None:
    contracts = company.contracts
    activated = np.minimum(contracts.signed + DAY // 2, NOW - 30)
    files.write(
        "Contract",
        {
            "n": np.arange(len(contracts.start)), "account": contracts.account,
            "first": contracts.start, "last": contracts.end, "months": contracts.months,
            "owner": contracts.owner, "status": contracts.status, "made": contracts.signed,
            "activated": np.where(contracts.status == 2, activated, NEVER),
        },
        {
            "Id": "contract_id(n)", "AccountId": "account_id(account)",
            "Pricebook2Id": "pricebook_id(-1)",
            "StartDate": "midnight(first)", "EndDate": "midnight(last)", "ContractTerm": "months",
            "OwnerId": "user_id(owner)",
            "Status": "pick(['Draft', 'In Approval Process', 'Activated'], status)",
            "ActivatedById": "case when status = 2 then user_id(owner) else user_id(-1) end",
            "ActivatedDate": "moment(activated)",
            "StatusCode": "pick(['Draft', 'InApproval', 'Activated'], status)",
            "IsDeleted": "0", "ContractNumber": "lpad((n + 100)::varchar, 8, '0')",
            **audit("user_id(owner)", "made", "greatest(made, case when status = 2 then activated"
                    " else 0 end)"),
        },
    )


def _orders(company: SimpleNamespace, files: Files) -> None:
    deals, orders, lines = company.deals, company.orders, company.lines
    n = len(orders.deal)
    files.write(
        "Order",
        {
            "n": np.arange(n), "deal": orders.deal, "account": deals.account[orders.deal],
            "owner": orders.owner, "contract": deals.contract[orders.deal],
            "effective": orders.effective, "activated": orders.activated,
            "active": orders.activated < NEVER, "total": deals.amount[orders.deal],
            "made": orders.made,
        },
        {
            "Id": "sales_order_id(n)", "OwnerId": "user_id(owner)",
            "ContractId": "contract_id(contract)", "AccountId": "account_id(account)",
            "Pricebook2Id": "pricebook_id(0)", "OpportunityId": "opportunity_id(deal)",
            "EffectiveDate": "midnight(effective)", "EndDate": "''",
            "Status": "case when active then 'Activated' else 'Draft' end",
            "ActivatedDate": "moment(activated)",
            "ActivatedById": "case when active then user_id(owner) else user_id(-1) end",
            "StatusCode": "case when active then 'Activated' else 'Draft' end",
            "OrderNumber": "lpad((n + 100)::varchar, 8, '0')", "TotalAmount": "money(total)",
            **audit("user_id(owner)", "made", "case when active then activated else made end"),
            "IsDeleted": "0",
        },
    )
    number = np.full(len(deals.created), -1)
    number[orders.deal] = np.arange(n)
    sold = np.flatnonzero((number[lines.deal] >= 0) & deals.has_lines[lines.deal])
    sold = sold[np.argsort(number[lines.deal[sold]], kind="stable")]
    order = number[lines.deal[sold]]
    files.write(
        "OrderItem",
        {
            "n": np.arange(len(sold)), "order_number": order, "product": lines.product[sold],
            "quantity": lines.quantity[sold], "total": lines.total[sold],
            "listed": lines.list_price[sold], "made": orders.made[order],
            "owner": orders.owner[order],
        },
        {
            "Id": "order_line_id(n)", "Product2Id": "product_id(product)", "IsDeleted": "0",
            "OrderId": "sales_order_id(order_number)",
            "PricebookEntryId": "pricebook_entry_id(product)", "Quantity": "quantity",
            "UnitPrice": "money(total // quantity)", "ListPrice": "money(listed)",
            "TotalPrice": "money(total)", **audit("user_id(owner)", "made"),
        },
    )
