package kerberos_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/kerberos"
)

// A realm of three nodes in a network of its own.
func Example() {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Realm"), nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	network := kerberos.NewNetwork(stack, "Network", kerberos.NetworkProps{Zones: []string{"eu-west-1a", "eu-west-1b"}, Key: key})
	kdc := kerberos.NewKDC(stack, "Kdc", kerberos.KDCProps{Name: "lake", Realm: "LAKE.EXAMPLE.COM", Network: network, Key: key, Nodes: 3})
	awscdk.NewCfnOutput(stack, jsii.String("Krb5Conf"), &awscdk.CfnOutputProps{Value: jsii.String(kdc.Client().Krb5Conf(false))})
}
