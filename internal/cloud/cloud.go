// Package cloud reaches what is deployed: the local endpoint, or, by a profile,
// a real account. It is the one place that makes AWS clients and that turns
// what they answer into a sentence.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/quicksight"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// A Cloud is one account in one region.
type Cloud struct {
	URL     string // of the local endpoint; empty for a real account
	Account string // twelve digits
	Region  string

	config aws.Config
}

// Local returns the account and region that the endpoint at url imitates.
// It calls nothing.
func Local(url, account, region string) *Cloud {
	return &Cloud{URL: url, Account: account, Region: region, config: aws.Config{
		Region:       region,
		BaseEndpoint: &url,
		// The endpoint takes the access key to be the account.
		Credentials: credentials.NewStaticCredentialsProvider(account, "local", ""),
		// One more attempt, at once: a call that the endpoint's process was too busy
		// to take deserves it; one that is refused twice is refused for good.
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 200*time.Millisecond })
		},
		// A connection kept open may be closed by the server just when it is used again.
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(2 * time.Minute).
			WithTransportOptions(func(t *http.Transport) { t.DisableKeepAlives = true }),
	}}
}

// Profile returns the real account behind a profile of the user's AWS
// configuration. It asks STS which account that is.
func Profile(ctx context.Context, name string) (*Cloud, error) {
	if name == "-" {
		name = "" // what the environment has, as in a build of CodeBuild
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(name),
		config.WithRetryer(func() aws.Retryer { return retry.NewAdaptiveMode() }))
	if err != nil {
		return nil, fmt.Errorf("profile %s: %s", name, Explain(err))
	}
	if loaded.Region == "" {
		return nil, fmt.Errorf("profile %s has no region; add one to it, or set AWS_REGION", name)
	}
	identity, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("profile %s: %s", name, Explain(err))
	}
	return &Cloud{Account: aws.ToString(identity.Account), Region: loaded.Region, config: loaded}, nil
}

// As returns the cloud as a role sees it, in the role's account.
func (c *Cloud) As(role, region string) *Cloud {
	taken := c.config.Copy()
	taken.Region = region
	taken.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(c.config), role))
	account := strings.Split(role+":::::", ":")[4]
	return &Cloud{URL: c.URL, Account: account, Region: region, config: taken}
}

// Take returns the cloud as a role sees it, when the role can be taken. One that was made just now is
// refused for some seconds, until IAM knows it everywhere; so a refusal counts after a minute.
func (c *Cloud) Take(ctx context.Context, role, region string) (*Cloud, error) {
	taken := c.As(role, region)
	for deadline := time.Now().Add(time.Minute); ; {
		_, err := taken.config.Credentials.Retrieve(ctx)
		var answered smithy.APIError
		switch {
		case err == nil:
			return taken, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !errors.As(err, &answered) || answered.ErrorCode() != "AccessDenied" || time.Now().After(deadline):
			return nil, fmt.Errorf("role %s cannot be taken: %s", role, Explain(err))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Second):
		}
	}
}

// In returns the cloud in another region of the same account.
func (c *Cloud) In(region string) *Cloud {
	there := c.config.Copy()
	there.Region = region
	return &Cloud{URL: c.URL, Account: c.Account, Region: region, config: there}
}

// Local reports whether the cloud is the endpoint on this machine.
func (c *Cloud) Local() bool { return c.URL != "" }

// String says in a few words what would be touched.
func (c *Cloud) String() string {
	if c.Local() {
		return "the local endpoint at " + c.URL
	}
	return fmt.Sprintf("AWS account %s in %s", c.Account, c.Region)
}

// Place says which account it is, at the local endpoint too, which imitates as many as it is asked for.
func (c *Cloud) Place() string {
	if c.Local() {
		return "account " + c.Account + " at the local endpoint"
	}
	return c.String()
}

// Glue returns a client of AWS Glue.
func (c *Cloud) Glue() *glue.Client { return glue.NewFromConfig(c.config) }

// Athena returns a client of Amazon Athena.
func (c *Cloud) Athena() *athena.Client { return athena.NewFromConfig(c.config) }

// QuickSight returns a client of Amazon QuickSight.
func (c *Cloud) QuickSight() *quicksight.Client { return quicksight.NewFromConfig(c.config) }

// CloudFormation returns a client of AWS CloudFormation.
func (c *Cloud) CloudFormation() *cloudformation.Client {
	return cloudformation.NewFromConfig(c.config)
}

// Logs returns a client of CloudWatch Logs.
func (c *Cloud) Logs() *cloudwatchlogs.Client { return cloudwatchlogs.NewFromConfig(c.config) }

// S3 returns a client of Amazon S3; the local endpoint has no host name per
// bucket, so there buckets stand in the path.
func (c *Cloud) S3() *s3.Client {
	return s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = c.Local() })
}

// Environment returns the NAME=value lines that make any AWS tool talk to the
// local endpoint, and to nothing else.
func (c *Cloud) Environment() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + c.URL,
		"AWS_ACCESS_KEY_ID=" + c.Account,
		"AWS_SECRET_ACCESS_KEY=local",
		"AWS_REGION=" + c.Region,
		"AWS_DEFAULT_REGION=" + c.Region,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Gone reports whether err means that nothing answers at the other end: the
// connection was refused, cut or never made.
func Gone(err error) bool {
	var answered smithy.APIError
	var network net.Error
	var dial *net.OpError
	return err != nil && !errors.As(err, &answered) && !errors.Is(err, context.Canceled) &&
		(errors.As(err, &dial) || errors.As(err, &network) || strings.Contains(err.Error(), "EOF"))
}

// Explain turns what an AWS call returned into one line for a person: the
// service's own words and its code, without the layers around them.
func Explain(err error) string {
	var answered smithy.APIError
	var profile config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &answered):
		return oneLine(or(answered.ErrorMessage(), answered.ErrorCode())) + code(answered)
	case errors.As(err, &profile):
		return "no such profile in the AWS configuration"
	case Gone(err):
		return "no answer: " + innermost(err)
	}
	return innermost(err)
}

func or(message, fallback string) string {
	if strings.TrimSpace(message) == "" {
		return fallback
	}
	return message
}

func code(err smithy.APIError) string {
	if message := err.ErrorMessage(); message == "" || err.ErrorCode() == "" || strings.Contains(message, err.ErrorCode()) {
		return ""
	}
	return " (" + err.ErrorCode() + ")"
}

var space = regexp.MustCompile(`\s+`)

func oneLine(s string) string { return strings.TrimSpace(space.ReplaceAllString(s, " ")) }

// innermost returns the text of the error that all others wrap.
func innermost(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return oneLine(err.Error())
		}
		err = next
	}
}
