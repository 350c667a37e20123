package redshiftrls

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// Props says which database is protected, and how.
type Props struct {
	Cluster string // identifier of a provisioned cluster; this or Workgroup

	Workgroup    string // name of a workgroup of Redshift Serverless; this or Cluster
	WorkgroupArn string // its ARN, which holds an id and not the name; with Workgroup only

	Database string // name of the database, 1 to 127 bytes

	// Secret holds the user and password that the function signs in with. Nil: it signs
	// in by IAM, as the user that Redshift makes of its role.
	Secret awssecretsmanager.ISecret

	Policies []Policy
	Tables   []Table // at least one
}

// transaction is how many statements the Data API takes in one transaction, Sqls of
// https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html
const transaction = 40

var (
	clusterName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`) // 1 to 63
	workgroup    = regexp.MustCompile(`^[a-z0-9-]{3,64}$`)             // of CreateWorkgroup
	workgroupArn = regexp.MustCompile(`^arn:aws(-[a-z]+)*:redshift-serverless:[a-z0-9-]+:[0-9]{12}:workgroup/[0-9a-f-]+$`)
)

// Validate reports every fault as a [check.Fault].
func (p Props) Validate() error {
	faults := check.Of("redshiftrls.Props")
	p.validateTarget(faults)
	policies := map[string]Policy{}
	for i, policy := range p.Policies {
		at := fmt.Sprintf("Policies[%d]", i)
		policy.validate(faults, at)
		_, twice := policies[policy.Name]
		faults.Want(!twice, at+".Name", policy.Name, "a name that no other policy has")
		policies[policy.Name] = policy
	}
	faults.Want(len(p.Tables) > 0, "Tables", "empty", "at least one table")
	p.validateTables(faults, policies)
	if count := p.statements(); count > transaction {
		faults.Want(false, "", fmt.Sprintf("%d statements", count),
			fmt.Sprintf("at most %d, which is what one transaction takes: put tables that share no policy into a construct of their own", transaction))
	}
	return faults.Err()
}

func (p Props) validateTarget(faults *check.Faults) {
	faults.Want((p.Cluster == "") != (p.Workgroup == ""), "Cluster", p.Cluster, "a cluster's identifier, or Workgroup, and not both")
	if p.Cluster != "" && !policy.HasToken(p.Cluster) {
		faults.Want(clusterName.MatchString(p.Cluster) && len(p.Cluster) <= 63, "Cluster", p.Cluster, "1 to 63 lower-case letters, digits and single hyphens")
	}
	if p.Workgroup != "" {
		faults.Want(policy.HasToken(p.Workgroup) || workgroup.MatchString(p.Workgroup), "Workgroup", p.Workgroup, "3 to 64 lower-case letters, digits and hyphens")
		faults.Want(policy.HasToken(p.WorkgroupArn) || workgroupArn.MatchString(p.WorkgroupArn), "WorkgroupArn", p.WorkgroupArn, "the ARN of the workgroup")
	} else {
		faults.Want(p.WorkgroupArn == "", "WorkgroupArn", p.WorkgroupArn, "nothing without Workgroup")
	}
	faults.Want(p.Database != "" && len(p.Database) <= nameBytes, "Database", p.Database, "a name of 1 to 127 bytes")
}

func (p Props) validateTables(faults *check.Faults, policies map[string]Policy) {
	names, attached, protected := []string{}, map[string]bool{}, map[string]bool{}
	for _, policy := range p.Policies {
		names = append(names, policy.Name)
	}
	for i, t := range p.Tables {
		at := fmt.Sprintf("Tables[%d]", i)
		_, _, ok := table(t.Name)
		faults.Want(ok, at+".Name", t.Name, wantTable)
		faults.Want(!protected[t.Name], at+".Name", t.Name, "a table that is not named before")
		protected[t.Name] = true
		faults.Want(t.Conjunction == And || t.Conjunction == Or, at+".Conjunction", string(t.Conjunction), "And or Or")
		faults.Want(len(t.Attach) > 0, at+".Attach", "empty", "at least one policy; with none, nobody but superusers sees a row")
		aliases, pairs := map[string]string{}, map[string]bool{}
		for j, a := range t.Attach {
			here := fmt.Sprintf("%s.Attach[%d]", at, j)
			policy, known := policies[a.Policy]
			faults.Want(known, here+".Policy", a.Policy, check.Suggest("the Name of one of Policies", a.Policy, names))
			attached[a.Policy] = true
			if known {
				aliases[policy.Alias] = policy.Name
			}
			validateGrantees(faults, here, a, pairs)
		}
		faults.Want(len(aliases) < 2, at+".Attach", strings.Join(slices.Sorted(maps.Values(aliases)), ", "), "policies with one and the same Alias, as Redshift wants on one table")
	}
	for i, policy := range p.Policies {
		faults.Want(attached[policy.Name], fmt.Sprintf("Policies[%d].Name", i), policy.Name, "a policy that is attached to a table")
		for j, lookup := range policy.Lookups {
			faults.Want(!protected[lookup], fmt.Sprintf("Policies[%d].Lookups[%d]", i, j), lookup, "a table without row-level security, but it is one of Tables")
		}
	}
}

func validateGrantees(faults *check.Faults, at string, a Attachment, pairs map[string]bool) {
	faults.Want(len(a.To) > 0, at+".To", "empty", "at least one of Role(…), User(…) and Public()")
	for i, to := range a.To {
		here := fmt.Sprintf("%s.To[%d]", at, i)
		pair := a.Policy + " " + to.String()
		faults.Want(to.kind == "public" || to.kind != "" && isName(to.name), here, to.String(), "Role(…) or User(…) with "+wantName+", or Public()")
		faults.Want(!pairs[pair], here, to.String(), "one to whom "+a.Policy+" is not attached before")
		pairs[pair] = true
	}
}

// statements is how many it takes to make all of it in an empty database.
func (p Props) statements() int {
	count := len(p.Policies) + len(p.Tables)
	for _, policy := range p.Policies {
		count += len(policy.Lookups)
	}
	for _, t := range p.Tables {
		policies := map[string]bool{}
		for _, a := range t.Attach {
			policies[a.Policy] = true
		}
		count += len(policies)
	}
	return count
}

// Rows is the row-level security of some tables of a database.
type Rows struct {
	Construct constructs.Construct
	Role      awsiam.Role // what the function runs as
	Resource  awscdk.CfnResource
}

// functionCode stands in the template as it is in the file: no asset, nothing to build.
//
//go:embed function/index.py
var functionCode string

// functionTimeout is how long a change may take, in seconds: the longest that Lambda allows.
const functionTimeout = 900

// New defines the row-level security that props describe. It panics with what
// [Props.Validate] returns.
func New(scope constructs.Construct, id string, props Props) *Rows {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	construct := constructs.NewConstruct(scope, &id)
	logs := awslogs.NewLogGroup(construct, jsii.String("Log"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY, // holds the statements that were run, none of the data
	})
	rights := append(props.rights(), policy.Statement{
		Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: []string{*logs.LogGroupArn()},
	})
	role := awsiam.NewRole(construct, jsii.String("Role"), &awsiam.RoleProps{
		Description:    jsii.String("Brings row-level security to Redshift (" + props.Database + ")"),
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: policy.Inline("Baseline", rights),
	})
	policy.ExplainWildcards(role.Node().DefaultChild().(awscdk.CfnResource), rights)
	if props.Secret != nil {
		props.Secret.GrantRead(role, nil)
	}
	function := awslambda.NewCfnFunction(construct, jsii.String("Function"), &awslambda.CfnFunctionProps{
		Description:   jsii.String("Applies row-level security for CloudFormation"),
		Code:          &awslambda.CfnFunction_CodeProperty{ZipFile: &functionCode},
		Handler:       jsii.String("index.handler"),
		Runtime:       jsii.String("python3.14"),
		Role:          role.RoleArn(),
		Timeout:       jsii.Number(functionTimeout),
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs.LogGroupName()},
		Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: map[string]any{"CONNECTION": policy.Text(props.connection())}},
	})
	resource := awscdk.NewCfnResource(construct, jsii.String("Resource"), &awscdk.CfnResourceProps{
		Type: jsii.String("Custom::RowLevelSecurity"),
		Properties: &map[string]any{
			"ServiceToken":   function.AttrArn(),
			"ServiceTimeout": functionTimeout,
			"Desired":        policy.Text(props.desired()),
		},
	})
	// The role's grants must be there before the function is asked, and as long as it is.
	resource.Node().AddDependency(role)
	return &Rows{Construct: construct, Role: role, Resource: resource}
}

// connection is what every call of the Data API says of where it runs.
func (p Props) connection() map[string]any {
	connection := map[string]any{"Database": p.Database}
	if p.Cluster != "" {
		connection["ClusterIdentifier"] = p.Cluster
	} else {
		connection["WorkgroupName"] = p.Workgroup
	}
	if p.Secret != nil {
		connection["SecretArn"] = *p.Secret.SecretArn()
	}
	return connection
}

// rights are what the function may do, by
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
func (p Props) rights() []policy.Statement {
	target, sign := p.WorkgroupArn, policy.Statement{Actions: []string{"redshift-serverless:GetCredentials"}, Resources: []string{p.WorkgroupArn}}
	if p.Cluster != "" {
		target = policy.Here().Arn("redshift", "cluster:"+p.Cluster)
		sign = policy.Statement{
			Actions:   []string{"redshift:GetClusterCredentialsWithIAM"},
			Resources: []string{policy.Here().Arn("redshift", "dbname:"+p.Cluster+"/"+p.Database)},
		}
	}
	rights := []policy.Statement{
		{Actions: []string{"redshift-data:BatchExecuteStatement"}, Resources: []string{target}},
		{
			Actions:    []string{"redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:CancelStatement"},
			Resources:  []string{"*"},
			Conditions: map[string]any{"StringEquals": map[string]any{"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
			Wildcard:   "These actions have no resource; the condition allows those statements that the function itself has started",
		},
	}
	if p.Secret == nil {
		rights = append(rights, sign)
	}
	return rights
}

// desired is what the function reads; see function/index.py.
func (p Props) desired() map[string]any {
	policies, tables := []any{}, []any{}
	for _, policy := range p.Policies {
		columns, lookups := [][]string{}, [][]string{}
		for _, c := range policy.Columns {
			columns = append(columns, []string{c.Name, c.Type})
		}
		for _, lookup := range policy.Lookups {
			schema, name, _ := table(lookup)
			lookups = append(lookups, []string{schema, name})
		}
		policies = append(policies, map[string]any{
			"name": policy.Name, "columns": columns, "alias": policy.Alias, "using": policy.Using, "lookups": lookups,
		})
	}
	for _, t := range p.Tables {
		attach := [][]string{}
		for _, a := range t.Attach {
			for _, to := range a.To {
				attach = append(attach, []string{a.Policy, to.kind, to.name})
			}
		}
		schema, name, _ := table(t.Name)
		conjunction := "and"
		if t.Conjunction == Or {
			conjunction = "or"
		}
		tables = append(tables, map[string]any{
			"schema": schema, "name": name, "conjunction": conjunction, "open_on_removal": t.OpenOnRemoval, "attach": attach,
		})
	}
	return map[string]any{"policies": policies, "tables": tables}
}
