"""Invented money-market funds: their ratings, and trades in them. Deterministic, of any size.

Standard library only. Run as a program it writes the feed: funds.py > Morningstar.csv
"""

import csv
import datetime
import random
import sys
from decimal import Decimal

SEED = 20240102
FIRST_DAY = datetime.date(2024, 1, 2)
DAYS = 250  # trading days that the trades are spread over

FAMILIES = ("Aldgate", "Bergen", "Cascade", "Dovedale", "Estuary", "Fjord", "Granite", "Harbour")
KINDS = ("Government Money Market", "Prime Money Market", "Treasury Obligations", "Municipal Cash", "Ultra-Short Income")
CUSTOMERS = (
    "Northwind Pension",
    "Lindqvist AB",
    "Okafor Trust",
    "Sato Holdings",
    "Iyer Family Office",
    "Moreau SA",
    "O'Hara & Sons",
    "Weiß GmbH",
)

# Two funds that are rated and never traded, and one that is traded and not rated: both sides of the outer join.
UNTRADED, UNRATED = 2, 1

RATINGS = ("mor_rating_fund_symbol", "fund_names", "ratings", "historical_earnings", "lt_earnings")
TRADES = ("trade_id", "trade_date", "customer_name", "fund_name", "symbol", "buy_sell", "trade_amount")


def funds() -> list:
    """Symbol and name of every fund, 40 of them."""
    names = [(family, kind) for family in FAMILIES for kind in KINDS]
    return [(f"{family[:2].upper()}{''.join(word[0] for word in kind.split())[:2]}X".upper(), f"{family} {kind}") for family, kind in names]


def ratings() -> list:
    """The feed's rows, in the order of RATINGS: stars 1 to 5, earnings in percent a year, of the last 10 years and expected."""
    rng = random.Random(SEED)
    rows = []
    for symbol, name in funds()[:-UNRATED]:
        past = Decimal(rng.randint(150, 620)) / 100
        rows.append((symbol, name, rng.randint(1, 5), past, past + Decimal(rng.randint(-90, 120)) / 100))
    return rows


def trades(count: int):
    """Yield so many trades in the order of their ids, each in the order of TRADES; amounts in dollars."""
    rng = random.Random(SEED + 1)
    traded = funds()[UNTRADED:]
    for number in range(1, count + 1):
        symbol, name = rng.choice(traded)
        day = FIRST_DAY + datetime.timedelta(days=(number - 1) * DAYS // max(count, 1))
        amount = Decimal(rng.randint(1_000_00, 5_000_000_00)) / 100
        yield number, day, rng.choice(CUSTOMERS), name, symbol, rng.choice(("BUY", "SELL")), amount


def main() -> None:
    """Write the feed as CSV with a header, lines ended by a line feed."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(RATINGS)
    out.writerows(ratings())


if __name__ == "__main__":
    main()
