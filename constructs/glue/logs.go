package glue

import (
	"fmt"

	"github.com/lakekeel/lakekeel/internal/policy"
)

// A logFamily is where Glue writes the logs of one kind of thing, after /aws-glue/.
type logFamily struct {
	plain     []string // without a security configuration
	encrypted []string // with one, whose name stands for %s
}

// The names of encrypted groups hold that of the role, which CloudFormation makes up.
// The API's page on LogGroupName gives the form jobs-ROLE-CONFIGURATION
// (https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html); accounts have
// jobs/CONFIGURATION-role/ROLE, and crawlers-role/ROLE-CONFIGURATION.
var (
	sparkLogs = logFamily{
		plain:     []string{"jobs/output", "jobs/error", "jobs/logs-v2"},
		encrypted: []string{"jobs/%s-role/*", "jobs-*-%s/*", "jobs/logs-v2-%s"},
	}
	shellLogs = logFamily{
		plain:     []string{"python-jobs/output", "python-jobs/error"},
		encrypted: []string{"python-jobs/%s-role/*", "python-jobs-*-%s/*"},
	}
	crawlerLogs = logFamily{
		plain:     []string{"crawlers"},
		encrypted: []string{"crawlers-role/*-%s"},
	}
)

// rights are what a job or crawler needs to write its logs. If there is a security
// configuration, Glue associates its key with the groups in the role's name.
func (f logFamily) rights(security *SecurityConfiguration) []policy.Statement {
	h := policy.Here()
	groups := f.plain
	if security != nil {
		groups = nil
		for _, form := range f.encrypted {
			groups = append(groups, fmt.Sprintf(form, security.Name))
		}
	}
	var names, streams []string
	for _, group := range groups {
		arn := h.Arn("logs", "log-group:/aws-glue/"+group)
		names, streams = append(names, arn), append(streams, arn+":log-stream:*")
	}
	manage := []string{"logs:CreateLogGroup"}
	reason := ""
	if security != nil {
		manage = append(manage, "logs:AssociateKmsKey")
		reason = "Glue puts the name of the role, which CloudFormation makes up, into the name of an encrypted log group"
	}
	return []policy.Statement{
		{Actions: manage, Resources: names, Wildcard: reason},
		{
			Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resources: streams,
			Wildcard: "a log stream is named after a run, which does not exist yet",
		},
	}
}

// network is what Glue needs in a VPC, where a connection puts a job or crawler.
// Describe actions and the making of an interface have no narrower form than "*";
// the interface's removal and its tags are bound to Glue's own tag, as in
// https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html.
func network(connections []string) []policy.Statement {
	if len(connections) == 0 {
		return nil
	}
	h := policy.Here()
	arns := []string{h.Arn("glue", "catalog")}
	for _, name := range connections {
		arns = append(arns, h.Arn("glue", "connection/"+name))
	}
	own := h.Arn("ec2", "network-interface/*")
	return []policy.Statement{
		{Actions: []string{"glue:GetConnection", "glue:GetConnections"}, Resources: arns},
		{
			Actions: []string{
				"ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
				"ec2:DescribeSubnets", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints",
			},
			Resources: []string{"*"},
			Wildcard:  "EC2 has no narrower form of its Describe actions",
		},
		{
			Actions: []string{"ec2:CreateNetworkInterface"},
			Resources: []string{
				own, h.Arn("ec2", "subnet/*"), h.Arn("ec2", "security-group/*"),
			},
			Wildcard: "the subnet and security group stand in the connection, and the interface does not exist yet",
		},
		{
			Actions:   []string{"ec2:CreateTags"},
			Resources: []string{own},
			Conditions: map[string]any{
				"ForAllValues:StringEquals": map[string]any{"aws:TagKeys": []string{"aws-glue-service-resource"}},
			},
			Wildcard: "the network interface does not exist yet; only Glue's own tag can be set",
		},
		{
			Actions:    []string{"ec2:DeleteNetworkInterface"},
			Resources:  []string{own},
			Conditions: map[string]any{"StringLike": map[string]any{"aws:ResourceTag/aws-glue-service-resource": "*"}},
			Wildcard:   "the network interface does not exist yet; only one with Glue's own tag can be deleted",
		},
	}
}
