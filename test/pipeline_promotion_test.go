package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/lakekeel/lakekeel/internal/cdktest"
	"github.com/lakekeel/lakekeel/internal/promotion"
	"github.com/lakekeel/lakekeel/stacks/pipeline"
)

// promotionProps bring a dashboard and a topic from Dev to Prod, where the database is another.
func promotionProps() pipeline.Props {
	props := pipelineProps()
	props.Stages[1].Promotion = &pipeline.Promotion{From: "Dev", Plan: promotion.Plan{
		Assets: []string{"dashboard/sales", "topic/sales"}, Readers: []string{"group/default/analysts"},
		DataSources:    []*promotion.DataSource{{ID: "db", Host: "prod.example.com"}},
		VPCConnections: []*promotion.VPCConnection{{ID: "net", Subnets: []string{"subnet-1", "subnet-2"}}},
	}}
	return props
}

func TestPipelinePromotion(t *testing.T) {
	p := pipelineNew(t, promotionProps())
	template := cdktest.Synth(t, p.Stack)
	t.Run("comes last in the stage that it goes to", func(t *testing.T) {
		stages := strings.Split(pipelineStages(t, template), "\n")
		dev, prod := stages[len(stages)-2], stages[len(stages)-1]
		if strings.Contains(dev, "Promote,") || !strings.HasSuffix(dev, "SmokeTest") || !strings.HasSuffix(prod, "PromotionRoles.Deploy, SmokeRole.Deploy, SmokeTest, Promote") {
			t.Errorf("%s\n%s", dev, prod)
		}
	})
	t.Run("runs the program that the build left, by a role in each account", func(t *testing.T) {
		spec := pipelineSpecs(t, p, template)["ProdPromote"]
		for _, part := range []string{
			"./lakekeel quicksight promote --config promotion/Prod.yaml --profile - --from arn:", ":iam::222222222222:role/Prod-Lakekeel-Export@eu-west-1 --to arn:",
			":iam::333333333333:role/Prod-Lakekeel-Import@us-east-1 --yes-run-on-aws",
		} {
			if !strings.Contains(spec, part) {
				t.Errorf("no %q in %s", part, spec)
			}
		}
	})
	t.Run("ships its plan beside the templates", func(t *testing.T) {
		file := filepath.Join(*awscdk.Stage_Of(p.Stack).Outdir(), "promotion", "Prod.yaml")
		plan, err := promotion.Load(file)
		if want := promotionProps().Stages[1].Promotion.Plan; err != nil || !reflect.DeepEqual(plan, want) {
			t.Errorf("%+v, %v; want %+v", plan, err, want)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), "Dev.yaml")); err == nil {
			t.Error("a plan for a stage that nothing is promoted to")
		}
	})
	t.Run("may export in one account and import in the other, and nothing else", func(t *testing.T) {
		from := cdktest.Synth(t, pipelineStack(t, p.Stack, "Dev", "PromotionRoles"))
		from.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": "Prod-Lakekeel-Export"})
		from.Count(t, "AWS::IAM::Role", 1)
		to := cdktest.Synth(t, pipelineStack(t, p.Stack, "Prod", "PromotionRoles"))
		to.Has(t, "AWS::IAM::Role", cdktest.Props{"RoleName": "Prod-Lakekeel-Import"})
		to.Count(t, "AWS::IAM::Role", 1)
		from.Golden(t, "test/testdata/pipeline_promotion_from.json")
		to.Golden(t, "test/testdata/pipeline_promotion.json")
	})
	t.Run("may pass the roles of its plan to QuickSight, and no others", func(t *testing.T) {
		props := promotionProps()
		props.Stages[1].Promotion.Plan.VPCConnections[0].Role = "arn:aws:iam::333333333333:role/interfaces"
		to := cdktest.Synth(t, pipelineStack(t, pipelineNew(t, props).Stack, "Prod", "PromotionRoles"))
		text, err := json.Marshal(to.Of("AWS::IAM::Role"))
		want := `{"Action":"iam:PassRole","Condition":{"StringEquals":{"iam:PassedToService":"quicksight.amazonaws.com"}},"Effect":"Allow","Resource":"arn:aws:iam::333333333333:role/interfaces"}`
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	})
	t.Run("has no finding", func(t *testing.T) {
		cdktest.Nag(t, p.Stack)
		for _, name := range []string{"Dev", "Prod"} {
			cdktest.Nag(t, pipelineStack(t, p.Stack, name, "PromotionRoles"))
		}
	})
}
