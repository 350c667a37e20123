package emr

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/lakekeel/lakekeel/internal/check/checktest"
)

// someKey is a key to Validate, which asks no more than whether there is one.
type someKey struct{ awskms.IKey }

func TestSecurityConfigurationPropsValidate(t *testing.T) {
	security := func(change func(*SecurityConfigurationProps)) error {
		p := SecurityConfigurationProps{KDC: KDC{Server: "kdc.example.internal:88", Admin: "kdc.example.internal:749"}, Key: someKey{}}
		change(&p)
		return p.Validate()
	}
	trust := func(change func(*Trust)) error {
		t := Trust{Realm: "AD.EXAMPLE.COM", Domain: "ad.example.com", Server: "dc1.ad.example.com"}
		change(&t)
		return security(func(p *SecurityConfigurationProps) { p.KDC.Trust = &t })
	}
	checktest.Case(t, "the least that can be said", security(func(*SecurityConfigurationProps) {}), "")
	checktest.Case(t, "a trust", trust(func(*Trust) {}), "")
	checktest.Case(t, "certificates and a long ticket", security(func(p *SecurityConfigurationProps) {
		p.Certificates, p.KDC.TicketLifetime = "s3://b-1/tls.zip", 168*time.Hour
	}), "")
	checktest.Case(t, "no key", security(func(p *SecurityConfigurationProps) { p.Key = nil }), `emr.SecurityConfigurationProps.Key is <nil>; want a KMS key`)
	checktest.Case(t, "no port", security(func(p *SecurityConfigurationProps) { p.KDC.Server = "kdc.example.internal" }),
		`emr.SecurityConfigurationProps.KDC.Server is "kdc.example.internal"; want one host and its port, e.g. "kdc.example.internal:88"`)
	checktest.Case(t, "two hosts, which EMR does not take", security(func(p *SecurityConfigurationProps) { p.KDC.Server = "a.internal:88,b.internal:88" }),
		`emr.SecurityConfigurationProps.KDC.Server is "a.internal:88,b.internal:88"; want one host and its port, e.g. "kdc.example.internal:88"`)
	checktest.Case(t, "a port that is none", security(func(p *SecurityConfigurationProps) { p.KDC.Admin = "kdc.internal:74900" }),
		`emr.SecurityConfigurationProps.KDC.Admin is "kdc.internal:74900"; want one host and its port, e.g. "kdc.example.internal:749"`)
	checktest.Case(t, "a ticket of minutes", security(func(p *SecurityConfigurationProps) { p.KDC.TicketLifetime = 90 * time.Minute }),
		`emr.SecurityConfigurationProps.KDC.TicketLifetime is 1h30m0s; want whole hours from 1h to 168h, or 0 for 24h`)
	checktest.Case(t, "a trust of a realm in lower case", trust(func(t *Trust) { t.Realm = "ad.example.com" }),
		`emr.SecurityConfigurationProps.KDC.Trust.Realm is "ad.example.com"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "AD.EXAMPLE.COM"`)
	checktest.Case(t, "a trust of a domain in capitals", trust(func(t *Trust) { t.Domain = "AD.EXAMPLE.COM" }), `emr.SecurityConfigurationProps.KDC.Trust.Domain is "AD.EXAMPLE.COM"; want a domain in small letters, e.g. "ad.example.com"`)
	checktest.Case(t, "a trust without server", trust(func(t *Trust) { t.Server = "" }), `emr.SecurityConfigurationProps.KDC.Trust.Server is ""; want the host name of a domain controller`)
	checktest.Case(t, "certificates that are no zip", security(func(p *SecurityConfigurationProps) { p.Certificates = "s3://b-1/tls.pem" }),
		`emr.SecurityConfigurationProps.Certificates is "s3://b-1/tls.pem"; want the S3 URL of a zip, e.g. "s3://bucket/certificates.zip", or nothing`)
}

func TestClusterPropsValidate(t *testing.T) {
	secret := SecretValue{ARN: "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:kdc/main/admin-AbCdEf", Field: "admin_password"}
	cluster := func(change func(*ClusterProps)) error {
		p := ClusterProps{
			Name: "lake", VPC: "vpc-0123456789abcdef0", Subnet: "subnet-0123456789abcdef0", ClientGroup: "sg-0123456789abcdef0",
			Security: &SecurityConfiguration{}, Realm: "EMR.EXAMPLE.COM", KdcAdmin: secret, Logs: "s3://logs/emr/",
		}
		change(&p)
		return p.Validate()
	}
	join := &Join{User: "joiner", Password: secret, PrincipalPassword: secret}
	trusting := &SecurityConfiguration{Props: SecurityConfigurationProps{KDC: KDC{Trust: &Trust{}}}}
	checktest.Case(t, "the least that can be said", cluster(func(*ClusterProps) {}), "")
	checktest.Case(t, "three masters that join a domain", cluster(func(p *ClusterProps) { p.Masters, p.Security, p.Join = 3, trusting, join }), "")
	checktest.Case(t, "no name", cluster(func(p *ClusterProps) { p.Name = "" }), `emr.ClusterProps.Name is ""; want 1 to 256 characters`)
	checktest.Case(t, "a release before EMR 7", cluster(func(p *ClusterProps) { p.Release = "emr-6.15.0" }), `emr.ClusterProps.Release is "emr-6.15.0"; want a release of EMR 7 such as emr-7.13.0`)
	checktest.Case(t, "a release of EMR on EKS", cluster(func(p *ClusterProps) { p.Release = "emr-7.13.0-latest" }), `emr.ClusterProps.Release is "emr-7.13.0-latest"; want a release of EMR 7 such as emr-7.13.0`)
	checktest.Case(t, "an application that is misspelt", cluster(func(p *ClusterProps) { p.Applications = []string{"Hadoop", "Sparc"} }), `emr.ClusterProps.Applications[1] is "Sparc"; want an application of EMR 7; nearest is "Spark"`)
	checktest.Case(t, "two masters", cluster(func(p *ClusterProps) { p.Masters = 2 }), `emr.ClusterProps.Masters is 2; want 1 or 3, or 0 for 1`)
	checktest.Case(t, "too many workers", cluster(func(p *ClusterProps) { p.Workers = 2001 }), `emr.ClusterProps.Workers is 2001; want 1 to 2000, or 0 for 2`)
	checktest.Case(t, "a worker type that is none", cluster(func(p *ClusterProps) { p.WorkerType = "G.1X" }), `emr.ClusterProps.WorkerType is "G.1X"; want an instance type such as "m6i.xlarge"`)
	checktest.Case(t, "a master type that is none", cluster(func(p *ClusterProps) { p.MasterType = "xlarge" }), `emr.ClusterProps.MasterType is "xlarge"; want an instance type such as "m6i.xlarge"`)
	checktest.Case(t, "a small disk", cluster(func(p *ClusterProps) { p.DiskGiB = 16 }), `emr.ClusterProps.DiskGiB is 16; want 32 to 16384 GiB, or 0 for 128`)
	checktest.Case(t, "no network", cluster(func(p *ClusterProps) { p.VPC, p.Subnet = "", "" }), `emr.ClusterProps.VPC is ""; want the id of a VPC, e.g. "vpc-0123456789abcdef0"
emr.ClusterProps.Subnet is ""; want the id of one private subnet, e.g. "subnet-0123456789abcdef0"`)
	checktest.Case(t, "a cluster that the KDC lets nothing in from", cluster(func(p *ClusterProps) { p.ClientGroup = "" }), `emr.ClusterProps.ClientGroup is ""; want the id of a security group, e.g. "sg-0123456789abcdef0"`)
	checktest.Case(t, "logs that are no folder", cluster(func(p *ClusterProps) { p.Logs = "s3://logs/emr" }), `emr.ClusterProps.Logs is "s3://logs/emr"; want a folder in S3, e.g. "s3://bucket/emr/"`)
	checktest.Case(t, "no security configuration", cluster(func(p *ClusterProps) { p.Security = nil }), `emr.ClusterProps.Security is <nil>; want a security configuration`)
	checktest.Case(t, "a realm in lower case", cluster(func(p *ClusterProps) { p.Realm = "emr.example.com" }), `emr.ClusterProps.Realm is "emr.example.com"; want a realm in capitals, e.g. "EXAMPLE.COM"; nearest is "EMR.EXAMPLE.COM"`)
	checktest.Case(t, "a password in plain text", cluster(func(p *ClusterProps) { p.KdcAdmin.ARN = "hunter2" }), `emr.ClusterProps.KdcAdmin.ARN is "hunter2"; want the ARN of a secret; a password itself would stand in the template`)
	checktest.Case(t, "a field with a colon, which ends a dynamic reference", cluster(func(p *ClusterProps) { p.KdcAdmin.Field = "a:b" }), `emr.ClusterProps.KdcAdmin.Field is "a:b"; want a field of the secret's JSON, e.g. "password"`)
	checktest.Case(t, "a join without a trust", cluster(func(p *ClusterProps) { p.Join = join }), `emr.ClusterProps.Join is true; want who joins the domain, exactly if the security configuration has a trust`)
	checktest.Case(t, "a trust without a join", cluster(func(p *ClusterProps) { p.Security = trusting }), `emr.ClusterProps.Join is false; want who joins the domain, exactly if the security configuration has a trust`)
	checktest.Case(t, "a join of nobody", cluster(func(p *ClusterProps) {
		p.Security, p.Join = trusting, &Join{Password: secret, PrincipalPassword: secret}
	}), `emr.ClusterProps.Join.User is ""; want a user of the domain`)
	checktest.Case(t, "a bootstrap script that is no URL", cluster(func(p *ClusterProps) {
		p.Bootstraps = []Bootstrap{{Name: "x", Script: "client.sh", Reads: []string{"y"}}}
	}),
		`emr.ClusterProps.Bootstraps[0].Script is "client.sh"; want the S3 URL of a script
emr.ClusterProps.Bootstraps[0].Reads[0] is "y"; want the S3 URL of a file`)
	checktest.Case(t, "an idle time of seconds", cluster(func(p *ClusterProps) { p.IdleTimeout = 30 * time.Second }), `emr.ClusterProps.IdleTimeout is 30s; want whole seconds from 1m to 168h, or 0 for never`)
}

func TestAPasswordIsAReference(t *testing.T) {
	got := *SecretValue{ARN: "ARN", Field: "admin_password"}.reference()
	if got != "{{resolve:secretsmanager:ARN:SecretString:admin_password}}" || strings.Contains(got, " ") {
		t.Errorf("%s is no dynamic reference", got)
	}
}
