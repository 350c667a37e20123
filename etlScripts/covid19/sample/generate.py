"""Make the sample that the demo runs on: the four neherlab tables, small and invented.

Country names and their codes are facts; every other number comes from growth()
or a formula here and means nothing. The same bytes come out on every machine:
no clock, no random source, no dictionary order.

    python3 etlScripts/covid19/sample/generate.py [FOLDER]    (default: the folder of this file)

What the rows are there to exercise:
- several sources: only ecdc/… takes part in the join, the others must not
- names with a comma, which CSV quotes: "Korea, Republic of"
- names that one table lacks: Kosovo, Japan, Andorra, Czech Republic, Atlantis
- equal rows: the first ecdc day of each third country stands twice, as does a population row
- empty values: recovered is always empty, deaths on each country's first day, imcu and icu often
- a column that two tables share under one name with different meaning: icu, country
"""

import csv
import datetime
import pathlib
import sys

FIRST_DAY = datetime.date(2020, 3, 1)
DAYS = 24

# name, alpha-2, alpha-3, numeric code, region, sub-region, intermediate region, their UN M49 codes, millions of people
COUNTRIES = [
    ("Andorra", "AD", "AND", "020", "Europe", "Southern Europe", "", "150", "039", "", 0.1),
    ("Australia", "AU", "AUS", "036", "Oceania", "Australia and New Zealand", "", "009", "053", "", 25.0),
    ("Austria", "AT", "AUT", "040", "Europe", "Western Europe", "", "150", "155", "", 9.0),
    ("Belgium", "BE", "BEL", "056", "Europe", "Western Europe", "", "150", "155", "", 11.6),
    ("Brazil", "BR", "BRA", "076", "Americas", "Latin America and the Caribbean", "South America", "019", "419", "005", 210.0),
    ("Denmark", "DK", "DNK", "208", "Europe", "Northern Europe", "", "150", "154", "", 5.8),
    ("France", "FR", "FRA", "250", "Europe", "Western Europe", "", "150", "155", "", 65.3),
    ("Germany", "DE", "DEU", "276", "Europe", "Western Europe", "", "150", "155", "", 83.8),
    ("Iceland", "IS", "ISL", "352", "Europe", "Northern Europe", "", "150", "154", "", 0.4),
    ("Italy", "IT", "ITA", "380", "Europe", "Southern Europe", "", "150", "039", "", 60.5),
    ("Japan", "JP", "JPN", "392", "Asia", "Eastern Asia", "", "142", "030", "", 126.0),
    ("Korea, Republic of", "KR", "KOR", "410", "Asia", "Eastern Asia", "", "142", "030", "", 51.3),
    ("Namibia", "NA", "NAM", "516", "Africa", "Sub-Saharan Africa", "Southern Africa", "002", "202", "018", 2.5),
    ("Norway", "NO", "NOR", "578", "Europe", "Northern Europe", "", "150", "154", "", 5.4),
    ("Spain", "ES", "ESP", "724", "Europe", "Southern Europe", "", "150", "039", "", 46.8),
    ("Switzerland", "CH", "CHE", "756", "Europe", "Western Europe", "", "150", "155", "", 8.6),
]
WITHOUT_POPULATION = {"Andorra", "Norway"}
WITHOUT_HOSPITALS = {"Australia", "Brazil", "Japan"}
REGIONS = [("switzerland/CHE-Zürich", 3), ("switzerland/CHE-Bern", 2), ("italy/ITA-Lombardia", 5), ("brazil/BRA-Acre", 1)]


def growth(seed, day):
    """Cumulated cases of a place: they start on a day that depends on seed and grow by about a fifth a day."""
    start = 2 + seed % 5
    return 0 if day < start else (3 + seed) * 6 ** (day - start) // 5 ** (day - start)


def cases_of(location, seed):
    """The place's rows, one a day; deaths and the hospital columns are empty where nobody reports them."""
    for day in range(DAYS):
        date = FIRST_DAY + datetime.timedelta(days=day)
        cases = growth(seed, day)
        regional = not location.startswith("ecdc/")
        yield [
            location,
            date.isoformat(),
            f"{date.isoformat()}T{'17' if regional else '00'}:00:00",
            cases,
            "" if day == 0 else cases // 40,
            cases // 5 if regional else "",
            cases // 25 if regional else "",
            "",
        ]


def case_counts():
    yield ["location", "date", "datetime", "cases", "deaths", "hospitalized", "icu", "recovered"]
    for location, seed in REGIONS:
        yield from cases_of(location, seed)
    for seed, name in enumerate([country[0] for country in COUNTRIES] + ["Kosovo", "Czech Republic"]):
        rows = list(cases_of(f"ecdc/{name}", seed))
        yield from rows[: 1 if seed % 3 == 0 else 0] + rows


def country_codes():
    yield [
        *("name", "alpha_2", "alpha_3", "country_code", "iso_3166_2", "region", "sub_region"),
        *("intermediate_region", "region_code", "sub_region_code", "intermediate_region_code"),
    ]
    for name, alpha_2, alpha_3, code, region, sub_region, intermediate, *codes, _ in COUNTRIES:
        yield [name, alpha_2, alpha_3, code, f"ISO 3166-2:{alpha_2}", region, sub_region, intermediate, *codes]


def icu_capacity():
    """Beds: 4 to 6 acute ones for 1,000 people; imcu and icu, which few report, add up to most of critical_care."""
    yield [
        *("country", "acute_care", "acute_care_per_100k", "imcu", "icu"),
        *("critical_care", "critical_care_per_100k", "percent_of_total", "gdp"),
    ]
    names = [(country[0], country[-1]) for country in COUNTRIES if country[0] not in WITHOUT_HOSPITALS]
    for i, (name, millions) in enumerate([*names, ("Czech Republic", 10.7), ("Atlantis", 1.0)]):
        acute = round(millions * (4000 + 137 * i))
        critical = round(millions * (60 + 11 * i))
        detail = [critical // 4, critical // 2] if i % 3 == 1 else ["", ""]
        gdp = "" if name == "Atlantis" else 100 + 37.5 * i
        per_100k = round(critical / millions / 10, 1)
        yield [name, acute, round(acute / millions / 10), *detail, critical, per_100k, round(100 * critical / acute, 1), gdp]


def population():
    yield [
        *("name", "population", "country", "hospital_beds", "icu_beds"),
        *("suspected_cases_mar_1st", "imports_per_day", "hemisphere"),
    ]
    southern = {"Australia", "Brazil", "Namibia"}
    places = [(country[0], country[0], country[-1]) for country in COUNTRIES if country[0] not in WITHOUT_POPULATION]
    places += [("Kosovo", "Kosovo", 1.8), ("CHE-Zürich", "Switzerland", 1.5), ("CHE-Bern", "Switzerland", 1.0)]
    places.append(("Denmark", "Denmark", 5.8))
    for name, country, millions in places:
        people = round(millions * 1_000_000)
        hemisphere = "Southern" if country in southern else "Northern"
        yield [name, people, country, people // 250, people // 9000, people // 70_000, round(0.1 + millions / 20, 1), hemisphere]


TABLES = {
    "neherlab_case_counts": case_counts,
    "neherlab_country_codes": country_codes,
    "neherlab_icu_capacity": icu_capacity,
    "neherlab_population": population,
}


def main(argv):
    folder = pathlib.Path(argv[0]) if argv else pathlib.Path(__file__).parent
    for name, rows in TABLES.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows())


if __name__ == "__main__":
    main(sys.argv[1:])
