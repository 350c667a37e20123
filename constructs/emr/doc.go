// Package emr runs EMR on EC2 clusters whose nodes and users prove who they are by
// Kerberos, against a KDC outside of the cluster.
//
// A [SecurityConfiguration] says how clusters encrypt and where their KDC is; a [Cluster]
// is one or three masters and their workers. Both take the KDC as plain values, so it may
// be that of constructs/kerberos or anybody's.
//
// The password of the KDC's administrator reaches a cluster by a dynamic reference, which
// CloudFormation resolves on its way to EMR: no template, no parameter and no log holds it.
// EMR keeps the one that was valid when the cluster was made and uses it for every node
// that it adds later, so a rotation is followed by new clusters.
package emr
