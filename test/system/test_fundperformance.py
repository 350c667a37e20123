"""The fund-performance system from end to end: a real MariaDB, two crawlers, the join, and what the catalog shows."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pymysql
import pytest
from conftest import ROOT, Lake

SCRIPTS = ROOT / "etlScripts" / "fundperformance"
sys.path.insert(0, str(SCRIPTS))

import funds  # noqa: E402

WORKFLOW, STACK = "Fund_Performance", "Local-FundPerformance"
ACCOUNT, NEXT = "123456789012", "210987654321"  # of the endpoint, which imitates as many as it is asked for
TRADES = 700

MISSING = "*** NOT PROVED: the fund-performance system needs MariaDB's server (apt-get install mariadb-server)"
pytestmark = pytest.mark.skipif(not shutil.which("mariadbd", path="/usr/sbin:/usr/libexec:/usr/local/sbin"), reason=MISSING)

CONFIG = f"""
environments:
  - name: Local
    account: "123456789012"
    region: eu-west-1
    release: direct
    destroyData: true
    fundperformance:
      enabled: true
      schedule: none
      sampleData: true
      trades: {TRADES}
      dashboards: true
      readers: [analysts]
      local: true
"""


@pytest.fixture(scope="module")
def fund(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The system, deployed at an endpoint of its own."""
    home = tmp_path_factory.mktemp("fund")
    config = home / "lakekeel.yaml"
    config.write_text(CONFIG)
    deployed = Lake(home)
    deployed.do("up")
    try:
        deployed.do("deploy", "Local", "--", "-c", f"config={config}")
        yield deployed
    finally:
        deployed.do("down")


@pytest.fixture(scope="module")
def run(fund: Lake) -> dict:
    """A run of the workflow."""
    return json.loads(fund.do("run", WORKFLOW, "--json"))["Run"]


def expected() -> list[tuple]:
    """The full outer join, worked out by plain Python from what the generator makes."""
    rated = {row[0]: row for row in funds.ratings()}
    rows = [(*trade[1:], *rated.get(trade[4], (None,) * 5)) for trade in funds.trades(TRADES)]
    traded = {trade[4] for trade in funds.trades(TRADES)}
    return rows + [((None,) * 6 + row) for symbol, row in rated.items() if symbol not in traded]


def text(row) -> tuple:
    """A row to compare: numbers as numbers, all else as text."""
    return tuple(float(v) if not isinstance(v, str) and hasattr(v, "__float__") else v if v is None else str(v) for v in row)


def test_every_job_and_crawler_succeeds(fund: Lake, run: dict) -> None:
    statistics = run["Statistics"]
    assert run["Status"] == "COMPLETED"
    assert (statistics["TotalActions"], statistics["SucceededActions"], statistics["FailedActions"]) == (4, 4, 0)
    glue = fund.client("glue")
    for job in ("j_fund_load_trades", "Trade-Analysis-Job"):
        assert [r["JobRunState"] for r in glue.get_job_runs(JobName=job)["JobRuns"]] == ["SUCCEEDED"], job
    for crawler in ("c_fund_trades", "c_fund_ratings"):
        assert glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]["Status"] == "SUCCEEDED", crawler
    tables = {t["Name"] for t in glue.get_tables(DatabaseName="trade_analysis_db")["TableList"]}
    assert tables == {"dbdev_mft_activity", "morningstar", "tradesratingsmerged"}


def test_the_table_is_the_full_outer_join(fund: Lake, run: dict) -> None:
    columns = ", ".join(["CAST(trade_date AS varchar) AS trade_date", *funds.TRADES[2:], *funds.RATINGS])
    got = fund.rows(f"SELECT {columns} FROM trade_analysis_db.tradesratingsmerged")
    want = expected()
    assert len(got) == len(want)
    assert sorted((text(map(number, row.values())) for row in got), key=repr) == sorted(map(text, want), key=repr)
    assert any(row["symbol"] is None for row in got), "the sample has funds that nobody trades"
    assert any(row["mor_rating_fund_symbol"] is None for row in got), "and one that nobody rates"


def number(value: object) -> object:
    """Athena gives decimals as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def test_the_password_is_in_the_secret_alone(fund: Lake, run: dict) -> None:
    secret = json.loads(fund.client("secretsmanager").get_secret_value(SecretId="rds-secret-fund-analysis")["SecretString"])
    instance = fund.client("rds").describe_db_instances()["DBInstances"][0]
    at = {"host": instance["Endpoint"]["Address"], "port": instance["Endpoint"]["Port"], "database": "DBDEV"}
    with pymysql.connect(**at, user="fund", password=secret["password"]) as db, db.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM mft_activity")
        assert cursor.fetchone() == (TRADES,)
    template = fund.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    assert secret["password"] not in (template if isinstance(template, str) else json.dumps(template))
    connection = fund.client("glue").get_connection(Name="Trade-Analysis")["Connection"]
    assert secret["password"] not in json.dumps(connection, default=str)
    logs = fund.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    said = [event["message"] for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert f"mft_activity has {TRADES} rows" in "".join(said)
    files = [file.read_text(errors="replace") for file in fund.home.rglob("*.log")]
    assert files
    assert not [text for text in (*said, *files) if secret["password"] in text]


def test_quicksight_has_the_dataset_and_the_dashboard(fund: Lake) -> None:
    resources = fund.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    made = sorted(r["ResourceType"].removeprefix("AWS::QuickSight::") for r in resources if "QuickSight" in r["ResourceType"])
    assert made == ["Dashboard", "DataSet", "DataSource", "RefreshSchedule", "RefreshSchedule"]
    quicksight, data = fund.client("quicksight"), {"AwsAccountId": ACCOUNT, "DataSetId": "Fund-Analysis"}
    schedules = {s["ScheduleId"]: s for s in quicksight.list_refresh_schedules(**data)["RefreshSchedules"]}
    assert (schedules["recent-trades"]["RefreshType"], schedules["recent-trades"]["ScheduleFrequency"]["Interval"]) == (
        "INCREMENTAL_REFRESH",
        "MINUTE15",
    )
    refresh = quicksight.describe_data_set_refresh_properties(**data)["DataSetRefreshProperties"]["RefreshConfiguration"]
    assert refresh["IncrementalRefresh"]["LookbackWindow"] == {"ColumnName": "trade_date", "Size": 3, "SizeUnit": "DAY"}
    assert titles(fund, ACCOUNT) == ["Market Analysis", "Ratings and earnings", "Daily Transactions", "Trades"]
    rights = quicksight.describe_dashboard_permissions(AwsAccountId=ACCOUNT, DashboardId="Fund-Analysis")["Permissions"]
    assert [r["Principal"].rsplit(":", 1)[1] for r in rights] == ["group/default/analysts"]


def titles(fund: Lake, account: str) -> list[str]:
    """The titles of the dashboard's visuals in an account."""
    quicksight = boto3.client(
        "quicksight",
        endpoint_url=fund.endpoint()["url"],
        region_name="eu-west-1",
        aws_access_key_id=account,
        aws_secret_access_key="local",
    )
    told = quicksight.describe_dashboard_definition(AwsAccountId=account, DashboardId="Fund-Analysis")
    visuals = [body for visual in told["Definition"]["Sheets"][0]["Visuals"] for body in visual.values()]
    return [visual["Title"]["FormatText"]["PlainText"] for visual in visuals]


def test_the_dashboard_is_promoted_to_the_next_account_and_becomes_go(fund: Lake, tmp_path: Path) -> None:
    fund.do("quicksight", "promote", "dashboard/Fund-Analysis", "--to", NEXT)
    assert titles(fund, NEXT) == titles(fund, ACCOUNT)
    fund.do("quicksight", "export", "dashboard/Fund-Analysis", "-o", str(tmp_path / "fund.qs"))
    fund.do("quicksight", "import", str(tmp_path / "fund.qs"), "--out", str(tmp_path / "reports"))
    assert "report.Of(FundAnalysisDataset)" in (tmp_path / "reports" / "dashboards.go").read_text()


def test_the_preview_draws_the_four_visuals_from_the_run(fund: Lake, run: dict, tmp_path: Path) -> None:
    fund.do("preview", "--from", str(fund.home / "cdk" / "cdk.out"), "--out", str(tmp_path / "site"))
    page = (tmp_path / "site" / "Fund-Analysis.html").read_text()
    for title in ("Market Analysis", "Ratings and earnings", "Daily Transactions", "Trades"):
        assert title in page, title
    rows = (tmp_path / "site" / "Fund-Analysis.0.js").read_text()
    for fund_name in {row[7] for row in expected() if row[7]}:
        assert fund_name in rows, fund_name


def test_the_stack_goes_and_its_database_with_it(fund: Lake, run: dict) -> None:
    """The last one: it takes everything away."""
    at = fund.client("rds").describe_db_instances()["DBInstances"][0]["Endpoint"]
    cloudformation = fund.client("cloudformation")
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((at["Address"], at["Port"]), timeout=5)
