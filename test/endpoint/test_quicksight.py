"""QuickSight at the endpoint: what is refused, what is kept, and bundles that go from account to account."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import urllib.request
import zipfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import ACCOUNT, REGION, ROOT, Endpoint, environment

import stacks

OTHER = "210987654321"
ENDED = {"SUCCESSFUL", "FAILED", "FAILED_ROLLBACK_COMPLETED", "FAILED_ROLLBACK_ERROR"}
COLUMNS = [{"Name": "day", "Type": "DATETIME"}, {"Name": "amount", "Type": "DECIMAL"}]


def arn(resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:quicksight:{REGION}:{account}:{resource}"


class Account:
    """QuickSight of one account, and what these tests put into it."""

    def __init__(self, endpoint: Endpoint, account: str):
        self.account = account
        self.quicksight = boto3.client(
            "quicksight",
            endpoint_url=endpoint.url,
            region_name=REGION,
            aws_access_key_id=account,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def __getattr__(self, operation: str):
        return lambda **arguments: getattr(self.quicksight, operation)(AwsAccountId=self.account, **arguments)

    def arn(self, resource: str) -> str:
        return arn(resource, self.account)

    def fill(self) -> None:
        """A dashboard with all that an export of it brings along."""
        self.create_vpc_connection(
            VPCConnectionId="net",
            Name="net",
            SubnetIds=["subnet-1", "subnet-2"],
            SecurityGroupIds=["sg-1"],
            RoleArn="arn:aws:iam::1:role/r",
        )
        self.create_data_source(
            DataSourceId="db",
            Name="db",
            Type="MYSQL",
            DataSourceParameters={"MySqlParameters": {"Host": "dev.example.com", "Port": 3306, "Database": "DEV"}},
            Credentials={"SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dev"},
            VpcConnectionProperties={"VpcConnectionArn": self.arn("vpcConnection/net")},
        )
        table = {"DataSourceArn": self.arn("datasource/db"), "Name": "orders", "InputColumns": COLUMNS}
        self.create_data_set(
            DataSetId="orders",
            Name="Orders",
            ImportMode="SPICE",
            PhysicalTableMap={"Orders-Table": {"RelationalTable": table}},
            FieldFolders={"Money & more": {"columns": ["amount"], "description": "what is paid"}},
        )
        window = {"ColumnName": "day", "Size": 2, "SizeUnit": "DAY"}
        self.put_data_set_refresh_properties(
            DataSetId="orders",
            DataSetRefreshProperties={"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": window}}},
        )
        self.create_refresh_schedule(
            DataSetId="orders",
            Schedule={"ScheduleId": "often", "RefreshType": "INCREMENTAL_REFRESH", "ScheduleFrequency": {"Interval": "MINUTE15"}},
        )
        self.create_theme(ThemeId="plain", Name="Plain", BaseThemeId="CLASSIC", Configuration={"UIColorPalette": {"Accent": "#112233"}})
        self.create_folder(FolderId="reports", Name="Reports", FolderType="SHARED")
        self.create_dashboard(**self.dashboard("Amount"), FolderArns=[self.arn("folder/reports")])

    def dashboard(self, title: str) -> dict:
        field = {"FieldId": "amount", "Column": {"DataSetIdentifier": "Orders", "ColumnName": "amount"}}
        kpi = {
            "VisualId": "total",
            "Title": {"FormatText": {"PlainText": title}},
            "ChartConfiguration": {"FieldWells": {"Values": [{"NumericalMeasureField": field}]}},
        }
        return {
            "DashboardId": "sales",
            "Name": "Sales",
            "ThemeArn": self.arn("theme/plain"),
            "Definition": {
                "DataSetIdentifierDeclarations": [{"Identifier": "Orders", "DataSetArn": self.arn("dataset/orders")}],
                "Sheets": [{"SheetId": "one", "Name": "One", "Visuals": [{"KPIVisual": kpi}]}],
            },
        }

    def title(self) -> str:
        """The title of the dashboard's chart, as readers see it."""
        definition = self.describe_dashboard_definition(DashboardId="sales")["Definition"]
        return definition["Sheets"][0]["Visuals"][0]["KPIVisual"]["Title"]["FormatText"]["PlainText"]

    def export(self, *resources: str, job: str = "out", **more) -> bytes:
        """The bundle of an export, over its download URL."""
        more = {"IncludeAllDependencies": True, **more}
        names = [self.arn(r) for r in resources]
        self.start_asset_bundle_export_job(AssetBundleExportJobId=job, ResourceArns=names, ExportFormat="QUICKSIGHT_JSON", **more)
        told = self.wait("export", job)
        assert told["JobStatus"] == "SUCCESSFUL", told["Errors"]
        with urllib.request.urlopen(told["DownloadUrl"]) as answer:
            return answer.read()

    def take(self, bundle: bytes, job: str = "in", **more) -> dict:
        """How an import ended."""
        self.start_asset_bundle_import_job(AssetBundleImportJobId=job, AssetBundleImportSource={"Body": bundle}, **more)
        return self.wait("import", job)

    def wait(self, direction: str, job: str, limit: float = 20) -> dict:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            key = {f"AssetBundle{direction.title()}JobId": job}
            told = getattr(self, f"describe_asset_bundle_{direction}_job")(**key)
            if told["JobStatus"] in ENDED:
                return told
            time.sleep(0.05)
        raise AssertionError(f"{direction} job {job} is still {told['JobStatus']}")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    running = Endpoint(tmp_path_factory.mktemp("quicksight"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dev(own) -> Account:
    account = Account(own, ACCOUNT)
    account.fill()
    return account


@pytest.fixture(scope="module")
def bundle(dev) -> bytes:
    return dev.export("dashboard/sales", IncludeFolderMemberships=True, job="shared")


accounts = iter(range(300000000000, 300000000100))


@pytest.fixture
def prod(own) -> Account:
    """An account that has nothing yet."""
    return Account(own, str(next(accounts)))


def documents(bundle: bytes) -> dict[str, dict]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def zipped(documents: dict) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document))
    return out.getvalue()


# ---- assets


def test_everything_is_described_as_it_was_put(dev):
    source = dev.describe_data_source(DataSourceId="db")["DataSource"]
    assert source["DataSourceParameters"]["MySqlParameters"]["Host"] == "dev.example.com"
    assert source["SecretArn"].endswith(":dev")
    assert "Credentials" not in source
    data = dev.describe_data_set(DataSetId="orders")["DataSet"]
    assert data["PhysicalTableMap"]["Orders-Table"]["RelationalTable"]["InputColumns"] == COLUMNS
    assert data["FieldFolders"] == {"Money & more": {"columns": ["amount"], "description": "what is paid"}}
    window = dev.describe_data_set_refresh_properties(DataSetId="orders")["DataSetRefreshProperties"]["RefreshConfiguration"]
    assert window["IncrementalRefresh"]["LookbackWindow"]["Size"] == 2
    dashboard = dev.describe_dashboard(DashboardId="sales")["Dashboard"]
    assert dashboard["Version"]["ThemeArn"] == arn("theme/plain")
    assert dashboard["Version"]["DataSetArns"] == [arn("dataset/orders")]
    assert dashboard["Version"]["Arn"] == arn("dashboard/sales/version/1")
    assert [d["DashboardId"] for d in dev.list_dashboards()["DashboardSummaryList"]] == ["sales"]
    assert [s["ScheduleId"] for s in dev.list_refresh_schedules(DataSetId="orders")["RefreshSchedules"]] == ["often"]
    assert dev.list_folder_members(FolderId="reports")["FolderMemberList"] == [{"MemberId": "sales", "MemberArn": arn("dashboard/sales")}]
    assert dev.describe_vpc_connection(VPCConnectionId="net")["VPCConnection"]["SecurityGroupIds"] == ["sg-1"]


def test_an_update_of_a_dashboard_waits_to_be_published(prod):
    prod.fill()
    changed = prod.update_dashboard(**prod.dashboard("Sum"))
    assert changed["VersionArn"].endswith("/version/2")
    assert prod.title() == "Amount"
    prod.update_dashboard_published_version(DashboardId="sales", VersionNumber=2)
    assert prod.title() == "Sum"
    assert [v["VersionNumber"] for v in prod.list_dashboard_versions(DashboardId="sales")["DashboardVersionSummaryList"]] == [1, 2]


def test_rights_are_given_and_taken(prod):
    prod.fill()
    group = prod.arn("group/default/analysts")
    actions = ["quicksight:DescribeDashboard", "quicksight:QueryDashboard"]
    prod.update_dashboard_permissions(DashboardId="sales", GrantPermissions=[{"Principal": group, "Actions": actions}])
    held = prod.describe_dashboard_permissions(DashboardId="sales")["Permissions"]
    assert held == [{"Principal": group, "Actions": actions}]
    prod.update_dashboard_permissions(DashboardId="sales", RevokePermissions=[{"Principal": group, "Actions": actions}])
    assert prod.describe_dashboard_permissions(DashboardId="sales")["Permissions"] == []


def test_tags_are_those_of_the_creation_and_of_the_calls(prod):
    prod.create_theme(ThemeId="t", Name="t", BaseThemeId="CLASSIC", Configuration={}, Tags=[{"Key": "team", "Value": "lake"}])
    told = prod.quicksight.list_tags_for_resource(ResourceArn=prod.arn("theme/t"))
    assert told["Tags"] == [{"Key": "team", "Value": "lake"}]


REFUSED = {
    "a dashboard of a data set that is not there": (
        lambda a: a.create_dashboard(
            DashboardId="d",
            Name="d",
            Definition={"DataSetIdentifierDeclarations": [{"Identifier": "o", "DataSetArn": a.arn("dataset/none")}]},
        ),
        "ResourceNotFoundException",
    ),
    "a data source behind a connection that is not there": (
        lambda a: a.create_data_source(
            DataSourceId="d", Name="d", Type="MYSQL", VpcConnectionProperties={"VpcConnectionArn": a.arn("vpcConnection/none")}
        ),
        "ResourceNotFoundException",
    ),
    "a schedule of a data set that is not there": (
        lambda a: a.create_refresh_schedule(
            DataSetId="none", Schedule={"ScheduleId": "s", "RefreshType": "FULL_REFRESH", "ScheduleFrequency": {"Interval": "DAILY"}}
        ),
        "ResourceNotFoundException",
    ),
    "an export that was never started": (
        lambda a: a.describe_asset_bundle_export_job(AssetBundleExportJobId="no"),
        "ResourceNotFoundException",
    ),
    "an import that was never started": (
        lambda a: a.describe_asset_bundle_import_job(AssetBundleImportJobId="no"),
        "ResourceNotFoundException",
    ),
    "a dashboard in a folder that is not there": (
        lambda a: (a.fill(), a.create_dashboard(**{**a.dashboard("x"), "DashboardId": "new"}, FolderArns=[a.arn("folder/none")])),
        "ResourceNotFoundException",
    ),
    "another account": (
        lambda a: a.quicksight.list_dashboards(AwsAccountId="999999999999"),
        "AccessDeniedException",
    ),
    "what nobody implements": (lambda a: a.list_brands(), "UnknownOperationException"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused(prod, case):
    call, code = REFUSED[case]
    with pytest.raises(ClientError) as refused:
        call(prod)
    assert refused.value.response["Error"]["Code"] == code


def test_a_folder_that_holds_something_is_not_deleted(prod):
    prod.fill()
    with pytest.raises(ClientError, match="ConflictException.*not empty"):
        prod.delete_folder(FolderId="reports")
    prod.delete_folder_membership(FolderId="reports", MemberType="DASHBOARD", MemberId="sales")
    prod.delete_folder(FolderId="reports")


# ---- bundles


def test_an_export_brings_what_it_needs_and_no_secret(bundle):
    assert sorted(documents(bundle)) == [
        "dashboard/sales.json",
        "dataset/orders.json",
        "datasource/db.json",
        "folder/reports.json",
        "refreshSchedule/orders--refresh-schedule--often.json",
        "theme/plain.json",
        "vpcConnection/net.json",
    ]
    found = documents(bundle)
    assert found["dataset/orders.json"]["physicalTableMap"]["Orders-Table"]["relationalTable"]["dataSourceArn"] == arn("datasource/db")
    assert found["dataset/orders.json"]["fieldFolders"]["Money & more"]["columns"] == ["amount"]
    assert found["dataset/orders.json"]["dataSetRefreshProperties"]["refreshConfiguration"]
    assert "kpiVisual" in found["dashboard/sales.json"]["definition"]["sheets"][0]["visuals"][0]
    assert {name: body["resourceType"] for name, body in found.items()} == {name: name.split("/")[0] for name in found}
    assert "secret" not in json.dumps(found)


def test_without_dependencies_an_export_is_the_asset_alone(dev):
    assert list(documents(dev.export("dashboard/sales", job="alone", IncludeAllDependencies=False))) == ["dashboard/sales.json"]


def test_an_export_of_what_is_not_there_fails_with_its_arn(dev):
    dev.start_asset_bundle_export_job(
        AssetBundleExportJobId="lost", ResourceArns=[dev.arn("dashboard/none")], ExportFormat="QUICKSIGHT_JSON"
    )
    told = dev.wait("export", "lost")
    assert told["JobStatus"] == "FAILED"
    assert "DownloadUrl" not in told
    assert [(e["Arn"], e["Type"]) for e in told["Errors"]] == [(dev.arn("dashboard/none"), "ResourceNotFoundException")]


def test_a_bundle_arrives_in_another_account_with_its_overrides(bundle, prod):
    told = prod.take(
        bundle,
        OverrideParameters={
            "DataSources": [
                {
                    "DataSourceId": "db",
                    "DataSourceParameters": {"MySqlParameters": {"Host": "prod.example.com", "Port": 3306, "Database": "PROD"}},
                    "Credentials": {"SecretArn": "arn:aws:secretsmanager:eu-west-1:210987654321:secret:prod"},
                }
            ],
            "VPCConnections": [{"VPCConnectionId": "net", "SubnetIds": ["subnet-8", "subnet-9"], "SecurityGroupIds": ["sg-9"]}],
        },
    )
    assert (told["JobStatus"], told["Errors"]) == ("SUCCESSFUL", [])
    source = prod.describe_data_source(DataSourceId="db")["DataSource"]
    assert source["DataSourceParameters"]["MySqlParameters"]["Host"] == "prod.example.com"
    assert source["VpcConnectionProperties"]["VpcConnectionArn"] == prod.arn("vpcConnection/net")
    assert source["SecretArn"].endswith(":prod")
    assert prod.describe_vpc_connection(VPCConnectionId="net")["VPCConnection"]["SecurityGroupIds"] == ["sg-9"]
    dashboard = prod.describe_dashboard(DashboardId="sales")["Dashboard"]
    assert dashboard["Version"]["DataSetArns"] == [prod.arn("dataset/orders")]
    assert prod.list_folder_members(FolderId="reports")["FolderMemberList"][0]["MemberArn"] == prod.arn("dashboard/sales")
    assert prod.describe_data_set_refresh_properties(DataSetId="orders")


def test_an_import_again_makes_a_new_version(bundle, prod):
    prod.take(bundle, job="first")
    prod.take(bundle, job="second")
    assert len(prod.list_dashboard_versions(DashboardId="sales")["DashboardVersionSummaryList"]) == 2


def test_a_prefix_goes_before_every_id_and_reference(bundle, prod):
    told = prod.take(bundle, OverrideParameters={"ResourceIdOverrideConfiguration": {"PrefixForAllResources": "qa-"}})
    assert told["JobStatus"] == "SUCCESSFUL", told["Errors"]
    version = prod.describe_dashboard(DashboardId="qa-sales")["Dashboard"]["Version"]
    assert (version["DataSetArns"], version["ThemeArn"]) == ([prod.arn("dataset/qa-orders")], prod.arn("theme/qa-plain"))
    assert prod.list_refresh_schedules(DataSetId="qa-orders")["RefreshSchedules"]


def test_a_failing_import_rolls_back_and_leaves_what_was_there(dev, bundle, prod):
    prod.take(bundle, job="good")
    broken = documents(bundle)
    broken["theme/plain.json"]["name"] = "Changed"
    broken["dashboard/sales.json"]["definition"]["dataSetIdentifierDeclarations"][0]["dataSetArn"] = dev.arn("dataset/none")
    told = prod.take(zipped(broken), job="bad", FailureAction="ROLLBACK")
    assert told["JobStatus"] == "FAILED_ROLLBACK_COMPLETED"
    assert told["Errors"] == [
        {
            "Arn": prod.arn("dashboard/sales"),
            "Type": "ResourceNotFoundException",
            "Message": f"DataSet {prod.arn('dataset/none')} is not found",
        }
    ]
    assert prod.describe_theme(ThemeId="plain")["Theme"]["Name"] == "Plain"
    assert len(prod.list_dashboard_versions(DashboardId="sales")["DashboardVersionSummaryList"]) == 1
    told = prod.take(zipped(broken), job="worse", FailureAction="DO_NOTHING")
    assert told["JobStatus"] == "FAILED"
    assert prod.describe_theme(ThemeId="plain")["Theme"]["Name"] == "Changed"


BAD = {
    "no zip": (b"nonsense", "not a zip file"),
    "nothing in it": (zipped({}), "empty"),
    "a type that bundles do not have": (
        zipped({"topic/t.json": {"resourceType": "topic"}}),
        "topic/t.json in the asset bundle is of no known",
    ),
    "another type than the folder's": (zipped({"theme/t.json": {"resourceType": "dataset"}}), "another resourceType"),
    "a member that nobody knows": (
        zipped({"theme/t.json": {"resourceType": "theme", "themeId": "t", "colour": "red"}}),
        "has the unknown member colour",
    ),
    "a document without its id": (zipped({"theme/t.json": {"resourceType": "theme"}}), "theme/t.json in the asset bundle has no id"),
    "a schedule that is a text": (
        zipped({"refreshSchedule/d--refresh-schedule--s.json": {"resourceType": "refreshSchedule", "dataSetId": "d", "schedule": "s"}}),
        "has no id, or a member of another type",
    ),
    "a member that is missing": (
        zipped({"theme/t.json": {"resourceType": "theme", "themeId": "t", "baseThemeId": "CLASSIC", "configuration": {}}}),
        'Missing required parameter in input: "Name"',
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bundle_that_is_none_fails_with_the_reason(prod, case):
    content, reason = BAD[case]
    told = prod.take(content, FailureAction="ROLLBACK")
    assert told["JobStatus"] == "FAILED_ROLLBACK_COMPLETED"
    assert reason in told["Errors"][0]["Message"]


def test_an_import_from_s3_says_that_it_is_not_done_here(prod):
    prod.start_asset_bundle_import_job(AssetBundleImportJobId="s3", AssetBundleImportSource={"S3Uri": "s3://bucket/a.qs"})
    assert "imports the body of a request" in prod.wait("import", "s3")["Errors"][0]["Message"]


def test_an_import_again_without_a_secret_keeps_the_one_that_is_there(bundle, prod):
    secret = {"DataSources": [{"DataSourceId": "db", "Credentials": {"SecretArn": "arn:aws:secretsmanager:eu-west-1:3:secret:kept"}}]}
    prod.take(bundle, job="first", OverrideParameters=secret)
    prod.take(bundle, job="second")
    assert prod.describe_data_source(DataSourceId="db")["DataSource"]["SecretArn"].endswith(":kept")


def test_an_override_of_what_is_not_in_the_bundle_fails(bundle, prod):
    told = prod.take(bundle, OverrideParameters={"DataSources": [{"DataSourceId": "none", "Name": "x"}]})
    assert told["JobStatus"] == "FAILED"
    assert "DataSource that is not in the asset bundle: none" in told["Errors"][0]["Message"]


def test_rights_of_another_account_are_refused_and_own_ones_given(dev, bundle, prod):
    def give(principal: str, job: str) -> dict:
        rights = {"Principals": [principal], "Actions": ["quicksight:DescribeDashboard"]}
        return prod.take(bundle, job=job, OverridePermissions={"Dashboards": [{"DashboardIds": ["*"], "Permissions": rights}]})

    assert "another account" in give(dev.arn("group/default/g"), "theirs")["Errors"][0]["Message"]
    assert give(prod.arn("group/default/g"), "ours")["JobStatus"] == "SUCCESSFUL"
    held = prod.describe_dashboard_permissions(DashboardId="sales")["Permissions"]
    assert held == [{"Principal": prod.arn("group/default/g"), "Actions": ["quicksight:DescribeDashboard"]}]


def test_a_job_is_queued_runs_and_ends_and_its_id_is_taken_meanwhile(bundle, prod):
    prod.start_asset_bundle_import_job(AssetBundleImportJobId="slow", AssetBundleImportSource={"Body": bundle})
    with pytest.raises(ClientError, match="ConflictException"):
        prod.start_asset_bundle_import_job(AssetBundleImportJobId="slow", AssetBundleImportSource={"Body": bundle})
    seen = []
    while not seen or seen[-1] not in ENDED:
        status = prod.describe_asset_bundle_import_job(AssetBundleImportJobId="slow")["JobStatus"]
        seen += [status] if status not in seen[-1:] else []
        time.sleep(0.02)
    assert seen[-2:] == ["IN_PROGRESS", "SUCCESSFUL"]
    assert [j["JobStatus"] for j in prod.list_asset_bundle_import_jobs()["AssetBundleImportJobSummaryList"]] == ["SUCCESSFUL"]


# ---- the library's own template


def test_the_reviewed_template_deploys_and_goes(start):
    """All of it, with the custom resource that gives a topic its rights and schedules."""
    template = json.loads((ROOT / "test" / "testdata" / "quicksight.json").read_text())
    template.pop("Rules", None)  # they ask for the bootstrap's version
    template["Parameters"].pop("BootstrapVersion", None)
    running = start()
    stacks.deploy(running.client, "reviewed", template)
    quicksight, topic = running.client("quicksight"), {"AwsAccountId": ACCOUNT, "TopicId": "trades"}
    assert quicksight.describe_topic_permissions(**topic)["Permissions"]
    assert quicksight.list_topic_refresh_schedules(**topic)["RefreshSchedules"][0]["RefreshSchedule"]["RepeatAt"] == "03:00"
    assert quicksight.list_folder_members(AwsAccountId=ACCOUNT, FolderId="trading")["FolderMemberList"]
    stacks.delete(running.client, "reviewed")
    assert quicksight.list_data_sources(AwsAccountId=ACCOUNT)["DataSources"] == []
    assert quicksight.list_folders(AwsAccountId=ACCOUNT)["FolderSummaryList"] == []


# ---- what other places say of it


def test_the_programs_names_of_maps_and_members_are_those_of_the_model():
    """internal/assetbundle translates a bundle's names without the model: it must know what the model has of the irregular."""
    from botocore.session import get_session

    model = get_session().get_service_model("quicksight")
    maps, names, seen = set(), set(), set()

    def walk(shape) -> None:
        if shape.name in seen:
            return
        seen.add(shape.name)
        for name, member in shape.members.items() if shape.type_name == "structure" else ():
            names.add(name)
            maps.update([name] if member.type_name == "map" else [])
            walk(member)
        for inner in ("member", "value"):
            if hasattr(shape, inner):
                walk(getattr(shape, inner))

    kinds = ("VPCConnection", "Folder", "DataSource", "Theme", "DataSet", "RefreshSchedule", "Topic", "Analysis", "Dashboard")
    for operation in [*(f"Create{kind}" for kind in kinds), "PutDataSetRefreshProperties"]:
        walk(model.operation_model(operation).input_shape)
    source = (ROOT / "internal" / "assetbundle" / "case.go").read_text()
    assert set(re.findall(r'"([A-Z]\w+)": true', source)) == maps

    lower = re.compile(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]")
    in_bundles = {lower.sub(lambda match: match[0].lower(), name): name for name in names}
    irregular = {b: n for b, n in in_bundles.items() if b[0].upper() + b[1:] != n}
    # FieldFolder has small letters in the calls and large ones in CloudFormation; both are read.
    assert set(irregular) - {"columns", "description"} == set(re.findall(r'"([a-z]\w+)": +"', source))


@pytest.mark.parametrize("arguments", [("--operations", "quicksight"), ("--types",)], ids=["operations", "types"])
def test_the_page_says_what_the_command_prints(arguments):
    command = [sys.executable, "-m", "lakekeel_endpoint", *arguments]
    printed = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout
    if arguments == ("--types",):
        rows = [re.split(r"  +", line)[:2] for line in printed.splitlines() if line.startswith("AWS::QuickSight::")]
        printed = "".join(f"{kind.ljust(36)}{status}\n" for kind, status in rows)
    page = (ROOT / "docs" / "quicksight.md").read_text()
    assert f"```text\n{printed}```" in page, f"put this into docs/quicksight.md:\n{printed}"


def test_an_invented_download_url_gives_nothing(own):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{own.url}/_lakekeel/bundles/nothing/x.qs")
    assert refused.value.code == 403


def test_assets_and_versions_outlive_a_restart(start, bundle):
    first = start("--persist")
    account = Account(first, OTHER)
    account.take(bundle)
    account.update_dashboard(**account.dashboard("Later"))
    first.stop()
    again = Account(start("--persist", home=first.home), OTHER)
    assert again.title() == "Amount"
    assert len(again.list_dashboard_versions(DashboardId="sales")["DashboardVersionSummaryList"]) == 2
