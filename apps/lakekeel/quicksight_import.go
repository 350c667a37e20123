package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lakekeel/lakekeel/constructs/quicksight/assets"
	"github.com/lakekeel/lakekeel/internal/gocode"
)

func (a *app) quicksightImportCommand() *cobra.Command {
	var out, pkg string
	c := &cobra.Command{
		Use:   "import BUNDLE",
		Short: "Turn an exported bundle into Go definitions",
		Long: `Writes a Go package with the datasets, topics, themes, analyses and dashboards of an asset
bundle as plain values, so that a team that began in the console goes on in code. What has
no type stays in the field More or, as JSON, in others.go: nothing is lost. Datasets in the
deprecated shape come out in the current one. It changes no account; that is promote.`,
		Example: `  lakekeel quicksight export dashboard/Sales --from dev -o sales.qs
  lakekeel quicksight import sales.qs --out reports/sales`,
		Args: exactly("BUNDLE"),
		RunE: func(c *cobra.Command, args []string) error { return a.quicksightImport(args[0], out, pkg) },
	}
	c.Flags().StringVar(&out, "out", "", "folder of the package; what is in it is never overwritten (default: the bundle's name)")
	c.Flags().StringVar(&pkg, "package", "", "name of the package (default: the folder's)")
	return c
}

func (a *app) quicksightImport(name, out, pkg string) error {
	bundle, err := readBundle(name)
	if err != nil {
		return err
	}
	all := map[string]map[string]any{}
	for _, asset := range bundle.Assets {
		all[asset.Name()] = asset.Properties()
	}
	stem := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	folder, err := filepath.Abs(cmp.Or(out, stem))
	if err != nil {
		return err
	}
	files, err := gocode.Write(assets.Read(all), cmp.Or(pkg, packageName(filepath.Base(folder))), filepath.Base(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return a.writeNew(folder, files)
}

// packageName is a folder's name without what the name of a package cannot have.
func packageName(folder string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(folder))
}

// writeNew writes files into a folder that has none of them, and prints their names.
func (a *app) writeNew(folder string, files map[string][]byte) error {
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return fmt.Errorf("%s is there already, and may have been worked on; want another folder in --out", filepath.Join(folder, name))
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(folder, name), files[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintln(a.out.Out, filepath.Join(folder, name))
	}
	return nil
}
