// Package promotion brings reports of QuickSight from one account to the next: an asset bundle is
// exported, what differs there is put over it, and it is imported; a failed import is rolled back.
package promotion

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/config"
)

// Plan is what is promoted, and what is otherwise where it goes to.
type Plan struct {
	Assets []string `json:"assets"`           // e.g. "dashboard/Fund-Analysis"; with them goes all that they need
	Prefix string   `json:"prefix,omitempty"` // put before the id of everything that is imported; may be empty

	// Readers look at the dashboards and ask the topics, owners may do everything with all that is imported: "group/NAMESPACE/NAME"
	// or "user/NAMESPACE/NAME". Both empty leave rights as they are, and what is new to its account alone.
	Readers []string `json:"readers,omitempty"`
	Owners  []string `json:"owners,omitempty"`

	DataSources    []*DataSource    `json:"dataSources,omitempty"`
	VPCConnections []*VPCConnection `json:"vpcConnections,omitempty"`
}

// DataSource is what is otherwise of a data source, by its id where it comes from.
type DataSource struct {
	ID  string `json:"id"`
	Use string `json:"use,omitempty"` // id of a data source that is there already and takes its place; then nothing else is said

	Host          string `json:"host,omitempty"` // of a database or of Redshift
	Port          int    `json:"port,omitempty"` // if zero, as it was
	Database      string `json:"database,omitempty"`
	WorkGroup     string `json:"workGroup,omitempty"` // of Athena
	Role          string `json:"role,omitempty"`      // ARN of the role that Athena is asked as
	Bucket        string `json:"bucket,omitempty"`    // of a manifest in S3
	Key           string `json:"key,omitempty"`
	Secret        string `json:"secret,omitempty"`        // ARN of the secret with the credentials
	VPCConnection string `json:"vpcConnection,omitempty"` // id of the VPC connection
}

// VPCConnection is what is otherwise of a VPC connection, by its id where it comes from.
type VPCConnection struct {
	ID  string `json:"id"`
	Use string `json:"use,omitempty"` // id of a connection that is there already and takes its place; then nothing else is said

	Subnets        []string `json:"subnets,omitempty"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
	Role           string   `json:"role,omitempty"` // ARN of the role of its network interfaces
}

const (
	wantAsset     = "TYPE/ID with a type of %s"
	wantID        = "1 to 512 letters, digits, hyphens and underscores"
	wantPrincipal = `"group/NAMESPACE/NAME" or "user/NAMESPACE/NAME"`
	patID         = `^[A-Za-z0-9_-]{1,512}$`
	patAsset      = `^(dashboard|analysis|dataset|datasource|theme|folder|topic|vpcConnection)/[A-Za-z0-9_.+-]{1,512}$`
	patPrincipal  = `^(user|group)/[A-Za-z0-9_.-]{1,64}/.+$`
	patPrefix     = `^[A-Za-z0-9_-]{0,64}$`
	patRole       = `^arn:[a-z-]+:iam::[0-9]{12}:role/.+$`
	patSecret     = `^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$`
)

// named are the types that can be asked for by name.
var named = []string{assetbundle.Dashboard, assetbundle.Analysis, assetbundle.DataSet, assetbundle.DataSource, assetbundle.Theme, assetbundle.Folder, assetbundle.Topic, assetbundle.VPCConnection}

var wantAssets = fmt.Sprintf(wantAsset, strings.Join(named, ", "))

// Fields are the keys of a plan in a configuration file.
func (p *Plan) Fields() []config.Field {
	texts := func(to *[]string, pattern, want string) config.Texts {
		return config.Texts{To: to, Each: config.Text{Pattern: pattern, Want: want}}
	}
	return []config.Field{
		{Name: "assets", Required: true, Value: texts(&p.Assets, patAsset, wantAssets), Doc: "What is promoted, e.g. dashboard/Sales; with it goes all that it needs."},
		{Name: "prefix", Value: config.Text{To: &p.Prefix, Pattern: patPrefix, Want: "at most 64 letters, digits, hyphens and underscores"},
			Doc: "Put before the id of everything that is imported. If left out, ids stay."},
		{Name: "readers", Value: texts(&p.Readers, patPrincipal, wantPrincipal), Doc: "Who looks at the dashboards: group/NAMESPACE/NAME. If readers and owners are left out, rights stay."},
		{Name: "owners", Value: texts(&p.Owners, patPrincipal, wantPrincipal), Doc: "Who may do everything with all that is imported: group/NAMESPACE/NAME."},
		{Name: "dataSources", Doc: "Data sources that are otherwise there.", Value: config.List{Each: func() []config.Field {
			s := &DataSource{}
			p.DataSources = append(p.DataSources, s)
			return s.fields()
		}}},
		{Name: "vpcConnections", Doc: "VPC connections that are otherwise there.", Value: config.List{Each: func() []config.Field {
			v := &VPCConnection{}
			p.VPCConnections = append(p.VPCConnections, v)
			return v.fields()
		}}},
	}
}

func text(name string, to *string, pattern, want, doc string) config.Field {
	return config.Field{Name: name, Value: config.Text{To: to, Pattern: pattern, Want: want}, Doc: doc}
}

func required(f config.Field) config.Field { f.Required = true; return f }

func (s *DataSource) fields() []config.Field {
	return []config.Field{
		required(text("id", &s.ID, patID, wantID, "Id of the data source where it comes from.")),
		text("use", &s.Use, patID, wantID, "Id of a data source that is there already and takes its place. Then it is the only key beside id."),
		text("host", &s.Host, `^[^/: ]{1,256}$`, "the name of a host, without scheme and port", "Host of the database there. If left out, as it was."),
		{Name: "port", Value: config.Number{To: &s.Port, Least: 1, Most: 65535}, Doc: "Port of the database there. If left out, as it was."},
		text("database", &s.Database, "", "", "Name of the database there. If left out, as it was."),
		text("workGroup", &s.WorkGroup, "", "", "Athena's workgroup there. If left out, as it was."),
		text("role", &s.Role, patRole, "the ARN of a role", "Role that Athena is asked as there. If left out, as it was."),
		text("bucket", &s.Bucket, "", "", "Bucket of the manifest there. If left out, as it was."),
		text("key", &s.Key, "", "", "Key of the manifest there. If left out, as it was."),
		text("secret", &s.Secret, patSecret, "the ARN of a secret of Secrets Manager", "Secret with the credentials there; a bundle never has any."),
		text("vpcConnection", &s.VPCConnection, patID, wantID, "Id of the VPC connection there. If left out, as it was."),
	}
}

func (v *VPCConnection) fields() []config.Field {
	return []config.Field{
		required(text("id", &v.ID, patID, wantID, "Id of the VPC connection where it comes from.")),
		text("use", &v.Use, patID, wantID, "Id of a connection that is there already and takes its place. Then it is the only key beside id."),
		{Name: "subnets", Value: config.Texts{To: &v.Subnets, Each: config.Text{Pattern: `^subnet-[0-9a-f]+$`, Want: "subnet- and hexadecimal digits"}}, Doc: "Subnets of its interfaces there, two at least."},
		{Name: "securityGroups", Value: config.Texts{To: &v.SecurityGroups, Each: config.Text{Pattern: `^sg-[0-9a-f]+$`, Want: "sg- and hexadecimal digits"}}, Doc: "Security groups of its interfaces there."},
		text("role", &v.Role, patRole, "the ARN of a role", "Role of its interfaces there. If left out, as it was."),
	}
}

// Validate reports every fault in the plan as a [check.Fault].
func (p Plan) Validate() error {
	faults := check.Of("promotion.Plan")
	p.Check(faults, "")
	return faults.Err()
}

// ValidateOverrides is [Plan.Validate] of a plan for a bundle that says itself what is in it.
func (p Plan) ValidateOverrides() error {
	faults := check.Of("promotion.Plan")
	p.checkOverrides(faults, "")
	return faults.Err()
}

// Check records every fault in the plan, with at before its fields.
func (p Plan) Check(faults *check.Faults, at string) {
	faults.Want(len(p.Assets) > 0, at+"Assets", len(p.Assets), "one asset at least")
	for i, name := range p.Assets {
		like(faults, fmt.Sprintf("%sAssets[%d]", at, i), name, patAsset, wantAssets)
	}
	p.checkOverrides(faults, at)
}

func (p Plan) checkOverrides(faults *check.Faults, at string) {
	like(faults, at+"Prefix", p.Prefix, patPrefix, "at most 64 letters, digits, hyphens and underscores")
	for i, to := range p.Readers {
		like(faults, fmt.Sprintf("%sReaders[%d]", at, i), to, patPrincipal, wantPrincipal)
		faults.Want(!slices.Contains(p.Owners, to), fmt.Sprintf("%sReaders[%d]", at, i), to, "somebody who is no owner too")
	}
	for i, to := range p.Owners {
		like(faults, fmt.Sprintf("%sOwners[%d]", at, i), to, patPrincipal, wantPrincipal)
	}
	sources := map[string]bool{}
	for i, s := range p.DataSources {
		s.check(faults, fmt.Sprintf("%sDataSources[%d]", at, i), sources)
	}
	connections := map[string]bool{}
	for i, v := range p.VPCConnections {
		v.check(faults, fmt.Sprintf("%sVPCConnections[%d]", at, i), connections)
	}
}

func like(faults *check.Faults, field, got, pattern, want string) {
	faults.Want(regexp.MustCompile(pattern).MatchString(got), field, got, want)
}

func (s DataSource) check(faults *check.Faults, at string, seen map[string]bool) {
	faults.Want(regexp.MustCompile(patID).MatchString(s.ID) && !seen[s.ID], at+".ID", s.ID, wantID+" that no other has")
	seen[s.ID] = true
	if s.Use != "" {
		like(faults, at+".Use", s.Use, patID, wantID)
		faults.Want(s == DataSource{ID: s.ID, Use: s.Use}, at+".Use", s.Use, "nothing else said, for that data source stays as it is")
		return
	}
	faults.Want(s != DataSource{ID: s.ID}, at, s.ID, "something that is otherwise there")
	faults.Want(s.Port >= 0 && s.Port <= 65535, at+".Port", s.Port, "1 to 65535, or 0 for what it was")
	faults.Want(s.Secret == "" || regexp.MustCompile(patSecret).MatchString(s.Secret), at+".Secret", s.Secret, "the ARN of a secret of Secrets Manager")
	faults.Want(s.Role == "" || regexp.MustCompile(patRole).MatchString(s.Role), at+".Role", s.Role, "the ARN of a role")
}

func (v VPCConnection) check(faults *check.Faults, at string, seen map[string]bool) {
	faults.Want(regexp.MustCompile(patID).MatchString(v.ID) && !seen[v.ID], at+".ID", v.ID, wantID+" that no other has")
	seen[v.ID] = true
	said := len(v.Subnets)+len(v.SecurityGroups) > 0 || v.Role != ""
	if v.Use != "" {
		like(faults, at+".Use", v.Use, patID, wantID)
		faults.Want(!said, at+".Use", v.Use, "nothing else said, for that connection stays as it is")
		return
	}
	faults.Want(said, at, v.ID, "something that is otherwise there")
	faults.Want(len(v.Subnets) != 1, at+".Subnets", len(v.Subnets), "two subnets at least, or none for those it had")
	faults.Want(v.Role == "" || regexp.MustCompile(patRole).MatchString(v.Role), at+".Role", v.Role, "the ARN of a role")
}

// Prepare takes out of the bundle what others are used in the place of, and says what of the plan is for nothing
// in the bundle. arn gives the ARNs of the account that the bundle goes to.
func (p Plan) Prepare(bundle *assetbundle.Bundle, arn func(resource string) string) error {
	faults := check.Of("promotion.Plan")
	needed := connections(bundle)
	replace := func(field, kind, id, use string) {
		ids := map[string]bool{}
		for _, name := range bundle.Names(kind) {
			ids[strings.TrimPrefix(name, kind+"/")] = true
		}
		if !ids[id] {
			all := slices.Sorted(maps.Keys(ids))
			faults.Want(false, field, id, check.Suggest("the id of a "+kind+" in the bundle", id, all))
			return
		}
		if use != "" {
			bundle.Remove(kind + "/" + id)
			bundle.Point(kind+"/"+id, arn(kind+"/"+use))
		}
	}
	for i, s := range p.DataSources {
		replace(fmt.Sprintf("DataSources[%d].ID", i), assetbundle.DataSource, s.ID, s.Use)
	}
	for i, v := range p.VPCConnections {
		replace(fmt.Sprintf("VPCConnections[%d].ID", i), assetbundle.VPCConnection, v.ID, v.Use)
	}
	left := connections(bundle)
	for _, name := range needed {
		if !slices.Contains(left, name) {
			bundle.Remove(name) // only what is replaced went by it
		}
	}
	return faults.Err()
}

// connections are the VPC connections of the bundle that something in it goes by.
func connections(bundle *assetbundle.Bundle) []string {
	return slices.DeleteFunc(bundle.Names(assetbundle.VPCConnection), func(name string) bool { return bundle.Uses(name) == 0 })
}
