package emreks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// label is what Kubernetes takes as the name of a namespace and of most other things
// here: a DNS label of RFC 1123.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

const wantLabel = `1 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit`

// reserved are the namespaces that no tenant can have.
var reserved = []string{"default", "kube-system", "kube-public", "kube-node-lease", SystemNamespace}

// maxRoleName is the longest name of an IAM role, in characters:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const maxRoleName = 64

// Base36 writes s as EMR on EKS writes the names of execution roles into the names of
// its service accounts: the bytes of s as one big-endian number, in the digits 0-9 and
// a-z. The empty string is "0". It is what `aws emr-containers update-role-trust-policy`
// computes (awscli/customizations/emrcontainers/base36.py); role names are ASCII, so that
// bytes and characters are the same there.
func Base36(s string) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	number := []byte(s) // base 256, most significant first
	var out []byte
	for {
		number = trimZeros(number)
		if len(number) == 0 {
			break
		}
		rest := uint32(0)
		for i, b := range number {
			rest = rest<<8 | uint32(b)
			number[i], rest = byte(rest/36), rest%36
		}
		out = append(out, digits[rest])
	}
	if len(out) == 0 {
		return digits[:1]
	}
	slices.Reverse(out)
	return string(out)
}

func trimZeros(number []byte) []byte {
	for len(number) > 0 && number[0] == 0 {
		number = number[1:]
	}
	return number
}

// components are the parts of a Spark job that have a service account each: what
// `aws emr-containers create-role-associations` associates for START_JOB_RUN.
var components = []string{"client", "driver", "executor"}

// serviceAccount is the name that EMR gives to the service account of a component, or,
// with "*" for framework and component, the pattern of them all.
func serviceAccount(framework, component, account, role string) string {
	return fmt.Sprintf("emr-containers-sa-%s-%s-%s-%s", framework, component, account, Base36(role))
}

// folder takes s3://bucket/prefix apart and tells whether it is one: the bucket is needed,
// the prefix is without the slash at its end.
func folder(url string) (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	ok = ok && bucket != "" && !strings.ContainsAny(url, "*?\n\r")
	return bucket, strings.TrimSuffix(prefix, "/"), ok
}

// within tells whether one folder is the other or lies in it.
func within(inner, outer string) bool {
	inner, outer = strings.TrimSuffix(inner, "/")+"/", strings.TrimSuffix(outer, "/")+"/"
	return strings.HasPrefix(inner, outer)
}

// sorted returns the keys of m in order, so that templates and faults come in the same
// order in every run.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
