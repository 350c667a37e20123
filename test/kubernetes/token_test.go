package kubernetes

import (
	"encoding/base64"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

// TestTokenIsASignedCallOfSTS looks at the one thing that the function does on AWS and not
// in the other tests: the token. EKS takes a presigned GetCallerIdentity whose signature
// covers the cluster's name, so that it is good for no other cluster.
func TestTokenIsASignedCallOfSTS(t *testing.T) {
	python := ""
	for _, candidate := range []string{filepath.Join(homeFolder(), "venv", "bin", "python"), "python3"} {
		if exec.Command(candidate, "-c", "import botocore").Run() == nil {
			python = candidate
			break
		}
	}
	if python == "" {
		skip(t, "no Python here has botocore; make set-up installs one")
	}
	command := exec.Command(python, "-c", "import index; print(index.token())")
	command.Dir = filepath.Join(cdktest.Root(), "constructs", "emreks", "apply")
	command.Env = append(os.Environ(), "CLUSTER=lakehouse", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example",
		"AWS_SESSION_TOKEN=example", "AWS_ENDPOINT_URL=", "PYTHONDONTWRITEBYTECODE=1")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	encoded, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "k8s-aws-v1.")
	if !ok || strings.Contains(encoded, "=") {
		t.Fatalf("the token is %s", out)
	}
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	call, err := url.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	query := call.Query()
	if call.Scheme != "https" || call.Host != "sts.eu-west-1.amazonaws.com" || query.Get("Action") != "GetCallerIdentity" {
		t.Errorf("the call is %s", call)
	}
	if got := query.Get("X-Amz-SignedHeaders"); got != "host;x-k8s-aws-id" {
		t.Errorf("the signature covers %q; want the host and the cluster", got)
	}
	if query.Get("X-Amz-Expires") != "60" || query.Get("X-Amz-Signature") == "" || query.Get("X-Amz-Security-Token") == "" {
		t.Errorf("the call is not signed as EKS wants it: %s", call)
	}
}
