"""The stacks of ../golang written by hand with the CDK in Python, on the same
Cfn types and with the same construct ids, so that the templates are equal.

CDK_OUTDIR=out python app.py 10
"""

from __future__ import annotations

import json
import sys

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

PARTITION, REGION, ACCOUNT_ID = cdk.Aws.PARTITION, cdk.Aws.REGION, cdk.Aws.ACCOUNT_ID

FILL_DATABASE = [
    *("glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetTableVersion", "glue:GetTableVersions"),
    *("glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition", "glue:GetPartitionIndexes"),
    *("glue:CreateTable", "glue:UpdateTable", "glue:CreatePartition", "glue:BatchCreatePartition"),
    *("glue:UpdatePartition", "glue:BatchUpdatePartition", "glue:CreatePartitionIndex"),
]


def arn(service: str, resource: str) -> str:
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT_ID}:{resource}"


def s3(path: str) -> str:
    return f"arn:{PARTITION}:s3:::{path}"


def allow(actions: list[str], resources: list[str], condition: dict | None = None) -> dict:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def document(statements: list[dict]) -> dict:
    return {"Version": "2012-10-17", "Statement": statements}


def role(scope: Construct, id: str, statements: list[dict]) -> iam.CfnRole:
    """A role that Glue can take for this account; the job or crawler stands below it."""
    assume = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "glue.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
    }
    baseline = iam.CfnRole.PolicyProperty(policy_name="Baseline", policy_document=document(statements))
    return iam.CfnRole(scope, id, assume_role_policy_document=document([assume]), policies=[baseline])


# Glue puts the role's and the security configuration's name into the names of encrypted log groups.
GROUPS = {
    "spark": ("jobs/{0}-role/*", "jobs-*-{0}/*", "jobs/logs-v2-{0}"),
    "python": ("python-jobs/{0}-role/*", "python-jobs-*-{0}/*"),
    "crawler": ("crawlers-role/*-{0}",),
}


def logs(kind: str, lake: str) -> list[dict]:
    arns = [arn("logs", "log-group:/aws-glue/" + name.format(lake)) for name in GROUPS[kind]]
    return [
        allow(["logs:CreateLogGroup", "logs:AssociateKmsKey"], arns),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group}:log-stream:*" for group in arns]),
    ]


def use_key(key: kms.IKey) -> dict:
    return allow(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], [key.key_arn])


class Lake(cdk.Stack):
    def __init__(self, scope: Construct, lake: str) -> None:
        super().__init__(scope, lake)
        self.lake = lake
        self.key = kms.Key(self, "Key", enable_key_rotation=True)
        database = glue.CfnDatabase(
            Construct(self, "Database"),
            "Resource",
            catalog_id=ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=lake),
        )
        database.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        self.security = glue.SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=lake,
            s3_encryption=glue.S3Encryption.kms(self.key),
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(self.key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(self.key),
        )
        self.security.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{REGION}.amazonaws.com")],
                actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:/aws-glue/*")}},
            ),
            True,
        )
        jobs = [self.job("start", spark=False), self.job("join", spark=True), self.job("end", spark=False)]
        tables = ["cases", "countries", "hospitals", "people"]
        crawlers = [self.crawler(table, database.ref) for table in tables]
        self.workflow(tables, jobs + crawlers)

    def job(self, action: str, *, spark: bool) -> iam.CfnRole:
        job_role = role(
            self,
            action,
            [
                *logs("spark" if spark else "python", self.lake),
                allow(["s3:GetObject"], [s3(f"scripts/{action}.py")]),
                use_key(self.key),
            ],
        )
        size = {"worker_type": "G.1X", "number_of_workers": 2} if spark else {"max_capacity": 0.0625}
        glue.CfnJob(
            job_role,
            "Resource",
            name=f"{self.lake}_{action}",
            role=job_role.attr_arn,
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl" if spark else "pythonshell",
                python_version="3" if spark else "3.9",
                script_location=f"s3://scripts/{action}.py",
            ),
            default_arguments={"--database": self.lake, **({"--job-bookmark-option": "job-bookmark-disable"} if spark else {})},
            timeout=60,
            max_retries=0,
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=1),
            glue_version="5.1" if spark else "3.0",
            security_configuration=self.security.security_configuration_name,
            **size,
        )
        return job_role

    def crawler(self, table: str, database: str) -> iam.CfnRole:
        crawler_role = role(
            self,
            table,
            [
                *logs("crawler", self.lake),
                allow(FILL_DATABASE, [arn("glue", "catalog"), arn("glue", f"database/{database}"), arn("glue", f"table/{database}/*")]),
                allow(["s3:GetObject"], [s3(f"source/{table}/*")]),
                allow(["s3:ListBucket"], [s3("source")], {"StringLikeIfExists": {"s3:prefix": [table, f"{table}/*"]}}),
                use_key(self.key),
            ],
        )
        glue.CfnCrawler(
            crawler_role,
            "Resource",
            name=f"{self.lake}_{table}",
            role=crawler_role.attr_arn,
            database_name=database,
            targets=glue.CfnCrawler.TargetsProperty(s3_targets=[glue.CfnCrawler.S3TargetProperty(path=f"s3://source/{table}/")]),
            configuration=json.dumps(
                {"CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}, "Version": 1}, separators=(",", ":")
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"),
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(recrawl_behavior="CRAWL_EVERYTHING"),
            crawler_security_configuration=self.security.security_configuration_name,
        )
        return crawler_role

    def workflow(self, tables: list[str], made: list[Construct]) -> None:
        scope = Construct(self, "Workflow")
        workflow = glue.CfnWorkflow(scope, "Resource", name=self.lake, max_concurrent_runs=1)
        condition, action = glue.CfnTrigger.ConditionProperty, glue.CfnTrigger.ActionProperty

        def named(short: str) -> str:
            return f"{self.lake}_{short}"

        def after(*conditions: glue.CfnTrigger.ConditionProperty) -> dict:
            return {
                "type": "CONDITIONAL",
                "predicate": glue.CfnTrigger.PredicateProperty(logical="AND", conditions=list(conditions)),
            }

        def job_done(short: str) -> glue.CfnTrigger.ConditionProperty:
            return condition(logical_operator="EQUALS", job_name=named(short), state="SUCCEEDED")

        def crawled(table: str) -> glue.CfnTrigger.ConditionProperty:
            return condition(logical_operator="EQUALS", crawler_name=named(table), crawl_state="SUCCEEDED")

        triggers = {
            "join": {"actions": [action(job_name=named("join"))], **after(*map(crawled, tables))},
            "end": {"actions": [action(job_name=named("end"))], **after(job_done("join"))},
            **{t: {"actions": [action(crawler_name=named(t))], **after(job_done("start"))} for t in tables},
        }
        ordered = [(short, triggers[short]) for short in sorted(triggers)]
        ordered.append(("start", {"type": "SCHEDULED", "schedule": "cron(0 10 1 * ? *)", "actions": [action(job_name=named("start"))]}))
        last = None
        for short, props in ordered:
            name = f"t_{named(short)}"
            trigger = glue.CfnTrigger(scope, name, name=name, workflow_name=workflow.ref, start_on_creation=True, **props)
            if last:
                trigger.add_resource_dependency(last)
            else:
                trigger.node.add_dependency(*made)
            last = trigger


app = cdk.App()
for i in range(int(sys.argv[1])):
    Lake(app, f"lake{i:03d}")
app.synth()
