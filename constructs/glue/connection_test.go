package glue

import "testing"

func TestConnectionPropsValidate(t *testing.T) {
	const (
		url    = "jdbc:mysql://db.example.com:3306/DBDEV"
		secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds-AbCdEf"
	)
	with := func(change func(*ConnectionProps)) ConnectionProps {
		p := ConnectionProps{Name: "Trade-Analysis", URL: url, Secret: secret, Subnet: "subnet-0123456789abcdef0", Zone: "eu-west-1a", Groups: []string{"sg-01234567"}}
		change(&p)
		return p
	}
	runFaults(t, map[string]faultCase{
		"a connection": {with(func(p *ConnectionProps) { p.SecretKey = "arn:aws-cn:kms:cn-north-1:123456789012:key/1-2" }), ""},
		"tokens": {with(func(p *ConnectionProps) {
			p.URL, p.Secret, p.Subnet, p.Zone, p.Groups = "jdbc:mysql://${Token[A.1]}:${Token[A.2]}/DBDEV", "${Token[A.3]}", "${Token[A.4]}", "${Token[A.5]}", []string{"${Token[A.6]}"}
		}), ""},
		"nothing": {ConnectionProps{}, `glue.ConnectionProps.Name is ""; want 1 to 255 bytes on a single line, in plain text
glue.ConnectionProps.URL is ""; want jdbc:ENGINE://HOST:PORT/DATABASE
glue.ConnectionProps.Secret is ""; want the ARN of a secret, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME
glue.ConnectionProps.Subnet is ""; want the id of a subnet, e.g. "subnet-0123456789abcdef0"
glue.ConnectionProps.Zone is ""; want the subnet's zone, e.g. "eu-west-1a"
glue.ConnectionProps.Groups is []; want 1 to 50 security groups`},
		"a URL that is not JDBC's": {with(func(p *ConnectionProps) { p.URL = "mysql://db/DBDEV" }), `glue.ConnectionProps.URL is "mysql://db/DBDEV"; want jdbc:ENGINE://HOST:PORT/DATABASE`},
		"a password in the URL": {with(func(p *ConnectionProps) { p.URL = url + "?user=root&password=x" }),
			`glue.ConnectionProps.URL is "one with a user or password"; want jdbc:ENGINE://HOST:PORT/DATABASE alone; what is secret stands in Secret`},
		"a user in the URL": {with(func(p *ConnectionProps) { p.URL = "jdbc:mysql://root:x@db/DBDEV" }),
			`glue.ConnectionProps.URL is "one with a user or password"; want jdbc:ENGINE://HOST:PORT/DATABASE alone; what is secret stands in Secret`},
		"a secret's name": {with(func(p *ConnectionProps) { p.Secret = "rds" }), `glue.ConnectionProps.Secret is "rds"; want the ARN of a secret, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`},
		"a key's alias":   {with(func(p *ConnectionProps) { p.SecretKey = "alias/x" }), `glue.ConnectionProps.SecretKey is "alias/x"; want the ARN of a KMS key, or nothing`},
		"a group's name":  {with(func(p *ConnectionProps) { p.Groups = []string{"sg-01234567", "default"} }), `glue.ConnectionProps.Groups[1] is "default"; want the id of a security group, e.g. "sg-0123456789abcdef0"`},
		"a region":        {with(func(p *ConnectionProps) { p.Zone = "eu-west-1" }), `glue.ConnectionProps.Zone is "eu-west-1"; want the subnet's zone, e.g. "eu-west-1a"`},
	})
}
