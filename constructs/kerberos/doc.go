// Package kerberos is a Kerberos realm that outlives any of its machines: a network in two
// zones, a KDC of at least two nodes, one address before them, and what clients need.
//
// # How it works
//
// Each node has the whole database on its own disk and answers logins from it, so no file
// system that is shared and slow or absent can hold one up. One node, the primary, holds a
// lease in DynamoDB and runs kadmind. It answers an administrator only when every other node
// that is in sync has the change, so what was acknowledged is never lost with a node nor
// unknown to one. All of that is in node/, the very files that `lakekeel prove kdc` runs with
// the real MIT Kerberos; the constructs here carry them to AWS. The digest of the files
// stands in the template ([NodeDigest]).
//
// # One Auto Scaling group over both zones
//
// Not one for each zone: a group of one replaces its node only by having none or two for a
// while, and two groups cannot be told to wait for each other. One group knows that there
// are never fewer nodes than wanted, starts the successor first (maintenance policy, and
// CloudFormation's rolling update with signals), and keeps the zones even ("balanced-only").
// A node needs no identity that outlives it: it takes a full copy from the primary in seconds.
//
// # The address
//
// EMR's settings have room for one host. It is a name in a private zone that leads to the
// balancer. On the machines of a cluster a bootstrap action ([Client]) starts a proxy on the
// loopback and gives it that name; the proxy asks all nodes in turn, which is what makes a
// login succeed while a node or a link is lost, for MIT's library and for Java's.
//
// # What a live database keeps
//
// Realm, domain, name and the secrets' names cannot change; a custom resource refuses that
// before anything else of the deployment begins. Rotation of the administrator's password is
// followed by new clusters: EMR keeps the password that a cluster was made with and uses it
// for nodes that it adds later, so [KDCProps.RotateAfter] is a year by default.
//
// # Lambda-backed and not
//
// Three functions of one file, functions/index.py: the rotation, a node's leaving, and the
// custom resource Custom::KerberosFixed. All else is CloudFormation's own types.
package kerberos
