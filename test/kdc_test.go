package test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/stacks/kdc"
)

func TestKDC(t *testing.T) {
	stack := kdc.New(awscdk.NewApp(nil), "Kdc", kdc.Props{
		Realm: "EMR.EXAMPLE.COM", Project: "lakehouse", Certificates: "s3://certificates/emr.zip", Cluster: &kdc.Cluster{Masters: 3, Workers: 4},
	}).Stack
	cdktest.Nag(t, stack)
	template := cdktest.Synth(t, stack)
	t.Run("EMR's settings name one host, which is the balancer's name", func(t *testing.T) {
		template.Has(t, "AWS::EMR::SecurityConfiguration", cdktest.Props{"SecurityConfiguration": cdktest.Props{
			"AuthenticationConfiguration": cdktest.Props{"KerberosConfiguration": cdktest.Props{
				"Provider": "ExternalKdc", "ExternalKdcConfiguration": cdktest.Props{
					"KdcServer": "kdc.emr.example.com:88", "AdminServer": "kdc.emr.example.com:749", "KdcServerType": "Single", "TicketLifetimeInHours": 24,
				},
			}},
		}})
		template.Has(t, "AWS::Route53::HostedZone", cdktest.Props{"Name": "kdc.emr.example.com"})
	})
	t.Run("the cluster waits for nodes that serve, and each of its machines runs the proxy", func(t *testing.T) {
		id := template.Has(t, "AWS::EMR::Cluster", cdktest.Props{"ReleaseLabel": "emr-7.13.0"})
		cluster := template.Resources[id]
		waits := strings.Join(cluster.DependsOn, " ")
		if !strings.Contains(waits, "KdcNodesGroup") || !strings.Contains(waits, "KdcNameRecord") {
			t.Errorf("it waits for %s", waits)
		}
		if script := kerberosText(t, cluster.Properties["BootstrapActions"]); !strings.Contains(script, kerberos.NodeDigest()) {
			t.Errorf("it runs %s", script)
		}
	})
	t.Run("EMR may touch the network, which has its tag", func(t *testing.T) {
		for id, subnet := range template.Of("AWS::EC2::Subnet") {
			if !strings.Contains(kerberosText(t, subnet.Properties["Tags"]), "for-use-with-amazon-emr-managed-policies") {
				t.Errorf("%s has no tag for EMR", id)
			}
		}
	})
	t.Run("everything has the project's tag", func(t *testing.T) {
		for _, kind := range []string{"AWS::EC2::VPC", "AWS::EMR::Cluster", "AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"} {
			for id, r := range template.Of(kind) {
				if !strings.Contains(kerberosText(t, r.Properties["Tags"]), `{"Key":"project","Value":"lakehouse"}`) {
					t.Errorf("%s has no tag project", id)
				}
			}
		}
	})
	t.Run("is the template last reviewed", func(t *testing.T) { template.Golden(t, "test/testdata/kdc.json") })
}
