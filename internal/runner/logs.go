package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/lakekeel/lakekeel/internal/cloud"
)

// logGroups are where Glue writes what jobs print; the stream is called as the job run.
var logGroups = []string{"/aws-glue/jobs/error", "/aws-glue/jobs/output", "/aws-glue/python-jobs/error", "/aws-glue/python-jobs/output"}

// Logs prints what a job run wrote, group by group.
func Logs(ctx context.Context, c *cloud.Cloud, id string, out io.Writer) error {
	client, found := c.Logs(), false
	for _, group := range logGroups {
		pages := cloudwatchlogs.NewGetLogEventsPaginator(client, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: &group, LogStreamName: &id, StartFromHead: aws.Bool(true)},
			func(o *cloudwatchlogs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			var missing *types.ResourceNotFoundException
			if errors.As(err, &missing) {
				break
			}
			if err != nil {
				return explain(c, err)
			}
			for _, event := range page.Events {
				found = true
				fmt.Fprintln(out, strings.TrimRight(aws.ToString(event.Message), "\n"))
			}
		}
	}
	if !found {
		return fmt.Errorf("no log of a job run %q at %s", id, c)
	}
	return nil
}
