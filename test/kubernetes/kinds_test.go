package kubernetes

import (
	"net/http"
	"testing"
)

// installKinds makes the kinds that add-ons of EKS bring, which are not part of
// Kubernetes. Their schemas are written here from their documentation, as far as the
// library uses them: that a manifest is accepted says that its fields are spelt as there,
// not that the add-on would do with it what is meant.
func installKinds(t *testing.T, s *server) {
	t.Helper()
	text := map[string]any{"type": "string"}
	texts := map[string]any{"type": "array", "items": text}
	open := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
	fields := func(of map[string]any) map[string]any { return map[string]any{"type": "object", "properties": of} }
	for _, kind := range []struct {
		group, version, name, plural, scope string
		spec                                map[string]any
	}{
		{"vpcresources.k8s.aws", "v1beta1", "SecurityGroupPolicy", "securitygrouppolicies", "Namespaced",
			fields(map[string]any{"podSelector": open, "serviceAccountSelector": open, "securityGroups": fields(map[string]any{"groupIds": texts})})},
		{"secrets-store.csi.x-k8s.io", "v1", "SecretProviderClass", "secretproviderclasses", "Namespaced",
			fields(map[string]any{"provider": text, "parameters": map[string]any{"type": "object", "additionalProperties": text}})},
		{"karpenter.sh", "v1", "NodePool", "nodepools", "Cluster",
			fields(map[string]any{"limits": open, "template": fields(map[string]any{"metadata": open, "spec": open}), "disruption": open, "weight": map[string]any{"type": "integer"}})},
	} {
		schema := fields(map[string]any{"spec": kind.spec})
		s.may(t, http.StatusCreated, "admin", "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": kind.plural + "." + kind.group},
			"spec": map[string]any{
				"group": kind.group, "scope": kind.scope,
				"names":    map[string]any{"kind": kind.name, "plural": kind.plural},
				"versions": []any{map[string]any{"name": kind.version, "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": schema}}},
			},
		})
		path := "/apis/" + kind.group + "/" + kind.version + "/" + kind.plural
		eventually(t, kind.name+" is served", func() bool { status, _ := s.try("admin", "GET", path, nil); return status == http.StatusOK })
	}
}
