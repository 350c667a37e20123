// The stacks of ../golang written by hand with the CDK in TypeScript, on the same
// Cfn types and with the same construct ids, so that the templates are equal.
//
//   CDK_OUTDIR=out node app.js 10
import * as cdk from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

const { PARTITION, REGION, ACCOUNT_ID } = cdk.Aws;
const arn = (service: string, resource: string) => `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
const s3 = (path: string) => `arn:${PARTITION}:s3:::${path}`;

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string[];
  readonly Resource: string[];
  readonly Condition?: Record<string, unknown>;
}

function allow(actions: string[], resources: string[], condition?: Record<string, unknown>): Statement {
  return { Effect: 'Allow', Action: actions, Resource: resources, ...(condition && { Condition: condition }) };
}

const document = (Statement: unknown[]) => ({ Version: '2012-10-17', Statement });

/** A role that Glue can take for this account; the job or crawler stands below it. */
function role(scope: Construct, id: string, statements: Statement[]): iam.CfnRole {
  return new iam.CfnRole(scope, id, {
    assumeRolePolicyDocument: document([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'glue.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT_ID } },
    }]),
    policies: [{ policyName: 'Baseline', policyDocument: document(statements) }],
  });
}

/** Glue puts the role's and the security configuration's name into the names of encrypted log groups. */
const groups = {
  spark: (lake: string) => [`jobs/${lake}-role/*`, `jobs-*-${lake}/*`, `jobs/logs-v2-${lake}`],
  python: (lake: string) => [`python-jobs/${lake}-role/*`, `python-jobs-*-${lake}/*`],
  crawler: (lake: string) => [`crawlers-role/*-${lake}`],
};

function logs(names: string[]): Statement[] {
  const arns = names.map((name) => arn('logs', `log-group:/aws-glue/${name}`));
  return [
    allow(['logs:CreateLogGroup', 'logs:AssociateKmsKey'], arns),
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arns.map((group) => `${group}:log-stream:*`)),
  ];
}

const useKey = (key: kms.IKey) => allow(['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'], [key.keyArn]);

const fillDatabase = [
  'glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetTableVersion', 'glue:GetTableVersions',
  'glue:GetPartition', 'glue:GetPartitions', 'glue:BatchGetPartition', 'glue:GetPartitionIndexes',
  'glue:CreateTable', 'glue:UpdateTable', 'glue:CreatePartition', 'glue:BatchCreatePartition',
  'glue:UpdatePartition', 'glue:BatchUpdatePartition', 'glue:CreatePartitionIndex',
];

class Lake extends cdk.Stack {
  private readonly key: kms.Key;
  private readonly security: glue.SecurityConfiguration;

  constructor(scope: Construct, private readonly lake: string) {
    super(scope, lake);
    this.key = new kms.Key(this, 'Key', { enableKeyRotation: true });
    const database = new glue.CfnDatabase(new Construct(this, 'Database'), 'Resource', {
      catalogId: ACCOUNT_ID,
      databaseInput: { name: lake },
    });
    database.applyRemovalPolicy(cdk.RemovalPolicy.RETAIN);
    this.security = new glue.SecurityConfiguration(this, 'Security', {
      securityConfigurationName: lake,
      s3Encryption: glue.S3Encryption.kms(this.key),
      cloudWatchEncryption: glue.CloudWatchEncryption.kms(this.key),
      jobBookmarksEncryption: glue.JobBookmarksEncryption.clientSideKms(this.key),
    });
    this.security.applyRemovalPolicy(cdk.RemovalPolicy.DESTROY);
    this.key.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${REGION}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': arn('logs', 'log-group:/aws-glue/*') } },
    }), true);
    const start = this.job('start', false);
    const join = this.job('join', true);
    const end = this.job('end', false);
    const tables = ['cases', 'countries', 'hospitals', 'people'];
    const crawlers = tables.map((table) => this.crawler(table, database.ref));
    this.workflow(tables, [start, join, end, ...crawlers]);
  }

  private job(action: string, spark: boolean): iam.CfnRole {
    const jobRole = role(this, action, [
      ...logs(groups[spark ? 'spark' : 'python'](this.lake)),
      allow(['s3:GetObject'], [s3(`scripts/${action}.py`)]),
      useKey(this.key),
    ]);
    new glue.CfnJob(jobRole, 'Resource', {
      name: `${this.lake}_${action}`,
      role: jobRole.attrArn,
      command: {
        name: spark ? 'glueetl' : 'pythonshell',
        pythonVersion: spark ? '3' : '3.9',
        scriptLocation: `s3://scripts/${action}.py`,
      },
      defaultArguments: { '--database': this.lake, ...(spark && { '--job-bookmark-option': 'job-bookmark-disable' }) },
      timeout: 60,
      maxRetries: 0,
      executionProperty: { maxConcurrentRuns: 1 },
      glueVersion: spark ? '5.1' : '3.0',
      ...(spark ? { workerType: 'G.1X', numberOfWorkers: 2 } : { maxCapacity: 0.0625 }),
      securityConfiguration: this.security.securityConfigurationName,
    });
    return jobRole;
  }

  private crawler(table: string, database: string): iam.CfnRole {
    const crawlerRole = role(this, table, [
      ...logs(groups.crawler(this.lake)),
      allow(fillDatabase, [arn('glue', 'catalog'), arn('glue', `database/${database}`), arn('glue', `table/${database}/*`)]),
      allow(['s3:GetObject'], [s3(`source/${table}/*`)]),
      allow(['s3:ListBucket'], [s3('source')], { StringLikeIfExists: { 's3:prefix': [table, `${table}/*`] } }),
      useKey(this.key),
    ]);
    new glue.CfnCrawler(crawlerRole, 'Resource', {
      name: `${this.lake}_${table}`,
      role: crawlerRole.attrArn,
      databaseName: database,
      targets: { s3Targets: [{ path: `s3://source/${table}/` }] },
      configuration: JSON.stringify({ CrawlerOutput: { Partitions: { AddOrUpdateBehavior: 'InheritFromTable' } }, Version: 1 }),
      schemaChangePolicy: { updateBehavior: 'UPDATE_IN_DATABASE', deleteBehavior: 'LOG' },
      recrawlPolicy: { recrawlBehavior: 'CRAWL_EVERYTHING' },
      crawlerSecurityConfiguration: this.security.securityConfigurationName,
    });
    return crawlerRole;
  }

  private workflow(tables: string[], made: Construct[]) {
    const scope = new Construct(this, 'Workflow');
    const workflow = new glue.CfnWorkflow(scope, 'Resource', { name: this.lake, maxConcurrentRuns: 1 });
    const named = (action: string) => `${this.lake}_${action}`;
    const afterJob = (action: string) => ({ logicalOperator: 'EQUALS', jobName: named(action), state: 'SUCCEEDED' });
    const crawled = (table: string) => ({ logicalOperator: 'EQUALS', crawlerName: named(table), crawlState: 'SUCCEEDED' });
    const triggers: Record<string, Partial<glue.CfnTriggerProps> & Pick<glue.CfnTriggerProps, 'actions'>> = {
      join: { actions: [{ jobName: named('join') }], predicate: { logical: 'AND', conditions: tables.map(crawled) } },
      end: { actions: [{ jobName: named('end') }], predicate: { logical: 'AND', conditions: [afterJob('join')] } },
    };
    for (const table of tables) {
      triggers[table] = { actions: [{ crawlerName: named(table) }], predicate: { logical: 'AND', conditions: [afterJob('start')] } };
    }
    let last: glue.CfnTrigger | undefined;
    const add = (action: string, props: Partial<glue.CfnTriggerProps> & Pick<glue.CfnTriggerProps, 'actions'>) => {
      const name = `t_${named(action)}`;
      const next = new glue.CfnTrigger(scope, name, {
        type: 'CONDITIONAL', ...props, name, workflowName: workflow.ref, startOnCreation: true,
      });
      if (last) next.addResourceDependency(last);
      else next.node.addDependency(...made);
      last = next;
    };
    Object.keys(triggers).sort().forEach((action) => add(action, triggers[action]));
    add('start', { type: 'SCHEDULED', schedule: 'cron(0 10 1 * ? *)', actions: [{ jobName: named('start') }] });
  }
}

const app = new cdk.App();
for (let i = 0; i < Number(process.argv[2]); i++) {
  new Lake(app, `lake${String(i).padStart(3, '0')}`);
}
app.synth();
