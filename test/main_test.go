// Package test holds every test that needs the CDK: one Node process serves
// them all, which is why they stand together instead of beside the code.
package test

import (
	"os"
	"testing"

	"github.com/lakekeel/lakekeel/internal/cdktest"
)

func TestMain(m *testing.M) { os.Exit(cdktest.Run(m)) }
