"""Make the sample: eight files in the shapes of the published Olympics data, every person and number in them invented.

Run it in this folder; it always writes the same bytes. What the cleansing is for is in them on
purpose: rows without a name or a medal, rows twice, NA, fractions, empty cells, names with quotes.
"""

import csv
import datetime
import io
import random
import sys
from pathlib import Path

COUNTRIES = (
    ("United States of America", "USA"),
    ("People's Republic of China", "CHN"),
    ("Japan", "JPN"),
    ("Great Britain", "GBR"),
    ("Germany", "GER"),
    ("Kenya", "KEN"),
    ("Brazil", "BRA"),
    ("Norway", "NOR"),
)
SPORTS = (("Archery", "ARC"), ("Athletics", "ATH"), ("Fencing", "FEN"), ("Judo", "JUD"), ("Rowing", "ROW"), ("Swimming", "SWM"))
EVENTS = ("Individual", "Team")
SEXES = (("M", "Men's"), ("F", "Women's"))
MEDALS = ("Gold", "Silver", "Bronze")
SURNAMES = ("ALDER", "BIRCH", "CEDAR", "DOGWOOD", "ELDER", "FIR", "GINKGO", "HAZEL", "IRONWOOD", "JUNIPER", "KAPOK", "LARCH", "O'MAPLE")
FIRST = {"M": ("Abe", "Bo", "Cai", "Dan", "Eli", "Finn", "Gil", "Hugo"), "F": ("Ada", "Bea", "Cleo", "Dora", "Eva", "Fay", "Gia", "Hope")}
CITIES = ("Paris", "Tokyo", "London", "Rome", "Seoul", "Oslo", "Turin", "Sochi")
NOTHING = ""


def people(random: random.Random, sex: str, count: int) -> list:
    """Names that stand once."""
    names = [f"{surname} {first}" for surname in SURNAMES for first in FIRST[sex]]
    return random.sample(names, count)


def born(random: random.Random, first: int, last: int) -> str:
    return str(datetime.date(random.randint(first, last), random.randint(1, 12), random.randint(1, 28)))


def games_2021(random: random.Random) -> dict:
    """Who took part in 2021, and what they won."""
    medals, athletes, coaches, officials = [], [], [], []
    names = {sex: iter(people(random, sex, 60)) for sex, _ in SEXES}
    for sport, code in SPORTS:
        for sex, whose in SEXES:
            for event in EVENTS[: 2 if sport in ("Archery", "Fencing", "Swimming") else 1]:
                event = f"{whose} {event} {sport}"
                day = datetime.date(2021, 7, 24) + datetime.timedelta(days=random.randint(0, 14))
                for place, medal in enumerate(MEDALS, 1):
                    name, (country, noc) = next(names[sex]), random.choice(COUNTRIES)
                    short, link = name.split()[0].title(), f"../athletes/{sport.lower()}/{len(athletes)}.htm"
                    medals.append((f"{medal} Medal", place, f"{day} 00:00:00.0", short, name, sex, link, event, country, noc, sport, code))
                    place_of_birth = (random.choice(CITIES), random.choice(COUNTRIES)[0])
                    residence = random.choice((place_of_birth, (NOTHING, NOTHING)))
                    birth = born(random, 1985, 2007)
                    athletes.append((name, short, sex, birth, *place_of_birth, country, noc, sport, code, *residence, "1.80/5'11\"", link))
                if random.random() < 0.6:
                    coach = f"{random.choice(SURNAMES)} {random.choice(FIRST[sex])}"
                    coaches.append((coach, sex, born(random, 1950, 1980), country, noc, sport, code, event, "Coach"))
        for _ in range(2):
            sex = random.choice("FM")
            official = f"{random.choice(SURNAMES)} {random.choice(FIRST[sex])}"
            country, noc = random.choice(COUNTRIES)
            officials.append((official, sex, born(random, 1950, 1990), country, noc, sport, code, "Judge"))
    dirty = [medals[3], medals[10], medals[10]]  # twice, and three times
    dirty += [(NOTHING, *medals[5][1:]), (*medals[6][:4], NOTHING, *medals[6][5:])]  # no medal, no name
    athletes += [athletes[0], athletes[7]]
    athletes += [(f"{name} Jr", *athletes[20][1:]) for name in people(random, "F", 4)]  # who won nothing
    return {
        "medals_athletes_2021": (
            "medal_type,medal_code,medal_date,athlete_short_name,athlete_name,athlete_sex,athlete_link,event,country,country_code,discipline,discipline_code",
            medals + dirty,
        ),
        "athletes_full_2021": (
            "name,short_name,gender,birth_date,birth_place,birth_country,country,country_code,discipline,discipline_code,"
            "residence_place,residence_country,height_m/ft,url",
            athletes,
        ),
        "coach_full_2021": ("name,gender,birth_date,country,country_code,discipline,discipline_code,event,function", coaches + coaches[:1]),
        "tech_official_2021": ("name,gender,birth_date,country,country_code,discipline,discipline_code,function", officials),
        "medals_2021": ("Rank,Team/NOC,country_code,Gold Medal,Silver Medal,Bronze Medal,Total,Rank by Total", totals(medals)),
    }


def totals(medals: list) -> list:
    """The medal table."""
    won = {country: [sum(m[8] == country and m[0].startswith(medal) for m in medals) for medal in MEDALS] for country, _ in COUNTRIES}
    by_gold = sorted(COUNTRIES, key=lambda c: (won[c[0]], c[1]), reverse=True)
    by_total = sorted(COUNTRIES, key=lambda c: (sum(won[c[0]]), c[1]), reverse=True)
    return [(rank, *c, *won[c[0]], sum(won[c[0]]), by_total.index(c) + 1) for rank, c in enumerate(by_gold, 1)]


def history(random: random.Random) -> list:
    """One row a start; who starts at two games is older at the second."""
    rows, number = [], 0
    games = [(year, "Summer") for year in range(1984, 2017, 8)] + [(year, "Winter") for year in range(1994, 2015, 10)]
    for year, season in games:
        city = random.choice(CITIES)
        for sex, whose in SEXES:
            for name in people(random, sex, 14):
                number += 1
                country, noc = random.choice(COUNTRIES)
                sport = random.choice(SPORTS)[0] if season == "Summer" else random.choice(("Biathlon", "Luge"))
                body = (random.randint(15, 62), random.randint(150, 205), random.choice((60, 72.5, 80, 91)))
                age, height, weight = ("NA" if random.random() < 0.1 else value for value in body)
                medal = random.choice((*MEDALS, "NA", "NA", "NA"))
                start = (f"{year} {season}", year, season, city, sport, f"{sport} {whose} Individual", medal)
                rows.append((number, name, sex, age, height, weight, country, noc, *start))
    return rows + rows[:3]


def women(random: random.Random) -> list:
    """One row for each games; shares as text, as they were published."""
    rows, events, people = [], 10, 100
    for year, season in sorted([(y, "Summer") for y in range(1976, 2021, 4)] + [(y, "Winter") for y in range(1976, 2019, 6)]):
        events, people = events + random.randint(1, 9), people + random.randint(-20, 300)
        scale = 1 if season == "Summer" else 4
        of_women, total, participants = events // scale, (events + 90) // scale, people // scale
        share = f"{100 * of_women / total:.1f}%"
        rows.append((year, season, 5 + events // 12, of_women, total, share, participants, f"{participants % 60}%"))
    return rows


def sample() -> dict:
    """Each file's header and rows, by its name without the ending."""
    chance = random.Random(2021)
    introduced = list(zip(range(1900, 2021, 8), ("Tennis", "Archery", "Swimming", "Fencing", "Luge", "Rowing") * 3))
    return {
        **games_2021(chance),
        "olympics_history": ("ID,Name,Sex,Age,Height,Weight,Team,NOC,Games,Year,Season,City,Sport,Event,Medal", history(chance)),
        "introduction_of_women_olympics_sports": ("Year,Sport", introduced + introduced[-1:]),
        "women_in_the_olympic_movement": (
            "Year,Olympics Season,Sports,Women's Events,Total Events,% of Women's Events,Women's Participants,% of Women's Participants",
            women(chance),
        ),
    }


def text(header: str, rows: list) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def main(folder: Path) -> None:
    for name, (header, rows) in sample().items():
        (folder / f"{name}.csv").write_text(text(header, rows))


if __name__ == "__main__":
    main(Path(sys.argv[0]).resolve().parent / "sample")
