package transfer

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/quicksight/types"

	"github.com/lakekeel/lakekeel/constructs/quicksight/rights"
	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/jsontree"
	"github.com/lakekeel/lakekeel/internal/promotion"
)

// overrides are what is otherwise in the account that a bundle comes to; nil if nothing is.
func overrides(c *cloud.Cloud, bundle *assetbundle.Bundle, plan promotion.Plan) (*types.AssetBundleImportJobOverrideParameters, error) {
	out := &types.AssetBundleImportJobOverrideParameters{}
	if plan.Prefix != "" {
		out.ResourceIdOverrideConfiguration = &types.AssetBundleImportJobResourceIdOverrideConfiguration{PrefixForAllResources: &plan.Prefix}
	}
	for _, s := range plan.DataSources {
		if s.Use != "" {
			continue
		}
		made, err := dataSource(c, bundle, s)
		if err != nil {
			return nil, err
		}
		out.DataSources = append(out.DataSources, made)
	}
	for _, v := range plan.VPCConnections {
		if v.Use == "" {
			out.VPCConnections = append(out.VPCConnections, types.AssetBundleImportJobVPCConnectionOverrideParameters{
				VPCConnectionId: &v.ID, SubnetIds: v.Subnets, SecurityGroupIds: v.SecurityGroups, RoleArn: text(v.Role),
			})
		}
	}
	if reflect.ValueOf(*out).IsZero() {
		return nil, nil
	}
	return out, nil
}

// text is a pointer to s, or nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func dataSource(c *cloud.Cloud, bundle *assetbundle.Bundle, s *promotion.DataSource) (types.AssetBundleImportJobDataSourceOverrideParameters, error) {
	out := types.AssetBundleImportJobDataSourceOverrideParameters{DataSourceId: &s.ID}
	asset, _ := bundle.Find(assetbundle.DataSource + "/" + s.ID) // Plan.Prepare has looked
	var err error
	if out.DataSourceParameters, err = parameters(s, jsontree.Of(asset.Properties()).At("DataSourceParameters")); err != nil {
		return out, err
	}
	if s.Secret != "" {
		out.Credentials = &types.AssetBundleImportJobDataSourceCredentials{SecretArn: &s.Secret}
	}
	if s.VPCConnection != "" {
		out.VpcConnectionProperties = &types.VpcConnectionProperties{VpcConnectionArn: aws.String(arnOf(c, assetbundle.VPCConnection+"/"+s.VPCConnection))}
	}
	return out, nil
}

// kinds are the parameters of data sources that can be otherwise, by the member that holds them.
var kinds = map[string]func(body []byte) (types.DataSourceParameters, error){
	"AthenaParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberAthenaParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"MySqlParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberMySqlParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"MariaDbParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberMariaDbParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"PostgreSqlParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberPostgreSqlParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"AuroraParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberAuroraParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"AuroraPostgreSqlParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberAuroraPostgreSqlParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"RedshiftParameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberRedshiftParameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
	"S3Parameters": func(b []byte) (types.DataSourceParameters, error) {
		p := &types.DataSourceParametersMemberS3Parameters{}
		return p, json.Unmarshal(b, &p.Value)
	},
}

// parameters are a data source's parameters as they were, with what the plan says laid over them; nil if it
// says nothing of them. The service takes them as a whole.
func parameters(s *promotion.DataSource, was jsontree.Node) (types.DataSourceParameters, error) {
	wanted := jsontree.Object("Host", s.Host, "Port", jsontree.When(s.Port > 0, s.Port), "Database", s.Database, "WorkGroup", s.WorkGroup, "RoleArn", s.Role,
		"ManifestFileLocation", jsontree.Object("Bucket", s.Bucket, "Key", s.Key))
	if len(wanted) == 0 {
		return nil, nil
	}
	member := was.Only()
	make, known := kinds[member]
	if !known {
		return nil, fmt.Errorf("data source %q has %q, of which a plan can change nothing; use one that is there in its place", s.ID, member)
	}
	body, err := json.Marshal(jsontree.Merge(was.At(member).Object(), wanted))
	if err != nil {
		return nil, err
	}
	made, err := make(body)
	if err != nil {
		return nil, fmt.Errorf("data source %q: %w", s.ID, err)
	}
	if lost := lost(wanted, made); lost != "" {
		return nil, fmt.Errorf("data source %q has %s, which have no %s", s.ID, member, lost)
	}
	return made, nil
}

// lost is a member that the parameters of the kind do not have, or "".
func lost(wanted map[string]any, made types.DataSourceParameters) string {
	value := reflect.ValueOf(made).Elem().FieldByName("Value")
	for _, member := range jsontree.Of(wanted).Keys() {
		if !value.FieldByName(member).IsValid() {
			return member
		}
	}
	return ""
}

// permissions are the rights of readers and owners, for the kinds of assets that are in the bundle; nil if the plan has neither.
func permissions(c *cloud.Cloud, bundle *assetbundle.Bundle, plan promotion.Plan) *types.AssetBundleImportJobOverridePermissions {
	if len(plan.Readers)+len(plan.Owners) == 0 {
		return nil
	}
	out := &types.AssetBundleImportJobOverridePermissions{}
	all := []string{"*"}
	for _, g := range grants(c, plan) {
		on := func(kind rights.Kind, assets string) *types.AssetBundleResourcePermissions {
			actions := rights.Of(kind, g.role)
			if len(actions) == 0 || len(bundle.Names(assets)) == 0 {
				return nil
			}
			return &types.AssetBundleResourcePermissions{Principals: g.principals, Actions: actions}
		}
		if p := on(rights.DataSource, assetbundle.DataSource); p != nil {
			out.DataSources = append(out.DataSources, types.AssetBundleImportJobDataSourceOverridePermissions{DataSourceIds: all, Permissions: p})
		}
		if p := on(rights.DataSet, assetbundle.DataSet); p != nil {
			out.DataSets = append(out.DataSets, types.AssetBundleImportJobDataSetOverridePermissions{DataSetIds: all, Permissions: p})
		}
		if p := on(rights.Theme, assetbundle.Theme); p != nil && g.role == rights.Owner { // a dashboard's readers need no rights to its theme
			out.Themes = append(out.Themes, types.AssetBundleImportJobThemeOverridePermissions{ThemeIds: all, Permissions: p})
		}
		if p := on(rights.Analysis, assetbundle.Analysis); p != nil {
			out.Analyses = append(out.Analyses, types.AssetBundleImportJobAnalysisOverridePermissions{AnalysisIds: all, Permissions: p})
		}
		if p := on(rights.Dashboard, assetbundle.Dashboard); p != nil {
			out.Dashboards = append(out.Dashboards, types.AssetBundleImportJobDashboardOverridePermissions{DashboardIds: all, Permissions: p})
		}
		if p := on(rights.Folder, assetbundle.Folder); p != nil {
			out.Folders = append(out.Folders, types.AssetBundleImportJobFolderOverridePermissions{FolderIds: all, Permissions: p})
		}
	}
	return out
}

type grant struct {
	role       rights.Role
	principals []string // ARNs
}

// grants are who gets which role, without the roles that nobody gets.
func grants(c *cloud.Cloud, plan promotion.Plan) []grant {
	arns := func(names []string) []string {
		out := make([]string, len(names))
		for i, name := range names {
			out[i] = arnOf(c, strings.TrimSpace(name))
		}
		return out
	}
	both := []grant{{rights.Reader, arns(plan.Readers)}, {rights.Owner, arns(plan.Owners)}}
	return slices.DeleteFunc(both, func(g grant) bool { return len(g.principals) == 0 })
}
