"""One case for each mapped CloudFormation type: a template, and where its service shows it.

A case has properties, may have other resources it needs, says how to find the
resource in its service's own API, and may have a change with what it then shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = {"Fn::GetAtt": ["Role", "Arn"]}
SSO_INSTANCE = "arn:aws:sso:::instance/ssoins-aaaabbbbccccdddd"


def trusting(service: str) -> tuple:
    """A role that a service may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return "AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


@dataclass
class Case:
    type: str
    properties: dict
    look: Callable  # (aws, physical id) -> what the API shows; falsy or an error when it is not there
    shows: dict = field(default_factory=dict)  # members that must be shown so
    change: dict = field(default_factory=dict)  # properties of an update
    changed: dict = field(default_factory=dict)  # members shown after it
    beside: dict = field(default_factory=dict)  # other resources: name -> (type, properties)
    attributes: tuple[str, ...] = ()  # GetAtt names that must give something
    stays: bool = False  # the API has no operation to delete it


def first(items, **wanted):
    """The first item with these members, or None."""
    return next((i for i in items if all(i.get(k) == v for k, v in wanted.items())), None)


JOB = {
    "Name": "j_case",
    "Role": ROLE,
    "Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/j.py", "PythonVersion": "3"},
    "GlueVersion": "5.0",
    "WorkerType": "G.1X",
    "NumberOfWorkers": 3,
    "Timeout": 7,
    "MaxRetries": 1,
    "ExecutionProperty": {"MaxConcurrentRuns": 4},
    "DefaultArguments": {"--a": "1", "--job-bookmark-option": "job-bookmark-enable"},
    "NonOverridableArguments": {"--fixed": "yes"},
    "Connections": {"Connections": ["c1"]},
    "SecurityConfiguration": "sc",
    "ExecutionClass": "STANDARD",
    "NotificationProperty": {"NotifyDelayAfter": 3},
    "Description": "a job",
    "Tags": {"team": "lake"},
}

CRAWLER = {
    "Name": "c_case",
    "Role": ROLE,
    "DatabaseName": "db",
    "Targets": {"S3Targets": [{"Path": "s3://data/a/", "Exclusions": ["**/_tmp/**"], "SampleSize": 5}]},
    "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
    "Configuration": '{"Version":1.0}',
    "CrawlerSecurityConfiguration": "sc",
    "TablePrefix": "t_",
    "Classifiers": ["csv"],
    "Schedule": {"ScheduleExpression": "cron(0 10 1 * ? *)"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": True},
}

GLUE = [
    Case(
        "AWS::Glue::Job",
        JOB,
        lambda aws, ref: aws("glue").get_job(JobName=ref)["Job"],
        shows={k: v for k, v in JOB.items() if k not in ("Role", "Tags")} | {"MaxCapacity": 3.0},
        change={"Timeout": 9, "Description": None, "ExecutionProperty": {"MaxConcurrentRuns": 5}},
        changed={"Timeout": 9, "Description": None, "ExecutionProperty": {"MaxConcurrentRuns": 5}, "MaxRetries": 1},
        beside={"Role": trusting("glue")},
    ),
    Case(
        "AWS::Glue::Crawler",
        CRAWLER,
        lambda aws, ref: aws("glue").get_crawler(Name=ref)["Crawler"],
        shows={k: v for k, v in CRAWLER.items() if k not in ("Role", "Schedule")},
        change={"TablePrefix": "u_"},
        changed={"TablePrefix": "u_", "Configuration": '{"Version":1.0}'},
        beside={"Role": trusting("glue")},
    ),
    Case(
        "AWS::Glue::Trigger",
        {
            "Name": "t_case",
            "Type": "EVENT",
            "WorkflowName": "w",
            "Actions": [{"JobName": "j", "Arguments": {"--x": "1"}, "Timeout": 5}],
            "EventBatchingCondition": {"BatchSize": 3, "BatchWindow": 600},
        },
        lambda aws, ref: aws("glue").get_trigger(Name=ref)["Trigger"],
        shows={
            "Type": "EVENT",
            "WorkflowName": "w",
            "State": "CREATED",
            "Actions": [{"JobName": "j", "Arguments": {"--x": "1"}, "Timeout": 5}],
            "EventBatchingCondition": {"BatchSize": 3, "BatchWindow": 600},
        },
        change={"EventBatchingCondition": {"BatchSize": 4}},
        changed={"EventBatchingCondition": {"BatchSize": 4}, "WorkflowName": "w"},
    ),
    Case(
        "AWS::Glue::Workflow",
        {"Name": "w_case", "MaxConcurrentRuns": 2, "DefaultRunProperties": {"a": "1"}, "Description": "first"},
        lambda aws, ref: aws("glue").get_workflow(Name=ref)["Workflow"],
        shows={"MaxConcurrentRuns": 2, "DefaultRunProperties": {"a": "1"}},
        change={"Description": "second"},
        changed={"Description": "second", "MaxConcurrentRuns": 2},
    ),
    Case(
        "AWS::Glue::SecurityConfiguration",
        {
            "Name": "sc_case",
            "EncryptionConfiguration": {
                "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"}],
                "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"},
                "JobBookmarksEncryption": {
                    "JobBookmarksEncryptionMode": "CSE-KMS",
                    "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k",
                },
            },
        },
        lambda aws, ref: aws("glue").get_security_configuration(Name=ref)["SecurityConfiguration"],
        shows={
            "EncryptionConfiguration": {
                "S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"}],
                "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k"},
                "JobBookmarksEncryption": {
                    "JobBookmarksEncryptionMode": "CSE-KMS",
                    "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k",
                },
            }
        },
    ),
    Case(
        "AWS::Glue::Classifier",
        {"CsvClassifier": {"Name": "csv_case", "Delimiter": ";", "ContainsHeader": "PRESENT"}},
        lambda aws, ref: aws("glue").get_classifier(Name=ref)["Classifier"]["CsvClassifier"],
        shows={"Delimiter": ";", "ContainsHeader": "PRESENT"},
        change={"CsvClassifier": {"Name": "csv_case", "Delimiter": "|"}},
        changed={"Delimiter": "|", "Version": 2},
    ),
    Case(
        "AWS::Glue::DataCatalogEncryptionSettings",
        {
            "CatalogId": ACCOUNT,
            "DataCatalogEncryptionSettings": {"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "k"}},
        },
        lambda aws, ref: first(
            [aws("glue").get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"].get("EncryptionAtRest", {})],
            CatalogEncryptionMode="SSE-KMS",
        ),
        shows={"SseAwsKmsKeyId": "k"},
        change={"DataCatalogEncryptionSettings": {"EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "l"}}},
        changed={"SseAwsKmsKeyId": "l"},
    ),
    Case(
        "AWS::Glue::Registry",
        {"Name": "registry_case", "Description": "d"},
        lambda aws, ref: aws("glue").get_registry(RegistryId={"RegistryArn": ref}),
        shows={"RegistryName": "registry_case"},
        attributes=("Arn",),
    ),
    Case(
        "AWS::Glue::Schema",
        {
            "Name": "schema_case",
            "Registry": {"Arn": {"Ref": "Registry"}},
            "DataFormat": "AVRO",
            "Compatibility": "BACKWARD",
            "SchemaDefinition": json.dumps({"type": "record", "name": "r", "fields": [{"name": "a", "type": "string"}]}),
        },
        lambda aws, ref: aws("glue").get_schema(SchemaId={"SchemaArn": ref}),
        shows={"SchemaName": "schema_case", "DataFormat": "AVRO"},
        beside={"Registry": ("AWS::Glue::Registry", {"Name": "registry_of_schema"})},
        attributes=("Arn", "InitialSchemaVersionId"),
    ),
]

FILTERED = ("TableCatalogId", "DatabaseName", "TableName", "Name")
FILTER = dict(zip(FILTERED, (ACCOUNT, "db_filtered", "t", "germany"))) | {
    "RowFilter": {"FilterExpression": "country = 'Germany'"},
    "ColumnWildcard": {"ExcludedColumnNames": ["beds"]},
}

LAKE_FORMATION = [
    Case(
        "AWS::LakeFormation::DataLakeSettings",
        {"Admins": [{"DataLakePrincipalIdentifier": ROLE}]},
        lambda aws, ref: aws("lakeformation").get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"],
        beside={"Role": trusting("glue")},
    ),
    Case(
        "AWS::LakeFormation::Resource",
        {"ResourceArn": "arn:aws:s3:::lake-case", "UseServiceLinkedRole": True},
        lambda aws, ref: aws("lakeformation").describe_resource(ResourceArn=ref)["ResourceInfo"],
        shows={"ResourceArn": "arn:aws:s3:::lake-case"},
    ),
    Case(
        "AWS::LakeFormation::PrincipalPermissions",
        {
            "Principal": {"DataLakePrincipalIdentifier": ROLE},
            "Resource": {"Database": {"CatalogId": ACCOUNT, "Name": "db_granted"}},
            "Permissions": ["DESCRIBE"],
            "PermissionsWithGrantOption": [],
        },
        lambda aws, ref: _grants(aws, "db_granted"),
        beside={"Role": trusting("glue")},
    ),
    Case(
        "AWS::LakeFormation::Permissions",
        {
            "DataLakePrincipal": {"DataLakePrincipalIdentifier": ROLE},
            "Resource": {"DatabaseResource": {"CatalogId": ACCOUNT, "Name": "db_granted_old"}},
            "Permissions": ["DESCRIBE"],
        },
        lambda aws, ref: _grants(aws, "db_granted_old"),
        beside={"Role": trusting("glue")},
    ),
    Case(
        "AWS::LakeFormation::Tag",
        {"TagKey": "tier_case", "TagValues": ["gold", "silver"]},
        lambda aws, ref: first(aws("lakeformation").list_lf_tags()["LFTags"], TagKey=ref),
        shows={"TagValues": ["gold", "silver"]},
        change={"TagValues": ["silver", "tin"]},
        changed={"TagValues": ["silver", "tin"]},
    ),
    Case(
        "AWS::LakeFormation::DataCellsFilter",
        FILTER,
        lambda aws, ref: aws("lakeformation").get_data_cells_filter(**dict(zip(FILTERED, ref.split("|"))))["DataCellsFilter"],
        shows=FILTER,
    ),
    Case(
        "AWS::LakeFormation::TagAssociation",
        {
            "Resource": {"Database": {"CatalogId": ACCOUNT, "Name": "db_tagged"}},
            "LFTags": [{"CatalogId": ACCOUNT, "TagKey": {"Ref": "Tag"}, "TagValues": ["a"]}],
        },
        lambda aws, ref: (
            aws("lakeformation")
            .get_resource_lf_tags(Resource={"Database": {"CatalogId": ACCOUNT, "Name": "db_tagged"}})
            .get("LFTagOnDatabase")
        ),
        beside={"Tag": ("AWS::LakeFormation::Tag", {"TagKey": "zone_case", "TagValues": ["a"]})},
    ),
]


def _grants(aws, database: str) -> list:
    resource = {"Database": {"CatalogId": ACCOUNT, "Name": database}}
    granted = aws("lakeformation").list_permissions(Resource=resource)["PrincipalResourcePermissions"]
    return [g["Permissions"] for g in granted if g["Permissions"]]


def _quicksight(noun: str, properties: dict, **more) -> Case:
    """A QuickSight noun: its id is XId, its operation describe_x."""
    verbs = {"DataSource": "data_source", "DataSet": "data_set", "VPCConnection": "vpc_connection"}
    key, verb = f"{noun}Id", verbs.get(noun, noun.lower())

    def look(aws, ref):
        account, identity = ref.split("|")
        return getattr(aws("quicksight"), f"describe_{verb}")(AwsAccountId=account, **{key: identity})[noun]

    return Case(
        f"AWS::QuickSight::{noun}",
        {"AwsAccountId": ACCOUNT, key: f"{noun.lower()}-case", "Name": "first", **properties},
        look,
        shows={"Name": "first"},
        change={"Name": "second"},
        changed={"Name": "second"},
        attributes=("Arn",),
        **more,
    )


def _arn(resource: str) -> str:
    return f"arn:aws:quicksight:{REGION}:{ACCOUNT}:{resource}"


_SOURCE = {"SourceTemplate": {"Arn": _arn("template/t"), "DataSetReferences": []}}
_COLUMNS = [{"Name": "a", "Type": "STRING"}]
_ATHENA = {"Type": "ATHENA", "DataSourceParameters": {"AthenaParameters": {"WorkGroup": "primary"}}}
_TABLE = {"RelationalTable": {"DataSourceArn": _arn("datasource/d"), "Name": "t", "InputColumns": _COLUMNS}}
_DATA = {"ImportMode": "SPICE", "PhysicalTableMap": {"t": _TABLE}}
_LOOKBACK = {"IncrementalRefresh": {"LookbackWindow": {"ColumnName": "a", "Size": 2, "SizeUnit": "DAY"}}}
_BESIDE_SOURCE = {"Source": ("AWS::QuickSight::DataSource", {"AwsAccountId": ACCOUNT, "DataSourceId": "d", "Name": "d", **_ATHENA})}
_BESIDE_DATA = {
    **_BESIDE_SOURCE,
    "Data": (
        "AWS::QuickSight::DataSet",
        # The second name makes it wait for the source.
        {"AwsAccountId": ACCOUNT, "DataSetId": "of-case", "Name": {"Fn::Sub": "of ${Source}"}, **_DATA},
    ),
}
# The part after the "|" of a Ref is the id; taking it from the Ref makes a resource wait for the other.
_AFTER_DATA = {"Fn::Select": [1, {"Fn::Split": ["|", {"Ref": "Data"}]}]}

QUICKSIGHT = [
    _quicksight("DataSource", _ATHENA),
    _quicksight(
        "DataSet",
        {
            **_DATA,
            "PhysicalTableMap": {
                "t": {"RelationalTable": {**_TABLE["RelationalTable"], "DataSourceArn": {"Fn::GetAtt": ["Source", "Arn"]}}},
            },
            "FieldFolders": {"People": {"Columns": ["a"], "Description": "who"}},
            "DataSetRefreshProperties": {"RefreshConfiguration": _LOOKBACK},
        },
        beside=_BESIDE_SOURCE,
    ),
    _quicksight("Dashboard", {"SourceEntity": _SOURCE}),
    _quicksight("Analysis", {"SourceEntity": _SOURCE}),
    _quicksight("Template", {"SourceEntity": {"SourceAnalysis": {"Arn": _arn("analysis/a"), "DataSetReferences": []}}}),
    _quicksight("Theme", {"BaseThemeId": "CLASSIC", "Configuration": {"DataColorPalette": {"Colors": ["#112233"]}}}),
    _quicksight("Folder", {"FolderType": "SHARED"}),
    _quicksight(
        "VPCConnection",
        {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"], "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/interfaces"},
    ),
    Case(
        "AWS::QuickSight::Topic",
        {
            "AwsAccountId": ACCOUNT,
            "TopicId": "topic-case",
            "Name": "first",
            "DataSets": [{"DatasetArn": {"Fn::GetAtt": ["Data", "Arn"]}}],
        },
        lambda aws, ref: aws("quicksight").describe_topic(AwsAccountId=ACCOUNT, TopicId=ref.split("|")[1])["Topic"],
        shows={"Name": "first"},
        change={"Name": "second"},
        changed={"Name": "second"},
        attributes=("Arn",),
        beside=_BESIDE_DATA,
    ),
    Case(
        "AWS::QuickSight::RefreshSchedule",
        {
            "AwsAccountId": ACCOUNT,
            "DataSetId": _AFTER_DATA,
            "Schedule": {
                "ScheduleId": "s-case",
                "RefreshType": "FULL_REFRESH",
                "ScheduleFrequency": {"Interval": "DAILY", "TimeOfTheDay": "10:00"},
            },
        },
        lambda aws, ref: aws("quicksight").describe_refresh_schedule(AwsAccountId=ACCOUNT, DataSetId="of-case", ScheduleId="s-case")[
            "RefreshSchedule"
        ],
        shows={"ScheduleId": "s-case", "RefreshType": "FULL_REFRESH"},
        change={"Schedule": {"ScheduleId": "s-case", "RefreshType": "FULL_REFRESH", "ScheduleFrequency": {"Interval": "HOURLY"}}},
        changed={"ScheduleFrequency": {"Interval": "HOURLY"}},
        beside=_BESIDE_DATA,
    ),
]


def _databrew(noun: str, properties: dict, **more) -> Case:
    return Case(
        f"AWS::DataBrew::{noun}",
        {"Name": f"{noun.lower()}-case", **properties},
        lambda aws, ref: getattr(aws("databrew"), f"describe_{noun.lower()}")(Name=ref),
        **more,
    )


_DATASET = {"Name": "dataset-of-job", "Input": {"S3InputDefinition": {"Bucket": "data", "Key": "k"}}}

DATABREW = [
    _databrew(
        "Dataset",
        {"Format": "CSV", "Input": {"S3InputDefinition": {"Bucket": "data", "Key": "k"}}},
        shows={"Format": "CSV"},
        change={"Format": "JSON"},
        changed={"Format": "JSON"},
    ),
    Case(
        "AWS::DataBrew::Recipe",
        {
            "Name": "recipe-case",
            "Description": "d",
            "Steps": [{"Action": {"Operation": "UPPER_CASE", "Parameters": {"SourceColumn": "a"}}}],
        },
        lambda aws, ref: aws("databrew").describe_recipe(Name=ref, RecipeVersion="LATEST_WORKING"),
        shows={"Steps": [{"Action": {"Operation": "UPPER_CASE", "Parameters": {"sourceColumn": "a"}}}]},
        change={"Description": "e", "Steps": [{"Action": {"Operation": "DELETE", "Parameters": {"SourceColumns": '["a"]'}}}]},
        changed={"Description": "e", "Steps": [{"Action": {"Operation": "DELETE", "Parameters": {"sourceColumns": '["a"]'}}}]},
    ),
    _databrew(
        "Ruleset",
        {"TargetArn": "arn:aws:databrew:eu-west-1:123456789012:dataset/d", "Rules": [{"Name": "r", "CheckExpression": ":c > 0"}]},
        shows={"Rules": [{"Name": "r", "CheckExpression": ":c > 0"}]},
    ),
    _databrew(
        "Project",
        {"DatasetName": "d", "RecipeName": "r", "RoleArn": ROLE},
        beside={"Role": trusting("databrew")},
        shows={"RecipeName": "r"},
    ),
    _databrew(
        "Schedule",
        {"CronExpression": "Cron(0 10 1 * ? *)", "JobNames": ["j"]},
        shows={"JobNames": ["j"]},
        change={"JobNames": ["k"]},
        changed={"JobNames": ["k"]},
    ),
    _databrew(
        "Job",
        {
            "Type": "PROFILE",
            "DatasetName": {"Ref": "Dataset"},
            "RoleArn": ROLE,
            "OutputLocation": {"Bucket": "data", "Key": "k"},
            "MaxRetries": 1,
        },
        beside={"Role": trusting("databrew"), "Dataset": ("AWS::DataBrew::Dataset", _DATASET)},
        shows={"Type": "PROFILE", "MaxRetries": 1},
        change={"MaxRetries": 2},
        changed={"MaxRetries": 2},
    ),
]

EMR = [
    Case(
        "AWS::EMR::Cluster",
        {
            "Name": "cluster-case",
            "ReleaseLabel": "emr-7.1.0",
            "JobFlowRole": "EMR_EC2",
            "ServiceRole": "EMR",
            "Instances": {
                "MasterInstanceGroup": {"InstanceCount": 1, "InstanceType": "m5.xlarge"},
                "CoreInstanceGroup": {"InstanceCount": 2, "InstanceType": "m5.xlarge"},
            },
        },
        lambda aws, ref: (
            first(
                [aws("emr").describe_cluster(ClusterId=ref)["Cluster"]],
            )
            if not aws("emr").describe_cluster(ClusterId=ref)["Cluster"]["Status"]["State"].startswith("TERMINAT")
            else None
        ),
        shows={"Name": "cluster-case"},
        attributes=("Id",),
    ),
    Case(
        "AWS::EMR::SecurityConfiguration",
        {"Name": "emr-sc-case", "SecurityConfiguration": {"EncryptionConfiguration": {"EnableInTransitEncryption": False}}},
        lambda aws, ref: aws("emr").describe_security_configuration(Name=ref),
        shows={"Name": "emr-sc-case"},
    ),
    Case(
        "AWS::EMR::Step",
        {
            "JobFlowId": {"Ref": "Cluster"},
            "Name": "step-case",
            "ActionOnFailure": "CONTINUE",
            "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["true"]},
        },
        lambda aws, ref: first(
            [s for c in aws("emr").list_clusters()["Clusters"] for s in aws("emr").list_steps(ClusterId=c["Id"])["Steps"]], Id=ref
        ),
        shows={"Name": "step-case"},
        beside={
            "Cluster": (
                "AWS::EMR::Cluster",
                {
                    "Name": "cluster-of-step",
                    "ReleaseLabel": "emr-7.1.0",
                    "JobFlowRole": "EMR_EC2",
                    "ServiceRole": "EMR",
                    "Instances": {"MasterInstanceGroup": {"InstanceCount": 1, "InstanceType": "m5.xlarge"}},
                },
            )
        },
        stays=True,
    ),
    Case(
        "AWS::EMRServerless::Application",
        {
            "Name": "app-case",
            "ReleaseLabel": "emr-7.1.0",
            "Type": "SPARK",
            "InitialCapacity": [{"Key": "DRIVER", "Value": {"WorkerCount": 2, "WorkerConfiguration": {"Cpu": "2vCPU", "Memory": "4GB"}}}],
            "MaximumCapacity": {"Cpu": "8vCPU", "Memory": "32GB"},
        },
        lambda aws, ref: (
            first(
                [aws("emr-serverless").get_application(applicationId=ref)["application"]],
            )
            if aws("emr-serverless").get_application(applicationId=ref)["application"]["state"] != "TERMINATED"
            else None
        ),
        shows={
            "name": "app-case",
            "initialCapacity": {"DRIVER": {"workerCount": 2, "workerConfiguration": {"cpu": "2vCPU", "memory": "4GB"}}},
            "maximumCapacity": {"cpu": "8vCPU", "memory": "32GB"},
        },
        change={"MaximumCapacity": {"Cpu": "16vCPU", "Memory": "32GB"}},
        changed={"maximumCapacity": {"cpu": "16vCPU", "memory": "32GB"}},
        attributes=("Arn", "ApplicationId"),
    ),
    Case(
        "AWS::EMRContainers::VirtualCluster",
        {"Name": "vc-case", "ContainerProvider": {"Id": "eks", "Type": "EKS", "Info": {"EksInfo": {"Namespace": "ns"}}}},
        lambda aws, ref: first([aws("emr-containers").describe_virtual_cluster(id=ref)["virtualCluster"]], state="RUNNING"),
        shows={"name": "vc-case"},
        attributes=("Arn", "Id"),
    ),
]

REDSHIFT = [
    Case(
        "AWS::Redshift::Cluster",
        {
            "ClusterIdentifier": "cluster-case",
            "ClusterType": "multi-node",
            "NumberOfNodes": 2,
            "NodeType": "ra3.large",
            "DBName": "dev",
            "MasterUsername": "root",
            "MasterUserPassword": "Secret123",
        },
        lambda aws, ref: aws("redshift").describe_clusters(ClusterIdentifier=ref)["Clusters"][0],
        shows={"NumberOfNodes": 2, "DBName": "dev"},
        change={"NumberOfNodes": 3},
        changed={"NumberOfNodes": 3},
        attributes=("Endpoint.Address", "Endpoint.Port"),
    ),
    Case(
        "AWS::Redshift::ClusterSubnetGroup",
        {"Description": "d", "SubnetIds": [{"Ref": "Subnet"}]},
        lambda aws, ref: aws("redshift").describe_cluster_subnet_groups(ClusterSubnetGroupName=ref)["ClusterSubnetGroups"][0],
        shows={"Description": "d"},
        beside={
            "Vpc": ("AWS::EC2::VPC", {"CidrBlock": "10.7.0.0/16"}),
            "Subnet": ("AWS::EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.7.1.0/24"}),
        },
    ),
    Case(
        "AWS::Redshift::ClusterParameterGroup",
        {"Description": "d", "ParameterGroupFamily": "redshift-1.0"},
        lambda aws, ref: aws("redshift").describe_cluster_parameter_groups(ParameterGroupName=ref)["ParameterGroups"][0],
        shows={"Description": "d"},
    ),
    Case(
        "AWS::RedshiftServerless::Namespace",
        {"NamespaceName": "ns-case", "DbName": "dev"},
        lambda aws, ref: aws("redshift-serverless").get_namespace(namespaceName=ref)["namespace"],
        shows={"namespaceName": "ns-case", "dbName": "dev"},
        attributes=("Namespace.NamespaceArn",),
    ),
    Case(
        "AWS::RedshiftServerless::Workgroup",
        {"WorkgroupName": "wg-case", "NamespaceName": "namespace", "BaseCapacity": 8},
        lambda aws, ref: aws("redshift-serverless").get_workgroup(workgroupName=ref)["workgroup"],
        shows={"baseCapacity": 8},
        change={"BaseCapacity": 16},
        changed={"baseCapacity": 16},
        attributes=("Workgroup.WorkgroupArn",),
    ),
]

PIPELINE = [
    Case(
        "AWS::CodeCommit::Repository",
        {"RepositoryName": "repo-case", "RepositoryDescription": "d"},
        lambda aws, ref: aws("codecommit").get_repository(repositoryName="repo-case")["repositoryMetadata"],
        shows={"repositoryDescription": "d"},
        attributes=("Arn", "Name", "CloneUrlHttp"),
    ),
    Case(
        "AWS::CodeStarConnections::Connection",
        {"ConnectionName": "star-case", "ProviderType": "GitHub"},
        lambda aws, ref: aws("codestar-connections").get_connection(ConnectionArn=ref)["Connection"],
        shows={"ConnectionName": "star-case", "ProviderType": "GitHub", "ConnectionStatus": "PENDING"},
        attributes=("ConnectionArn", "ConnectionStatus"),
    ),
    Case(
        "AWS::CodeConnections::Connection",
        {"ConnectionName": "connection-case", "ProviderType": "GitLab"},
        lambda aws, ref: aws("codeconnections").get_connection(ConnectionArn=ref)["Connection"],
        shows={"ConnectionName": "connection-case", "ConnectionStatus": "PENDING"},
        attributes=("ConnectionArn", "ConnectionStatus"),
    ),
    Case(
        "AWS::CodePipeline::Pipeline",
        {
            "Name": "pipeline-case",
            "RoleArn": ROLE,
            "PipelineType": "V2",
            "ArtifactStore": {"Type": "S3", "Location": "artifacts", "EncryptionKey": {"Id": "k", "Type": "KMS"}},
            "Stages": [
                {
                    "Name": "Source",
                    "Actions": [
                        {
                            "Name": "Source",
                            "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "CodeStarSourceConnection", "Version": "1"},
                            "Configuration": {"ConnectionArn": "c", "FullRepositoryId": "o/r", "BranchName": "main", "DetectChanges": True},
                            "OutputArtifacts": [{"Name": "Src"}],
                            "RunOrder": 1,
                        }
                    ],
                },
                {
                    "Name": "Release",
                    "Actions": [
                        {
                            "Name": "Approve",
                            "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
                            "RunOrder": 1,
                        }
                    ],
                },
            ],
        },
        lambda aws, ref: aws("codepipeline").get_pipeline(name=ref)["pipeline"],
        shows={"name": "pipeline-case"},
        beside={"Role": trusting("codepipeline")},
        attributes=("Version",),
    ),
]

OTHERS = [
    Case(
        "AWS::Athena::NamedQuery",
        {"Name": "query-case", "Database": "db", "QueryString": "SELECT 1", "Description": "d"},
        lambda aws, ref: aws("athena").get_named_query(NamedQueryId=ref)["NamedQuery"],
        shows={"QueryString": "SELECT 1", "Description": "d"},
        attributes=("NamedQueryId",),
    ),
    Case(
        "AWS::Athena::DataCatalog",
        {"Name": "catalog-case", "Type": "GLUE", "Description": "d", "Parameters": {"catalog-id": ACCOUNT}},
        lambda aws, ref: aws("athena").get_data_catalog(Name=ref)["DataCatalog"],
        shows={"Type": "GLUE"},
        change={"Description": "e"},
        changed={"Description": "e"},
    ),
    Case(
        "AWS::Athena::PreparedStatement",
        {"StatementName": "statement_case", "WorkGroup": "primary", "QueryStatement": "SELECT ?"},
        lambda aws, ref: aws("athena").get_prepared_statement(StatementName=ref, WorkGroup="primary")["PreparedStatement"],
        shows={"QueryStatement": "SELECT ?"},
        change={"QueryStatement": "SELECT ? + 1"},
        changed={"QueryStatement": "SELECT ? + 1"},
    ),
    Case(
        "AWS::CloudTrail::Trail",
        {"TrailName": "trail-case", "S3BucketName": {"Ref": "Bucket"}, "IsLogging": True, "IncludeGlobalServiceEvents": True},
        lambda aws, ref: first(aws("cloudtrail").describe_trails(trailNameList=[ref])["trailList"], Name=ref),
        beside={"Bucket": ("AWS::S3::Bucket", {"BucketName": "trail-bucket-case"})},
        attributes=("Arn",),
    ),
    Case(
        "AWS::FSx::FileSystem",
        {
            "FileSystemType": "LUSTRE",
            "StorageCapacity": 1200,
            "SubnetIds": ["subnet-0123456789abcdef0"],
            "LustreConfiguration": {"DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125},
        },
        lambda aws, ref: first(aws("fsx").describe_file_systems()["FileSystems"], FileSystemId=ref),
        shows={"FileSystemType": "LUSTRE", "StorageCapacity": 1200},
        attributes=("ResourceARN",),
    ),
    Case(
        "AWS::FSx::DataRepositoryAssociation",
        {"FileSystemId": "fs-12345678", "FileSystemPath": "/a", "DataRepositoryPath": "s3://b/a"},
        lambda aws, ref: first(aws("fsx").describe_data_repository_associations()["Associations"], AssociationId=ref),
        shows={"FileSystemPath": "/a"},
        attributes=("AssociationId", "ResourceARN"),
    ),
    Case(
        "AWS::SSO::PermissionSet",
        {
            "InstanceArn": SSO_INSTANCE,
            "Name": "set-case",
            "Description": "d",
            "SessionDuration": "PT2H",
            "ManagedPolicies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "InlinePolicy": {"Version": "2012-10-17", "Statement": []},
        },
        lambda aws, ref: _permission_set(aws, ref),
        shows={
            "Description": "d",
            "policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "inline": {"Version": "2012-10-17", "Statement": []},
        },
        change={"Description": "e", "ManagedPolicies": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        changed={"Description": "e", "policies": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        attributes=("PermissionSetArn",),
    ),
    Case(
        "AWS::SSO::Assignment",
        {
            "InstanceArn": SSO_INSTANCE,
            "PermissionSetArn": {"Fn::GetAtt": ["Set", "PermissionSetArn"]},
            "PrincipalId": "11111111-2222-3333-4444-555555555555",
            "PrincipalType": "GROUP",
            "TargetId": ACCOUNT,
            "TargetType": "AWS_ACCOUNT",
        },
        lambda aws, ref: _assignments(aws),
        beside={"Set": ("AWS::SSO::PermissionSet", {"InstanceArn": SSO_INSTANCE, "Name": "assigned-case"})},
    ),
]


def _permission_set(aws, ref: str) -> dict:
    sso, this = aws("sso-admin"), {"InstanceArn": SSO_INSTANCE, "PermissionSetArn": ref.split("|")[1]}
    shown = sso.describe_permission_set(**this)["PermissionSet"]
    attached = sso.list_managed_policies_in_permission_set(**this)["AttachedManagedPolicies"]
    inline = sso.get_inline_policy_for_permission_set(**this)["InlinePolicy"]
    return {**shown, "policies": [p["Arn"] for p in attached], "inline": json.loads(inline)}


def _assignments(aws) -> list:
    found = aws("sso-admin").list_account_assignments_for_principal(
        InstanceArn=SSO_INSTANCE, PrincipalId="11111111-2222-3333-4444-555555555555", PrincipalType="GROUP"
    )
    return found["AccountAssignments"]


VPC = ("AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16"})
SUBNET = ("AWS::EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.9.1.0/24"})
GROUP = ("AWS::EC2::SecurityGroup", {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}})


def _rules(aws, description: str, member: str) -> list:
    groups = aws("ec2").describe_security_groups(Filters=[{"Name": "description", "Values": ["g"]}])["SecurityGroups"]
    return [p for g in groups for p in g[member] for r in p["IpRanges"] if r.get("Description") == description]


EC2 = [
    Case(
        "AWS::EC2::SecurityGroupIngress",
        {
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "CidrIp": "10.0.0.0/8",
            "Description": "in",
        },
        lambda aws, ref: first(_rules(aws, "in", "IpPermissions")),
        shows={"FromPort": 443},
        beside={"Vpc": VPC, "Group": GROUP},
    ),
    Case(
        "AWS::EC2::SecurityGroupEgress",
        {
            "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "CidrIp": "10.0.0.0/8",
            "Description": "out",
        },
        lambda aws, ref: first(_rules(aws, "out", "IpPermissionsEgress")),
        shows={"FromPort": 443},
        beside={"Vpc": VPC, "Group": GROUP},
    ),
    Case(
        "AWS::EC2::EIP",
        {"Domain": "vpc", "Tags": [{"Key": "a", "Value": "b"}]},
        lambda aws, ref: first(aws("ec2").describe_addresses()["Addresses"], PublicIp=ref),
        attributes=("AllocationId",),
    ),
    Case(
        "AWS::EC2::NatGateway",
        {"SubnetId": {"Ref": "Subnet"}, "AllocationId": {"Fn::GetAtt": ["Ip", "AllocationId"]}},
        lambda aws, ref: first(aws("ec2").describe_nat_gateways(NatGatewayIds=[ref])["NatGateways"], State="available"),
        beside={"Vpc": VPC, "Subnet": SUBNET, "Ip": ("AWS::EC2::EIP", {"Domain": "vpc"})},
        attributes=("NatGatewayId",),
    ),
    Case(
        "AWS::EC2::FlowLog",
        {
            "ResourceId": {"Ref": "Vpc"},
            "ResourceType": "VPC",
            "TrafficType": "REJECT",
            "LogGroupName": "refused",
            "DeliverLogsPermissionArn": ROLE,
        },
        lambda aws, ref: first(aws("ec2").describe_flow_logs()["FlowLogs"], FlowLogId=ref),
        shows={"TrafficType": "REJECT", "LogDestination": "refused"},
        beside={"Vpc": VPC, "Role": trusting("vpc-flow-logs")},
        attributes=("Id",),
    ),
    Case(
        "AWS::EC2::Volume",
        {"AvailabilityZone": "eu-west-1a", "Size": 10, "Encrypted": True},
        lambda aws, ref: first(aws("ec2").describe_volumes()["Volumes"], VolumeId=ref),
        shows={"Size": 10},
        attributes=("VolumeId",),
    ),
    Case(
        "AWS::EC2::VPCPeeringConnection",
        {"VpcId": {"Ref": "Vpc"}, "PeerVpcId": {"Ref": "Peer"}},
        lambda aws, ref: next(
            (
                c
                for c in aws("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"]
                if c["VpcPeeringConnectionId"] == ref and c["Status"]["Code"] != "deleted"
            ),
            None,
        ),
        beside={"Vpc": VPC, "Peer": ("AWS::EC2::VPC", {"CidrBlock": "10.8.0.0/16"})},
        attributes=("Id",),
    ),
    Case(
        "AWS::EC2::Instance",
        {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "SubnetId": {"Ref": "Subnet"}, "Tags": [{"Key": "Name", "Value": "i"}]},
        lambda aws, ref: next(
            (
                i
                for r in aws("ec2").describe_instances()["Reservations"]
                for i in r["Instances"]
                if i["InstanceId"] == ref and i["State"]["Name"] != "terminated"
            ),
            None,
        ),
        shows={"InstanceType": "t3.micro"},
        beside={"Vpc": VPC, "Subnet": SUBNET},
        attributes=("InstanceId", "PrivateIp"),
    ),
]

BACKUP = [
    Case(
        "AWS::Backup::BackupSelection",
        {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": ["*"]}},
        lambda aws, ref: first(
            aws("backup").list_backup_selections(BackupPlanId=ref.split("_")[1])["BackupSelectionsList"], SelectionId=ref.split("_")[0]
        ),
        shows={"SelectionName": "s"},
        beside={
            "Role": trusting("backup"),
            "Plan": (
                "AWS::Backup::BackupPlan",
                {"BackupPlan": {"BackupPlanName": "p", "BackupPlanRule": [{"RuleName": "r", "TargetBackupVault": "v"}]}},
            ),
        },
        attributes=("SelectionId", "BackupPlanId"),
    ),
]

CASES = [*BACKUP, *GLUE, *LAKE_FORMATION, *QUICKSIGHT, *DATABREW, *EMR, *REDSHIFT, *PIPELINE, *OTHERS, *EC2]
