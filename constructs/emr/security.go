package emr

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsemr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// KDC is the key distribution center that clusters use. EMR takes one host for each of
// the two servers.
type KDC struct {
	Server         string        // host:port of the KDC, e.g. "kdc.example.internal:88"; may be a token
	Admin          string        // host:port of the admin server, e.g. "kdc.example.internal:749"; may be a token
	TicketLifetime time.Duration // whole hours, 1h to 168h; if zero, 24h
	Trust          *Trust        // of another realm; if nil, none
}

// Trust is an Active Directory whose users are let into the clusters:
// https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-kerberos-cross-realm.html.
type Trust struct {
	Realm  string // e.g. "AD.EXAMPLE.COM"
	Domain string // e.g. "ad.example.com"
	Server string // host of a domain controller
}

// SecurityConfigurationProps describes a [SecurityConfiguration].
type SecurityConfigurationProps struct {
	KDC KDC
	Key awskms.IKey // encrypts disks, and what clusters write to S3

	// Certificates is the S3 URL of a zip of PEM files, with which the nodes speak TLS.
	// If empty, they encrypt by Kerberos alone, which covers RPC, HDFS and Spark's
	// shuffle but not the web pages of the applications; see [Cluster].
	Certificates string
}

// SecurityConfiguration says how clusters encrypt and whom they believe. Disks and S3 are
// always encrypted, and the metadata service wants a session (IMDSv2) of a single hop.
// CloudFormation chooses its name, because it cannot be changed but replaced only.
type SecurityConfiguration struct {
	Construct constructs.Construct
	Name      string // a token
	Props     SecurityConfigurationProps
}

// NewSecurityConfiguration defines a security configuration in scope. It panics with the
// error of [SecurityConfigurationProps.Validate] if the props are not sound.
func NewSecurityConfiguration(scope constructs.Construct, id string, props SecurityConfigurationProps) *SecurityConfiguration {
	if err := props.Validate(); err != nil {
		panic(err)
	}
	construct := constructs.NewConstruct(scope, &id)
	resource := awsemr.NewCfnSecurityConfiguration(construct, jsii.String("Resource"), &awsemr.CfnSecurityConfigurationProps{
		SecurityConfiguration: props.document(),
	})
	return &SecurityConfiguration{Construct: construct, Name: *resource.Ref(), Props: props}
}

// document is what https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-create-security-configuration.html describes.
func (p SecurityConfigurationProps) document() map[string]any {
	key := *p.Key.KeyArn()
	encryption := map[string]any{
		"EnableAtRestEncryption":    true,
		"EnableInTransitEncryption": p.Certificates != "",
		"AtRestEncryptionConfiguration": map[string]any{
			"S3EncryptionConfiguration": map[string]any{"EncryptionMode": "SSE-KMS", "AwsKmsKey": key},
			"LocalDiskEncryptionConfiguration": map[string]any{
				"EncryptionKeyProviderType": "AwsKms", "AwsKmsKey": key, "EnableEbsEncryption": true,
			},
		},
	}
	if p.Certificates != "" {
		encryption["InTransitEncryptionConfiguration"] = map[string]any{
			"TLSCertificateConfiguration": map[string]any{"CertificateProviderType": "PEM", "S3Object": p.Certificates},
		}
	}
	kdc := map[string]any{
		"TicketLifetimeInHours": int(p.KDC.ticketLifetime() / time.Hour),
		"KdcServerType":         "Single", // the only one there is
		"KdcServer":             p.KDC.Server,
		"AdminServer":           p.KDC.Admin,
	}
	if t := p.KDC.Trust; t != nil {
		kdc["AdIntegrationConfiguration"] = map[string]any{"AdRealm": t.Realm, "AdDomain": t.Domain, "AdServer": t.Server}
	}
	return map[string]any{
		"EncryptionConfiguration": encryption,
		"AuthenticationConfiguration": map[string]any{"KerberosConfiguration": map[string]any{
			"Provider": "ExternalKdc", "ExternalKdcConfiguration": kdc,
		}},
		"InstanceMetadataServiceConfiguration": map[string]any{"MinimumInstanceMetadataServiceVersion": 2, "HttpPutResponseHopLimit": 1},
	}
}

func (k KDC) ticketLifetime() time.Duration { return cmp.Or(k.TicketLifetime, 24*time.Hour) }

var (
	// A realm's name is a domain's in capitals, by convention; Kerberos tells the two
	// apart and so must we: https://web.mit.edu/kerberos/krb5-latest/doc/admin/realm_config.html.
	realmName  = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9-]*[A-Z0-9])?(\.[A-Z0-9]([A-Z0-9-]*[A-Z0-9])?)*$`)
	domainName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	objectURL  = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*\s]+)+$`)
)

// Validate reports every fault in the props as a [check.Fault]. It touches nothing but
// the props, so it may be called without a CDK app.
func (p SecurityConfigurationProps) Validate() error {
	faults := check.Of("emr.SecurityConfigurationProps")
	faults.Want(p.Key != nil, "Key", nil, "a KMS key")
	wantHost(faults, "KDC.Server", p.KDC.Server, "88")
	wantHost(faults, "KDC.Admin", p.KDC.Admin, "749")
	life := p.KDC.ticketLifetime()
	faults.Want(life%time.Hour == 0 && life >= time.Hour && life <= 168*time.Hour, "KDC.TicketLifetime", p.KDC.TicketLifetime, "whole hours from 1h to 168h, or 0 for 24h")
	if t := p.KDC.Trust; t != nil {
		wantRealm(faults, "KDC.Trust.Realm", t.Realm)
		faults.Want(domainName.MatchString(t.Domain), "KDC.Trust.Domain", t.Domain, `a domain in small letters, e.g. "ad.example.com"`)
		faults.Want(domainName.MatchString(t.Server), "KDC.Trust.Server", t.Server, "the host name of a domain controller")
	}
	isURL := objectURL.MatchString(p.Certificates) || policy.HasToken(p.Certificates)
	faults.Want(p.Certificates == "" || isURL && strings.HasSuffix(p.Certificates, ".zip"), "Certificates", p.Certificates, `the S3 URL of a zip, e.g. "s3://bucket/certificates.zip", or nothing`)
	return faults.Err()
}

func wantRealm(faults *check.Faults, field, realm string) {
	want := `a realm in capitals, e.g. "EXAMPLE.COM"`
	if upper := strings.ToUpper(realm); upper != realm && realmName.MatchString(upper) {
		want += fmt.Sprintf("; nearest is %q", upper)
	}
	faults.Want(realmName.MatchString(realm), field, realm, want)
}

func wantHost(faults *check.Faults, field, address, port string) {
	if policy.HasToken(address) {
		return
	}
	host, number, _ := strings.Cut(address, ":")
	value, err := strconv.Atoi(number)
	faults.Want(domainName.MatchString(host) && err == nil && value >= 1 && value <= 65535, field, address, `one host and its port, e.g. "kdc.example.internal:`+port+`"`)
}
