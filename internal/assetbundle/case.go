package assetbundle

import (
	"strings"
	"unicode"
)

// maps are the members whose keys are data: ids of tables and steps, paths of folders, names of parameters. What
// else the service's model has as a map is a test's to find (test/endpoint/test_quicksight.py).
var maps = map[string]bool{
	"PhysicalTableMap": true, "LogicalTableMap": true, "SourceTableMap": true, "TransformStepMap": true, "DestinationTableMap": true, "TableMap": true,
	"FieldFolders": true, "AggregationFunctionParameters": true, "TypeParameters": true,
}

// irregular are the members of the service's calls that are not what a bundle has with the first letter made large.
var irregular = map[string]string{
	"fmkbParameters": "FMKBParameters", "iamParameters": "IAMParameters", "kpiOptions": "KPIOptions", "kpiVisual": "KPIVisual",
	"uiColorPalette": "UIColorPalette", "urlOperation": "URLOperation", "urlStyling": "URLStyling", "urlTarget": "URLTarget", "urlTemplate": "URLTemplate",
	"vpcConnectionId": "VPCConnectionId", "highlightOperation": "highlightOperation",
}

// Properties are the members as the service's calls and CloudFormation have them: DataSetId, not dataSetId.
func (a Asset) Properties() map[string]any {
	return upper(a.Body).(map[string]any)
}

// Of is the asset of a type whose members are named as the service's calls name them.
func Of(kind string, properties map[string]any) Asset {
	a := Asset{Type: kind, Body: lower(properties).(map[string]any)}
	a.ID = a.id()
	return a
}

func upper(v any) any {
	return renamed(v, func(name string) string {
		if other, is := irregular[name]; is {
			return other
		}
		return strings.ToUpper(name[:1]) + name[1:]
	})
}

// lower makes the first letter small, and of an acronym all but that of the next word: KPIVisual becomes kpiVisual.
func lower(v any) any {
	return renamed(v, func(name string) string {
		capitals := len(name) - len(strings.TrimLeft(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		if capitals > 1 && capitals < len(name) && unicode.IsLower(rune(name[capitals])) {
			capitals--
		} else {
			capitals = min(capitals, 1)
		}
		return strings.ToLower(name[:capitals]) + name[capitals:]
	})
}

// renamed gives the members of objects other names, and leaves the keys of maps alone.
func renamed(v any, name func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			if key == "" {
				continue
			}
			member := name(key)
			object, isObject := inner.(map[string]any)
			if isObject && (maps[member] || maps[key]) {
				below := make(map[string]any, len(object))
				for k, value := range object {
					below[k] = renamed(value, name)
				}
				out[member] = below
				continue
			}
			out[member] = renamed(inner, name)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = renamed(inner, name)
		}
		return out
	}
	return v
}
