// Package fsxlustre gives the pods of a Kubernetes cluster an Amazon FSx for Lustre file
// system to share: one that CloudFormation makes ([FileSystem], static), or one that the CSI
// driver makes when a pod first asks ([Dynamic]).
//
// What either needs on the cluster is plain data, from Manifests, and is brought there by
// whoever brings manifests (emreks.Cluster.Apply). Its claim is what a job mounts.
package fsxlustre
