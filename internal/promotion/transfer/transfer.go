// Package transfer carries asset bundles out of QuickSight and into it: it starts the service's jobs, waits for
// them, and says in a line each what went wrong.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/quicksight"
	"github.com/aws/aws-sdk-go-v2/service/quicksight/types"

	"github.com/lakekeel/lakekeel/internal/assetbundle"
	"github.com/lakekeel/lakekeel/internal/cloud"
	"github.com/lakekeel/lakekeel/internal/partition"
	"github.com/lakekeel/lakekeel/internal/promotion"
)

// Show is told the state of a job whenever it is another one, in the service's words.
type Show func(state string)

const (
	// maxBody is the largest bundle that an import takes in its request:
	// https://docs.aws.amazon.com/quicksight/latest/APIReference/API_AssetBundleImportSource.html.
	maxBody = 20 << 20
	// maxDownload is the largest bundle that is taken from an export.
	maxDownload = 1 << 30
	// limit is how long a job may take. The service ends its jobs within minutes.
	limit = time.Hour
)

// arnOf is the ARN of an asset by its type and id.
func arnOf(c *cloud.Cloud, name string) string {
	return "arn:" + partition.Of(c.Region) + ":quicksight:" + c.Region + ":" + c.Account + ":" + name
}

// jobID is the id of a job for what it is to do. The service lets no two jobs of one id run at a time, so who
// starts the same again waits for the first.
func jobID(what ...string) string {
	return "lakekeel-" + fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(what, "\n"))))[:32]
}

// poll asks until look says that the job is over.
func poll(ctx context.Context, c *cloud.Cloud, show Show, look func() (state string, over bool, err error)) error {
	pause := 3 * time.Second
	if c.Local() {
		pause = 100 * time.Millisecond
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the job was not over after %s", limit))
	defer cancel()
	shown := ""
	for {
		state, over, err := look()
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return errors.New(cloud.Explain(err))
		}
		if state != shown && show != nil {
			show(state)
		}
		if shown = state; over {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// started is nil if a job was started, or runs already.
func started(err error) error {
	var running *types.ConflictException
	switch {
	case err == nil, errors.As(err, &running):
		return nil
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return errors.New(cloud.Explain(err))
}

// Export is the named assets of an account, e.g. "dashboard/sales", and all that they need. Topics, which the
// service's bundles do not have, are described and put beside.
func Export(ctx context.Context, c *cloud.Cloud, names []string, show Show) (*assetbundle.Bundle, error) {
	var topics, arns []string
	for _, name := range names {
		if strings.HasPrefix(name, assetbundle.Topic+"/") {
			topics = append(topics, name)
		} else {
			arns = append(arns, arnOf(c, name))
		}
	}
	beside, err := describeTopics(ctx, c, topics)
	if err != nil {
		return nil, failed("export from", c, err)
	}
	for _, topic := range beside {
		arns = append(arns, dataSets(topic)...)
	}
	slices.Sort(arns)
	content, err := export(ctx, c, slices.Compact(arns), show)
	if err != nil {
		return nil, failed("export from", c, err)
	}
	bundle, err := assetbundle.Read(content)
	if err != nil {
		return nil, failed("export from", c, err)
	}
	bundle.Add(beside...)
	return bundle, nil
}

// failed says what failed where, and keeps an interruption what it is.
func failed(what string, c *cloud.Cloud, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s %s failed: %w", what, c.Place(), err)
}

func export(ctx context.Context, c *cloud.Cloud, arns []string, show Show) ([]byte, error) {
	client, id := c.QuickSight(), jobID(arns...)
	_, err := client.StartAssetBundleExportJob(ctx, &quicksight.StartAssetBundleExportJobInput{
		AwsAccountId: &c.Account, AssetBundleExportJobId: &id, ResourceArns: arns, ExportFormat: types.AssetBundleExportFormatQuicksightJson,
		IncludeAllDependencies: true, IncludeFolderMemberships: true,
	})
	if err := started(err); err != nil {
		return nil, err
	}
	var job *quicksight.DescribeAssetBundleExportJobOutput
	err = poll(ctx, c, show, func() (string, bool, error) {
		job, err = client.DescribeAssetBundleExportJob(ctx, &quicksight.DescribeAssetBundleExportJobInput{AwsAccountId: &c.Account, AssetBundleExportJobId: &id})
		if err != nil {
			return "", false, err
		}
		state := job.JobStatus
		return string(state), state == types.AssetBundleExportJobStatusSuccessful || state == types.AssetBundleExportJobStatusFailed, nil
	})
	if err != nil {
		return nil, err
	}
	if job.JobStatus == types.AssetBundleExportJobStatusFailed {
		var errs []error
		for _, e := range job.Errors {
			errs = append(errs, reason(e.Arn, e.Message, e.Type))
		}
		return nil, errors.Join(errs...)
	}
	return download(ctx, aws.ToString(job.DownloadUrl))
}

// reason is one error of a job as a line: the asset, the service's words and its code.
func reason(arn, message, kind *string) error {
	at := aws.ToString(arn)
	if parts := strings.SplitN(at, ":", 6); len(parts) == 6 {
		at = parts[5]
	}
	return fmt.Errorf("%s: %s (%s)", at, strings.Join(strings.Fields(aws.ToString(message)), " "), aws.ToString(kind))
}

func download(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("the bundle cannot be downloaded: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errors.New("the bundle cannot be downloaded: " + cloud.Explain(err)) // an error of net/http shows the URL, which lets everybody in
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the bundle cannot be downloaded: %s", answer.Status)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxDownload+1))
	switch {
	case err != nil:
		return nil, errors.New("the bundle cannot be downloaded: " + cloud.Explain(err))
	case len(content) > maxDownload:
		return nil, errors.New("the bundle has more than 1 GiB; export fewer assets at a time")
	}
	return content, nil
}

// Import brings a bundle into an account, as the plan says. A failed import is rolled back by the service; the error
// then says so, and names what failed, a line each.
func Import(ctx context.Context, c *cloud.Cloud, bundle *assetbundle.Bundle, plan promotion.Plan, show Show) error {
	if err := plan.Prepare(bundle, func(resource string) string { return arnOf(c, resource) }); err != nil {
		return err
	}
	all := &assetbundle.Bundle{Assets: slices.Clone(bundle.Assets)}
	var topics []assetbundle.Asset
	for _, name := range all.Names(assetbundle.Topic) {
		topic, _ := all.Find(name)
		topics = append(topics, topic)
		all.Remove(name)
	}
	if len(all.Assets) > 0 {
		if err := importBundle(ctx, c, all, plan, show); err != nil {
			return err
		}
	}
	if err := putTopics(ctx, c, topics, all, plan); err != nil {
		return failed("import of topics into", c, err)
	}
	return nil
}

func importBundle(ctx context.Context, c *cloud.Cloud, bundle *assetbundle.Bundle, plan promotion.Plan, show Show) error {
	content, err := bundle.Write()
	if err != nil {
		return err
	}
	if len(content) > maxBody {
		return fmt.Errorf("the bundle has %d MiB, and an import takes 20 at a time; promote fewer assets at once", len(content)>>20)
	}
	input, err := importInput(c, bundle, plan)
	if err != nil {
		return err
	}
	input.AssetBundleImportSource = &types.AssetBundleImportSource{Body: content}
	client := c.QuickSight()
	_, err = client.StartAssetBundleImportJob(ctx, input)
	if err := started(err); err != nil {
		return failed("import into", c, err)
	}
	var job *quicksight.DescribeAssetBundleImportJobOutput
	err = poll(ctx, c, show, func() (string, bool, error) {
		job, err = client.DescribeAssetBundleImportJob(ctx, &quicksight.DescribeAssetBundleImportJobInput{AwsAccountId: &c.Account, AssetBundleImportJobId: input.AssetBundleImportJobId})
		if err != nil {
			return "", false, err
		}
		return string(job.JobStatus), over(job.JobStatus), nil
	})
	if err != nil {
		return failed("import into", c, err)
	}
	return outcome(c, job)
}

func over(state types.AssetBundleImportJobStatus) bool {
	switch state {
	case types.AssetBundleImportJobStatusQueuedForImmediateExecution, types.AssetBundleImportJobStatusInProgress, types.AssetBundleImportJobStatusFailedRollbackInProgress:
		return false
	}
	return true
}

// outcome is nil if the job was good, else its errors.
func outcome(c *cloud.Cloud, job *quicksight.DescribeAssetBundleImportJobOutput) error {
	said := map[types.AssetBundleImportJobStatus]string{
		types.AssetBundleImportJobStatusFailedRollbackCompleted: "failed and was rolled back: what was there before is there again",
		types.AssetBundleImportJobStatusFailedRollbackError:     "failed, and could not be rolled back wholly: look at what follows by hand",
		types.AssetBundleImportJobStatusFailed:                  "failed without a rollback: some of it may be there",
	}
	if job.JobStatus == types.AssetBundleImportJobStatusSuccessful {
		return nil
	}
	word := said[job.JobStatus]
	if word == "" {
		word = "ended as " + string(job.JobStatus)
	}
	errs := []error{fmt.Errorf("import into %s %s", c.Place(), word)}
	for _, e := range slices.Concat(job.Errors, job.RollbackErrors) {
		errs = append(errs, reason(e.Arn, e.Message, e.Type))
	}
	return errors.Join(errs...)
}

// importInput is the request of an import, but for its source.
func importInput(c *cloud.Cloud, bundle *assetbundle.Bundle, plan promotion.Plan) (*quicksight.StartAssetBundleImportJobInput, error) {
	parameters, err := overrides(c, bundle, plan)
	if err != nil {
		return nil, err
	}
	said, _ := json.Marshal(plan) // of texts and numbers
	id := jobID(bundle.Digest(), string(said))
	return &quicksight.StartAssetBundleImportJobInput{
		AwsAccountId: &c.Account, AssetBundleImportJobId: &id, FailureAction: types.AssetBundleImportFailureActionRollback,
		OverrideParameters: parameters, OverridePermissions: permissions(c, bundle, plan),
	}, nil
}
