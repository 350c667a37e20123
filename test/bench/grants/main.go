// Grants measures how the library bears many grants of Lake Formation: 1,000 on 200 tables.
//
//	go run ./test/bench/grants [-grants 1000] [-tables 200] [-stacks 8]
//
// It prints the times of validation and synthesis, the number of stacks, the largest template
// and the longest chain of changes, read back from what was synthesized.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/constructs/lakeformation"
	"github.com/lakekeel/lakekeel/internal/access"
	"github.com/lakekeel/lakekeel/internal/jsiienv"
)

func main() {
	total := flag.Int("grants", 1000, "how many grants")
	tables := flag.Int("tables", 200, "on how many tables")
	stacks := flag.Int("stacks", 0, "spread over how many stacks; 0 is the default")
	flag.Parse()
	if err := jsiienv.Default(map[string]string{"CDK_VALIDATION": "false"}); err != nil {
		log.Fatal(err)
	}
	err := run(*total, *tables, *stacks)
	jsii.Close()
	if err != nil {
		log.Fatal(err)
	}
}

func run(total, tables, stacks int) error {
	folder, err := os.MkdirTemp("", "grants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder}) // Node's start is not measured
	stack := awscdk.NewStack(app, jsii.String("Lake"), nil)
	props := lakeformation.GrantsProps{Grants: grants(total, tables), Stacks: stacks}

	begun := time.Now()
	if err := props.Validate(); err != nil {
		return err
	}
	validated := time.Since(begun)
	lakeformation.NewGrants(stack, "Grants", props)
	app.Synth(nil)
	synthesized := time.Since(begun)

	found, err := access.Load(folder)
	if err != nil {
		return err
	}
	list := access.Of(found)
	file, bytes, resources := largest(folder, found)
	fmt.Printf("%s\nvalidated in %s, defined and synthesized in %s\nlargest template: %s, %d resources, %d bytes\n",
		list.Summary(), validated.Round(time.Millisecond), synthesized.Round(10*time.Millisecond), file, resources, bytes)
	return nil
}

// grants are SELECT for as many teams as it takes, on every table.
func grants(total, tables int) []lakeformation.Grant {
	var list []lakeformation.Grant
	for i := range total {
		team := fmt.Sprintf("team-%d", i/tables)
		who := lakeformation.Principal{Name: team, ID: "arn:aws:iam::123456789012:role/" + team}
		list = append(list, lakeformation.Database{Name: "lake"}.Table(fmt.Sprintf("table_%d", i%tables)).Grant(who).Select())
	}
	return list
}

func largest(folder string, stacks []access.Stack) (name string, bytes int64, resources int) {
	files, _ := filepath.Glob(filepath.Join(folder, "*.template.json"))
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.Size() > bytes {
			name, bytes = filepath.Base(file), info.Size()
		}
	}
	for _, stack := range stacks {
		resources = max(resources, len(stack.Template.Resources))
	}
	return name, bytes, resources
}
