// Package lakeformation says in Go who may see what in a data lake, and makes it so with
// AWS Lake Formation.
//
// # Reading order
//
// [Settings] hands the account over to Lake Formation, a [DataLocation] puts a folder of S3
// under it, and [Grants] holds the tags and every grant:
//
//	covid := lakeformation.Database{Name: "covid19db"}
//	cases := covid.Table("cases", "country", "date", "cases", "beds")
//	grants := []lakeformation.Grant{
//		covid.Grant(analyst).Describe(),
//		cases.Except("beds").Where("country = 'Germany'").Grant(analyst).Select(),
//	}
//
// # One grant, one resource
//
// A grant of several actions becomes one CloudFormation resource for each action, whose
// logical id follows from principal, resource and action alone. CloudFormation replaces a
// changed grant by giving the new one before it takes the old one back, and Lake Formation
// would take back what both have in common; resources that never change cannot lose
// anything that way. What touches one table, database or location is done one after the
// other, because Lake Formation answers parallel changes of one resource with
// ConcurrentModificationException; different resources are done in parallel.
package lakeformation
