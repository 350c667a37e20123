// Package batch makes several resources in one call to Node.
//
// A call from Go to the CDK costs about as much CPU as the CDK takes for the resource
// that it makes, a good part of it because jsii looks at each value of a policy by
// itself. Here a construct's resources go over as one text of JSON, and a few lines of
// JavaScript (module/index.js, a jsii package like the CDK's own) make the same objects
// from it that the calls would: the tree, aspects, cdk-nag and templates cannot tell
// the difference. docs/benchmarks.md says what it saves.
package batch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/jsii"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go/runtime"
)

// A Resource is one construct of a batch.
type Resource struct {
	Type string `json:"type"` // by jsii's name, e.g. "aws-cdk-lib.aws_glue.CfnJob"
	ID   string `json:"id"`

	// Props are the CDK's props of the type, or nil. They are written as JSON, so they
	// hold plain values and tokens in strings, numbers and lists, but no objects of the
	// CDK and no members of its enums.
	Props any `json:"props"`

	Metadata map[string]any       `json:"metadata,omitempty"` // in the template, beside the properties
	Removal  awscdk.RemovalPolicy `json:"removal,omitempty"`  // if empty, CloudFormation's own

	After int  `json:"after,omitempty"` // index of the resource of the batch to make after; if zero, none
	Waits bool `json:"waits,omitempty"` // be made after what is given to [Make] to wait for, too
}

// Group is a construct that only holds the others.
func Group(id string) Resource { return Resource{Type: "constructs.Construct", ID: id} }

// Made stands for an attribute of an earlier resource of the batch, e.g. "ref" or
// "attrArn", as the whole value of a property.
func Made(index int, attribute string) string { return fmt.Sprintf("${Made[%d].%s}", index, attribute) }

// Make makes the resources in their order: the first in scope, all others below the
// first. It returns the first, and the Ref of the last, if it has one. Like the CDK's own
// constructors it panics with the CDK's message if a resource cannot be made.
func Make(scope constructs.Construct, resources []Resource, waits ...constructs.IDependable) (holder constructs.Construct, ref string) {
	load()
	text, err := json.Marshal(resources)
	if err != nil {
		panic(fmt.Errorf("batch of %s %s: %w", resources[0].Type, resources[0].ID, err))
	}
	if waits == nil {
		waits = []constructs.IDependable{} // null would be no list to jsii
	}
	var made []any
	runtime.StaticInvoke(name+".Batch", "make", []any{scope, string(text), waits}, &made)
	ref, _ = made[1].(string)
	return made[0].(constructs.Construct), ref
}

// Allow adds a statement, as JSON, to the policy of a resource of the CDK that has one,
// such as a key or a bucket. An imported one stays as it is. The CDK's own way takes
// five calls: for the principal, the statement, the addition and what that returns.
func Allow(resource constructs.IConstruct, statement map[string]any) {
	load()
	text, err := json.Marshal(statement)
	if err != nil {
		panic(fmt.Errorf("statement of a policy: %w", err))
	}
	runtime.StaticInvokeVoid(name+".Batch", "allow", []any{resource, string(text)})
}

// What module/package.json says.
const name, version = "lakekeel-batch", "1.0.0"

//go:embed module
var module embed.FS

// load gives Node the module; jsii does it once in a process.
func load() {
	jsii.Initialize()
	runtime.Load(name, version, pack())
}

// pack is the module as npm would pack it.
var pack = sync.OnceValue(func() []byte {
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	archive := tar.NewWriter(compressed)
	for _, file := range []struct{ name, as string }{{"package.json", "package.json"}, {"jsii.json", ".jsii"}, {"index.js", "index.js"}} {
		content, err := module.ReadFile("module/" + file.name)
		if err == nil {
			err = archive.WriteHeader(&tar.Header{Name: "package/" + file.as, Mode: 0o644, Size: int64(len(content))})
		}
		if err == nil {
			_, err = archive.Write(content)
		}
		if err != nil {
			panic(err) // embedded files into memory
		}
	}
	if archive.Close() != nil || compressed.Close() != nil {
		panic("batch: the module cannot be packed")
	}
	return packed.Bytes()
})
