package lake

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
)

// KeyProps describes a [Key].
type KeyProps struct {
	Description string // at most 8192 bytes; what the key encrypts
	Alias       string // without "alias/"; if empty, none

	// DestroyData schedules the key for deletion when it leaves the app, if
	// the environment agrees too; see [AllowDestroy]. What it encrypted is lost then.
	DestroyData bool
}

// Key is a symmetric KMS key that is rotated every year. Rights on it are given by the
// IAM policies of its account.
type Key struct {
	Construct constructs.Construct
	Key       awskms.Key
}

// NewKey defines a key in scope. It panics with the error of [KeyProps.Validate] if
// the props are not sound.
func NewKey(scope constructs.Construct, id string, props KeyProps) *Key {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	construct := constructs.NewConstruct(scope, &id)
	keyProps := &awskms.KeyProps{
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     removalPolicy(scope, props.DestroyData),
	}
	if props.Description != "" {
		keyProps.Description = &props.Description
	}
	if props.Alias != "" {
		keyProps.Alias = jsii.String("alias/" + props.Alias)
	}
	return &Key{Construct: construct, Key: awskms.NewKey(construct, jsii.String("Resource"), keyProps)}
}

// alias is what https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html allows.
var alias = regexp.MustCompile(`^[a-zA-Z0-9/_-]{1,250}$`)

// Validate reports every fault in the props as a [check.Fault].
func (p KeyProps) Validate() error {
	faults := check.Of("lake.KeyProps")
	faults.Want(len(p.Description) <= 8192, "Description", p.Description, "at most 8192 bytes")
	named := p.Alias == "" || alias.MatchString(p.Alias) && !regexp.MustCompile(`^(alias|aws)/`).MatchString(p.Alias)
	faults.Want(named, "Alias", p.Alias, `1 to 250 of letters, digits, "/", "_" and "-", without "alias/" or "aws/" before it, or nothing`)
	return faults.Err()
}

// destroyContext is the environment's key to delete data, as a context value, so that it
// reaches every bucket of a stack however deep it stands. `-c` gives it as text.
const destroyContext = "lakekeel:destroy-data"

// AllowDestroy says that this environment's data may be deleted: it turns the second of
// the two keys for all that is defined in scope afterwards. Scope must be empty yet.
func AllowDestroy(scope constructs.Construct) {
	scope.Node().SetContext(jsii.String(destroyContext), true)
}

// destroys says whether both keys are turned.
func destroys(scope constructs.Construct, destroyData bool) bool {
	if !destroyData {
		return false
	}
	allowed := scope.Node().TryGetContext(jsii.String(destroyContext))
	return allowed == true || allowed == "true"
}

func removalPolicy(scope constructs.Construct, destroyData bool) awscdk.RemovalPolicy {
	if destroys(scope, destroyData) {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN
}
