// Package kdc deploys a Kerberos realm for EMR: a KDC of several nodes that outlives any of
// them, the network that it is in, and a cluster that uses it.
package kdc

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/emr"
	"github.com/lakekeel/lakekeel/constructs/kerberos"
	"github.com/lakekeel/lakekeel/constructs/lake"
)

// KDC holds the stack and what others need of it.
type KDC struct {
	Stack    awscdk.Stack
	KDC      *kerberos.KDC
	Security *emr.SecurityConfiguration // for clusters of other stacks too
	Cluster  *emr.Cluster               // nil if the props ask for none
}

// New defines the stack. It panics with the error of [Props.Validate] if the props are not
// sound.
func New(scope constructs.Construct, id string, props Props) *KDC {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	props = props.orDefaults()
	stack := awscdk.NewStack(scope, &id, &awscdk.StackProps{
		Env: props.Env, Description: jsii.String("Kerberos realm " + props.Realm + ": a highly available KDC, and EMR"),
	})
	if props.Project != "" {
		awscdk.Tags_Of(stack).Add(jsii.String("project"), &props.Project, nil)
	}
	if props.DestroyData {
		lake.AllowDestroy(stack)
	}
	key := lake.NewKey(stack, "Key", lake.KeyProps{Description: "Kerberos realm " + props.Realm + ": disks, secrets, dumps and logs", DestroyData: true})
	network := kerberos.NewNetwork(stack, "Network", props.network(key.Key))
	if network.Construct != nil {
		// EMR's service policy touches a network only if it has the tag.
		awscdk.Tags_Of(network.Construct).Add(jsii.String(emr.Tag), jsii.String("true"), nil)
	}
	k := &KDC{Stack: stack}
	k.KDC = kerberos.NewKDC(stack, "Kdc", props.kdc(network, key.Key))
	client := k.KDC.Client()
	k.Security = emr.NewSecurityConfiguration(stack, "Security", props.security(client.Server, client.Admin, key.Key))
	if props.Cluster != nil {
		k.addCluster(network, client, k.newLogs(key).URL("emr/"), *props.Cluster)
	}
	for _, o := range []struct{ name, value string }{
		{"Realm", client.Realm}, {"KdcServer", client.Server}, {"AdminServer", client.Admin}, {"ClientGroup", client.Group},
		{"AdminSecret", client.AdminSecret}, {"SecurityConfiguration", k.Security.Name}, {"NodeDigest", kerberos.NodeDigest()},
	} {
		awscdk.NewCfnOutput(stack, &o.name, &awscdk.CfnOutputProps{Value: &o.value})
	}
	return k
}

// newLogs is the bucket that clusters write their logs into.
func (k *KDC) newLogs(key *lake.Key) *lake.Bucket {
	return lake.NewBucket(k.Stack, "Logs", lake.BucketProps{
		Key: key.Key, AccessLogs: lake.NewAccessLogs(k.Stack, "AccessLogs", lake.AccessLogsProps{}), DestroyData: true,
		Temporary: map[string]time.Duration{"emr/": 90 * 24 * time.Hour},
	})
}

// addCluster makes the cluster, whose nodes log in as soon as they start: not before the
// KDC serves.
func (k *KDC) addCluster(network *kerberos.Network, client kerberos.Client, logs string, settings Cluster) {
	props := settings.props(*k.Stack.StackName(), client.Realm)
	props.VPC, props.Subnet, props.ClientGroup, props.Logs = network.VPC, network.Subnets[0], client.Group, logs
	props.Security, props.KdcAdmin = k.Security, emr.SecretValue{ARN: client.AdminSecret, Field: client.AdminField}
	props.Bootstraps = []emr.Bootstrap{{Name: "kdc-client", Script: client.Bootstrap, Arguments: client.BootstrapArguments, Reads: []string{client.Bundle}}}
	props.Dependencies = k.KDC.Ready()
	k.Cluster = emr.NewCluster(k.Stack, "Cluster", props)
}
