// Package kubernetes proves what constructs/emreks and constructs/fsxlustre write against
// a real kube-apiserver with etcd: every manifest is taken out of a synthesized template
// and brought there by the function that brings it on AWS. See README.md.
package kubernetes

import (
	"os"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func TestMain(m *testing.M) { os.Exit(cdktest.Run(m)) }
