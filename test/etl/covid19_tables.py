"""The four tables as a crawler describes them, and the join once more, written in SQL for another engine."""

TYPES = {
    "neherlab_case_counts": (
        "location string, date string, datetime string, cases bigint, deaths bigint, hospitalized bigint, icu bigint, recovered bigint"
    ),
    "neherlab_country_codes": (
        "name string, alpha_2 string, alpha_3 string, country_code bigint, iso_3166_2 string, region string, sub_region string, "
        "intermediate_region string, region_code bigint, sub_region_code bigint, intermediate_region_code bigint"
    ),
    "neherlab_icu_capacity": (
        "country string, acute_care bigint, acute_care_per_100k bigint, imcu bigint, icu bigint, critical_care bigint, "
        "critical_care_per_100k double, percent_of_total double, gdp double"
    ),
    "neherlab_population": (
        "name string, population bigint, country string, hospital_beds bigint, icu_beds bigint, suspected_cases_mar_1st bigint, "
        "imports_per_day double, hemisphere string"
    ),
}


def put_tables(lake, folder, without=()):
    """Load folder's four files and describe them."""
    for name, columns in TYPES.items():
        if name not in without:
            lake.put(f"{name}/{name}.csv", (folder / f"{name}.csv").read_bytes())
            lake.table(name, columns)


def duckdb_tables(db, folder):
    """The same files as tables of a DuckDB connection. A line that is too short keeps what it has."""
    for name, columns in TYPES.items():
        types = ", ".join("'{}': '{}'".format(*column.split()) for column in columns.split(", "))
        how = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', null_padding = true"
        db.execute(f"CREATE TABLE {name} AS FROM read_csv('{folder / name}.csv', {how}, columns = {{{types}}})")


JOIN = """
SELECT DISTINCT c.location, c.date, c.datetime, c.cases, c.deaths, c.hospitalized, c.icu, c.recovered,
       i.country, 'ecdc' AS "ecdc-countries",
       i.acute_care, i.acute_care_per_100k, i.imcu, i.icu AS icu_capacity_icu, i.critical_care,
       i.critical_care_per_100k, i.percent_of_total, i.gdp,
       k.alpha_2, k.alpha_3, k.country_code, k.iso_3166_2, k.region, k.sub_region, k.intermediate_region,
       k.region_code, k.sub_region_code, k.intermediate_region_code,
       p.population, p.country AS population_country, p.hospital_beds, p.icu_beds, p.suspected_cases_mar_1st,
       p.imports_per_day, p.hemisphere
FROM neherlab_case_counts c, neherlab_icu_capacity i, neherlab_country_codes k, neherlab_population p
WHERE c.location = 'ecdc/' || i.country AND k.name = i.country AND p.name = i.country
"""
