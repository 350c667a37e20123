package kerberos

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/bundle"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// nodeFiles are what a node is made of: the very files that `lakekeel prove kdc` runs.
//
//go:embed node
var nodeFiles embed.FS

// NodeFiles are the files of a node, by their names.
func NodeFiles() fs.FS {
	files, err := fs.Sub(nodeFiles, "node")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}

// NodeDigest is the SHA-256 of the bundle that nodes fetch, in hex. It stands in every
// template with a KDC, in the launch template's user data, so whoever has run the files
// can say whether a deployed KDC runs the same: `lakekeel prove kdc` prints it.
func NodeDigest() string { return bundle.Digest(nodeBundle()) }

func nodeBundle() []byte {
	data, err := bundle.Zip(NodeFiles())
	if err != nil {
		panic(fmt.Errorf("bundling the node's files: %w", err)) // memory only
	}
	return data
}

// newAsset makes an asset of a file that is not on disk. The CDK copies it into the cloud
// assembly at once, so it need be there for that moment only.
func newAsset(scope constructs.Construct, id, name string, content []byte) awss3assets.Asset {
	dir, err := os.MkdirTemp("", "lakekeel-")
	if err != nil {
		panic(fmt.Errorf("asset %s: %w", name, err))
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		panic(fmt.Errorf("asset %s: %w", name, err))
	}
	return awss3assets.NewAsset(scope, &id, &awss3assets.AssetProps{Path: &file})
}

// addFiles puts the files where nodes and clients fetch them.
func (k *KDC) addFiles() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("NodeFiles"))
	k.bundleURL = *newAsset(scope, "Bundle", "kdc-node.zip", nodeBundle()).S3ObjectUrl()
	script, err := fs.ReadFile(NodeFiles(), "client.sh")
	if err != nil {
		panic(err) // the folder is embedded
	}
	k.clientScript = *newAsset(scope, "Client", "client.sh", script).S3ObjectUrl()
}

// settings are what all nodes have in common: those of node/settings.py but for a node's
// own name and address. None is secret.
func (k *KDC) settings() map[string]any {
	secrets := make([]string, len(k.secrets))
	for i, secret := range k.secrets {
		secrets[i] = *secret.Ref()
	}
	return map[string]any{
		"realm": k.props.Realm, "domain": k.props.Domain, "region": policy.Here().Region,
		"table": *k.lease.Ref(), "cluster": k.props.Name, "secrets": secrets, "lease_seconds": leaseSeconds,
		"state": stateFolder, "log": logFolder, "lockout": k.props.Lockout,
		"backup": backupFolder, "backup_minutes": backupMinutes, "metrics": metricNamespace, "log_group": *k.log.Ref(),
	}
}

// userDataBody is what is the same on every node of every KDC.
//
//go:embed userdata.sh
var userDataBody string

// userData fetches the bundle, refuses any other, installs it, and reports the node as
// serving when its own health check, a real login, says so.
func (k *KDC) userData(group string) string {
	settings, err := json.MarshalIndent(k.settings(), "", " ")
	if err != nil {
		panic(fmt.Errorf("settings of the nodes: %w", err)) // strings, numbers and booleans always have JSON
	}
	here := policy.Here()
	var out strings.Builder
	out.WriteString("#!/bin/bash\n")
	for _, v := range [][2]string{
		{"bundle", k.bundleURL}, {"digest", NodeDigest()}, {"folder", bundleFolder}, {"mount", k.files.mount}, {"backup", backupFolder}, {"stack_file", stackFile},
		{"health", fmt.Sprintf(":%d%s", healthPort, healthPath)}, {"tries", fmt.Sprint(startMinutes * 60 / 5)},
		{"AWS_DEFAULT_REGION", here.Region}, {"group", k.groupName()}, {"hook", launchingHook},
		{"stack", *awscdk.Aws_STACK_NAME()}, {"resource", group},
	} {
		fmt.Fprintf(&out, "%s='%s'\n", v[0], v[1])
	}
	fmt.Fprintf(&out, "settings='%s'\n", settings)
	out.WriteString(userDataBody)
	return out.String()
}

func (k *KDC) groupName() string { return "kdc-" + k.props.Name }

// addNodes makes the nodes with their role and what they run.
func (k *KDC) addNodes() {
	scope := constructs.NewConstruct(k.Construct, jsii.String("Nodes"))
	k.Role = k.newNodeRole(scope)
	template := k.newLaunchTemplate(scope)
	group := k.newGroup(scope, template)
	group.Node().AddDependency(slices.Concat(k.props.Network.ways, k.balancer.listeners, k.files.ready)...)
	k.ready = append(k.ready, group)
	// The nodes tell CloudFormation the group's logical id, which is there only now.
	logicalID := *awscdk.Stack_Of(k.Construct).GetLogicalId(group)
	template.AddPropertyOverride(jsii.String("LaunchTemplateData.UserData"), awscdk.Fn_Base64(jsii.String(k.userData(logicalID))))
}
