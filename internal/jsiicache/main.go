// Jsiicache warms the cache in which jsii keeps the CDK's library.
//
// jsii's Go runtime ends Node before it has written its index of the library,
// so a short app never gets one and reads the whole description of the library
// each time: 2.1 CPU-seconds and 620 MB instead of 0.8 and 210. This program
// stays alive until the index is there, about ten seconds, once for a version of
// the library; it returns at once when there is one already.
//
// The cache is where JSII_RUNTIME_PACKAGE_CACHE_ROOT says, else in the project's
// home folder.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/home"
	"github.com/lakekeel/lakekeel/internal/jsiienv"
)

const (
	variable = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
	library  = "github.com/aws/aws-cdk-go/awscdk/v2"
	patience = 3 * time.Minute // a loaded machine of two cores took half a minute
)

func main() {
	log.SetFlags(0)
	err := warm()
	jsii.Close() // does nothing if Node was not started
	if err != nil {
		log.Fatalf("jsiicache: %v", err)
	}
}

func warm() error {
	root, err := cacheRoot()
	if err != nil {
		return err
	}
	version, err := libraryVersion()
	if err != nil {
		return err
	}
	begin := time.Now()
	if indexed(root, version) {
		fmt.Printf("the index of aws-cdk-lib %s is there already\n", version)
		return nil
	}
	awscdk.NewApp(nil) // starts Node, which unpacks the library and begins its index
	for time.Since(begin) < patience {
		if indexed(root, version) {
			fmt.Printf("the index of aws-cdk-lib %s was written in %.0f s\n", version, time.Since(begin).Seconds())
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return fmt.Errorf("no index of aws-cdk-lib %s below %s after %v; synth works without, only slower", version, root, patience)
}

// cacheRoot says where the cache is, and tells Node by the variable.
func cacheRoot() (string, error) {
	h, err := home.Find(".", "")
	if err != nil {
		return "", err
	}
	err = jsiienv.Default(map[string]string{variable: h.Jsii()})
	return os.Getenv(variable), err
}

// libraryVersion is the version of aws-cdk-lib that this program was built with;
// CDK's language packages share their numbers.
func libraryVersion() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, module := range info.Deps {
			if module.Path == library {
				return strings.TrimPrefix(module.Version, "v"), nil
			}
		}
	}
	return "", fmt.Errorf("built without %s", library)
}

// indexed tells whether the cache holds the library's index. Its manifest is the
// last of the index's files to be written.
func indexed(root, version string) bool {
	found, err := filepath.Glob(filepath.Join(root, "aws-cdk-lib", version, "*", ".jsii.runtime.v1.json"))
	return err == nil && len(found) > 0
}
