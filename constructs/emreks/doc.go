// Package emreks runs Spark on Kubernetes for many teams: an EKS cluster, a fenced
// place on it for each team, and the jobs that a team starts there under EMR.
//
// A [Cluster] is made or imported. A [Tenant] is one team: for each of its namespaces
// the namespace itself, the EMR virtual cluster on it, the execution role that only that
// namespace's jobs can take, quota, limits, priorities and a network policy that lets
// nothing in and out but what is named. A [Job] is a start-job-run request that has been
// checked against the limits of the tenant that it is for. [NewTenants] spreads any
// number of teams over stacks, so that adding one leaves the others' stacks as they are.
//
// # How manifests reach the cluster
//
// CloudFormation has no type for a Kubernetes object. The CDK's KubernetesManifest runs
// kubectl in a Lambda layer of some 60 MB whose Go module is not part of the library, on
// a role with cluster-admin. Here a function of the standard library and botocore, which
// every Lambda Python runtime has, speaks to the API server itself: a token that
// botocore signs, server-side apply with strict field checking, deletion of what a
// template no longer holds. It is small enough to stand in the template and to be read
// (apply/index.py), and the tests run the same bytes against a real API server.
//
// Two functions share that code. "Bootstrap" has the access policy
// AmazonEKSClusterAdminPolicy and can only be asked for a fixed list of kinds; it makes
// the cluster roles, the priority classes and the placeholders. "Apply", which makes the
// tenants, is bound to a cluster role that can make no role, read no secret and start
// no pod: it binds two existing roles and nothing else. What remains: a binding may be made
// in any namespace, so whoever may invoke Apply is as strong as EMR itself.
//
// # What the deployer needs
//
// EMR makes an access entry for its own service-linked role when a virtual cluster is made, in the name
// of who makes it: CloudFormation's execution role needs eks:CreateAccessEntry on the cluster, and
// eks:DescribeAccessEntry, eks:DeleteAccessEntry, eks:ListAssociatedAccessPolicies,
// eks:AssociateAccessPolicy and eks:DisassociateAccessPolicy on its access entries
// (https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html).
//
// # Lambda-backed and not
//
// Custom resources (Custom::KubernetesManifests) are only the manifests. VPC, cluster,
// node groups, add-ons, access entries, pod identity associations, OIDC provider, virtual
// clusters, roles, schedules and state machines are CloudFormation's own types.
package emreks
