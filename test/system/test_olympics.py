"""The Olympics topic from end to end: the cleansing by SQL and by DataBrew, and the answers to the questions of the topic."""

from __future__ import annotations

import csv
import datetime
import json
import time
from collections import defaultdict
from collections.abc import Iterator

import duckdb
import pytest
import yaml
from conftest import ROOT, Lake

STACK = "Local-Olympics"
SAMPLE = ROOT / "etlScripts" / "olympics" / "sample"
TABLES = sorted(file.stem for file in SAMPLE.glob("*.csv"))
QUESTIONS = yaml.safe_load((ROOT / "stacks" / "olympics" / "questions.yaml").read_text())

CONFIG = """
environments:
  - name: Local
    account: "123456789012"
    region: eu-west-1
    release: direct
    destroyData: true
    olympics:
      enabled: true
      sampleData: true
      topic: true
      readers: [fans]
"""


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The system, deployed at an endpoint of its own."""
    home = tmp_path_factory.mktemp("olympics")
    config = home / "lakekeel.yaml"
    config.write_text(CONFIG)
    deployed = Lake(home)
    deployed.do("up")
    try:
        deployed.do("deploy", "Local", "--", "-c", f"config={config}")
        yield deployed
    finally:
        deployed.do("down")


# ---- the cleansing


@pytest.fixture(scope="module")
def brewed(games: Lake) -> dict:
    """Every DataBrew job, run; its run by the table's name."""
    databrew = games.client("databrew")
    names = {table: "olympics-" + table.replace("_", "-") for table in TABLES}
    started = {table: databrew.start_job_run(Name=name)["RunId"] for table, name in names.items()}
    return {table: ended(databrew, names[table], run) for table, run in started.items()}


def ended(databrew, name: str, run_id: str) -> dict:
    for _ in range(300):
        run = databrew.describe_job_run(Name=name, RunId=run_id)
        if run["State"] not in ("STARTING", "RUNNING"):
            return run
        time.sleep(0.1)
    raise AssertionError(f"{name} still runs")


def read(games: Lake, sql: str, database: str = "olympics") -> list[dict]:
    return json.loads(games.do("query", "--json", "--database", database, sql))


def whole(games: Lake, database: str, table: str) -> list:
    rows = read(games, f"SELECT * FROM {table}", database)
    return sorted((tuple(sorted(row.items())) for row in rows), key=repr)


@pytest.mark.parametrize("table", TABLES)
def test_the_recipe_and_the_view_give_the_same_table(games: Lake, brewed: dict, table: str) -> None:
    assert brewed[table]["State"] == "SUCCEEDED", brewed[table].get("ErrorMessage")
    by_sql, by_recipe = whole(games, "olympics", table), whole(games, "olympics_databrew", table)
    assert by_sql, "nothing is left"
    assert by_recipe == by_sql


def test_a_second_run_replaces_the_first(games: Lake, brewed: dict) -> None:
    databrew, s3 = games.client("databrew"), games.client("s3")
    name = "olympics-medals-2021"
    place = brewed["medals_2021"]["Outputs"][0]["Location"]
    before = s3.list_objects_v2(Bucket=place["Bucket"], Prefix=place["Key"])["Contents"]
    assert ended(databrew, name, databrew.start_job_run(Name=name)["RunId"])["State"] == "SUCCEEDED"
    after = s3.list_objects_v2(Bucket=place["Bucket"], Prefix=place["Key"])["Contents"]
    assert len(before) == len(after) == 1
    assert before[0]["Key"] != after[0]["Key"]


def raw(table: str) -> list[dict]:
    with (SAMPLE / f"{table}.csv").open() as file:
        return list(csv.DictReader(file))


def once(rows: list[dict]) -> list[dict]:
    return [dict(items) for items in dict.fromkeys(tuple(row.items()) for row in rows)]


def medals() -> list[dict]:
    """The medals of 2021, cleansed by plain Python."""
    return once([row for row in raw("medals_athletes_2021") if row["athlete_name"] and row["medal_type"]])


def history() -> list[dict]:
    return once(raw("olympics_history"))


def whole_number(text: str) -> int | None:
    return None if text == "NA" else int(float(text))


def test_the_cleansing_does_what_it_is_for(games: Lake) -> None:
    """The dirt of the sample, against plain Python."""
    assert len(medals()) == len(raw("medals_athletes_2021")) - 5  # two without a name or medal, three twice
    got = read(games, "SELECT medal, medal_date, athlete_name, gender, sport, event FROM medals_athletes_2021")
    want = [
        (m["medal_type"].split()[0], m["medal_date"][:10], m["athlete_name"], m["athlete_sex"], m["discipline"], m["event"])
        for m in medals()
    ]
    assert sorted(tuple(row.values()) for row in got) == sorted(want)
    got = read(games, "SELECT id, age, height, weight, country, country_code FROM olympics_history")
    want = [(int(h["ID"]), *(whole_number(h[c]) for c in ("Age", "Height", "Weight")), h["Team"], h["NOC"]) for h in history()]
    assert sorted(tuple(row.values()) for row in got) == sorted(want)
    assert any(h["Weight"] == "72.5" for h in history()), "no fraction is in the sample"


# ---- the topic


def test_quicksight_has_the_topic_and_its_datasets(games: Lake) -> None:
    resources = games.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    made = sorted(r["ResourceType"].removeprefix("AWS::QuickSight::") for r in resources if "QuickSight" in r["ResourceType"])
    assert made == ["DataSet"] * 5 + ["DataSource"] + ["RefreshSchedule"] * 5 + ["Topic"]


def born(medal: dict) -> datetime.date:
    """The birth date of who won a medal."""
    birth = {(a["name"], a["discipline_code"], a["country_code"]): a["birth_date"] for a in raw("athletes_full_2021")}
    return datetime.date.fromisoformat(birth[medal["athlete_name"], medal["discipline_code"], medal["country_code"]])


def counted(rows: list, by) -> dict:
    count = defaultdict(int)
    for row in rows:
        count[by(row)] += 1
    return dict(sorted(count.items()))


def monday(day: str) -> str:
    date = datetime.date.fromisoformat(day[:10])
    return str(date - datetime.timedelta(days=date.weekday()))


def women(season: str, column: str) -> list:
    rows = sorted(once(raw("women_in_the_olympic_movement")), key=lambda row: int(row["Year"]))
    return [(int(row["Year"]), int(row[column])) for row in rows if row["Olympics Season"] == season]


def age_group(age: int | None) -> str:
    if age is None:
        return "unknown"
    return "0-20" if age <= 20 else "21-40" if age <= 40 else "41-60" if age <= 60 else "above 60"


def average(rows: list[dict], column: str) -> float:
    values = [value for value in (whole_number(row[column]) for row in rows) if value is not None]
    return sum(values) / len(values)


def change(pairs: list) -> list:
    return [(f"{year}-01-01", now, None if i == 0 else now - pairs[i - 1][1]) for i, (year, now) in enumerate(pairs)]


def in_age_groups() -> list:
    players = defaultdict(set)
    for row in history():
        players[age_group(whole_number(row["Age"]))].add(row["Name"])
    return sorted((group, len(names)) for group, names in players.items())


def gold(sport: str) -> list[dict]:
    return [m for m in medals() if m["medal_type"] == "Gold Medal" and m["discipline"] == sport]


def totals() -> list:
    return sorted((row["Team/NOC"], int(row["Total"])) for row in raw("medals_2021"))


def thirty_years_ago() -> datetime.date:
    return datetime.date(datetime.date.today().year - 29, 1, 1)


# The answers, each worked out from the files by plain Python.
ANSWERS = {
    "How many medals did each country win?": lambda: list(counted(medals(), lambda m: m["country"]).items()),
    "How many medals did women win in swimming?": lambda: [
        (sum(m["athlete_sex"] == "F" and m["discipline"] == "Swimming" for m in medals()),)
    ],
    "How many medals were won in each week?": lambda: list(counted(medals(), lambda m: monday(m["medal_date"])).items()),
    "Show gold, silver and bronze by country": lambda: sorted(
        (row["Team/NOC"], *(int(row[f"{medal} Medal"]) for medal in ("Gold", "Silver", "Bronze"))) for row in raw("medals_2021")
    ),
    "How did the number of women's participants change from games to games?": lambda: change(women("Summer", "Women's Participants")),
    "How many medals went to sportsmen who were born in the last 30 years?": lambda: [
        (sum(born(m) >= thirty_years_ago() for m in medals()),)
    ],
    "Which sports were introduced for women between 1920 and 1980?": lambda: sorted(
        {(int(row["Year"]), row["Sport"]) for row in raw("introduction_of_women_olympics_sports") if 1920 <= int(row["Year"]) <= 1980}
    ),
    "What are the top 3 countries by medals?": lambda: sorted(totals(), key=lambda pair: (-pair[1], pair[0]))[:3],
    "Total events of each games, newest first": lambda: women("Summer", "Total Events")[::-1],
    "Which countries won more than 6 medals?": lambda: [pair for pair in counted(medals(), lambda m: m["country"]).items() if pair[1] > 6],
    "List the player profiles of Norway in 2016": lambda: sorted(
        (h["Name"], whole_number(h["Age"]), h["Team"], h["Sport"], h["Medal"])
        for h in history()
        if h["Team"] == "Norway" and h["Year"] == "2016"
    ),
    "How many medals were won by Japan or in judo?": lambda: [
        (sum(m["country"] == "Japan" or m["discipline"] == "Judo" for m in medals()),)
    ],
    "What percentage of the medals did each country win?": lambda: [
        (country, total, 100 * total / sum(n for _, n in totals())) for country, total in totals()
    ],
    "Where do the winners of gold in athletics come from?": lambda: sorted({(m["country"],) for m in gold("Athletics")}),
    "When were medals won in judo?": lambda: sorted({(m["medal_date"][:10],) for m in medals() if m["discipline"] == "Judo"}),
    "Who won gold in swimming?": lambda: sorted({(m["athlete_name"],) for m in gold("Swimming")}),
    "How many medals were won in each sport but athletics?": lambda: list(
        counted([m for m in medals() if m["discipline"] != "Athletics"], lambda m: m["discipline"]).items()
    ),
    "How many players are in each age group?": in_age_groups,
    "How many events did the winter games have?": lambda: women("Winter", "Total Events"),
    "What are the height and the weight of men and women?": lambda: [
        (sex, *(average([h for h in history() if h["Sex"] == sex], column) for column in ("Height", "Weight"))) for sex in "FM"
    ],
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["question"])
def test_the_answer_to_a_question(games: Lake, question: dict) -> None:
    synthesized = games.home / "cdk" / "cdk.out"
    rows = json.loads(games.do("query", "--json", "--datasets", str(synthesized), question["sql"]))
    got, want = [tuple(map(plain, row.values())) for row in rows], ANSWERS[question["question"]]()
    assert want, "the sample has nothing to ask about"
    assert len(got) == len(want)
    for mine, other in zip(got, want):
        assert mine == pytest.approx(other)


def plain(value: object) -> object:
    """Times of day are left off dates, and decimals, which Athena gives as text, become numbers."""
    if not isinstance(value, str):
        return value
    if value.endswith(" 00:00:00.000"):
        return value[:10]
    try:
        return float(value)
    except ValueError:
        return value


def with_another_name(template: dict, recipe: str) -> dict:
    """The template with a recipe that calls the column sport discipline."""
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::DataBrew::Recipe" and properties["Name"] == recipe:
            parameters = [step["Action"].get("Parameters", {}) for step in properties["Steps"]]
            next(p for p in parameters if p.get("TargetColumn") == "sport")["TargetColumn"] = "discipline"
        if resource["Type"] == "Custom::LakekeelRecipe" and properties["Recipe"] == recipe:
            properties["Steps"] = "changed"
    return template


def test_a_changed_recipe_is_published_and_run(games: Lake, brewed: dict) -> None:
    """By an update of the stack; the job, which is not changed, runs the new version."""
    cloudformation, databrew, s3 = games.client("cloudformation"), games.client("databrew"), games.client("s3")
    name = "olympics-introduction-of-women-olympics-sports"
    place = brewed["introduction_of_women_olympics_sports"]["Outputs"][0]["Location"]
    template = cloudformation.get_template(StackName=STACK)["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    s3.put_object(Bucket=place["Bucket"], Key="template.json", Body=json.dumps(with_another_name(template, name)).encode())
    url = f"{games.endpoint()['url']}/{place['Bucket']}/template.json"  # it is too long for the call itself
    cloudformation.update_stack(StackName=STACK, TemplateURL=url, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    assert [recipe["RecipeVersion"] for recipe in databrew.list_recipe_versions(Name=name)["Recipes"]] == ["1.0", "2.0"]
    run = ended(databrew, name, databrew.start_job_run(Name=name)["RunId"])
    assert run["State"] == "SUCCEEDED", run.get("ErrorMessage")
    key = s3.list_objects_v2(Bucket=place["Bucket"], Prefix=place["Key"])["Contents"][0]["Key"]
    s3.download_file(place["Bucket"], key, str(games.home / "out.parquet"))
    assert duckdb.sql(f"FROM read_parquet('{games.home / 'out.parquet'}')").columns == ["year", "discipline"]


def test_the_stack_goes_and_takes_its_recipes(games: Lake, brewed: dict) -> None:
    """The last one: it takes everything away."""
    cloudformation = games.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    databrew = games.client("databrew")
    assert databrew.list_jobs()["Jobs"] == databrew.list_recipes()["Recipes"] == databrew.list_datasets()["Datasets"] == []
    assert databrew.list_recipes(RecipeVersion="LATEST_WORKING")["Recipes"] == []
