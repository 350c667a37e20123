// Package redshiftrls keeps the row-level security of a Redshift database as code:
// policies, the tables they protect, and for whom.
//
//	redshiftrls.New(stack, "Rows", redshiftrls.Props{
//		Workgroup: "analytics", WorkgroupArn: *workgroup.AttrWorkgroupWorkgroupArn(), Database: "dev",
//		Policies: []redshiftrls.Policy{{
//			Name: "own_region", Columns: []redshiftrls.Column{{Name: "region", Type: "varchar(10)"}},
//			Using: "region = 'EMEA'",
//		}},
//		Tables: []redshiftrls.Table{{
//			Name: "sales.orders",
//			Attach: []redshiftrls.Attachment{{Policy: "own_region", To: []redshiftrls.Grantee{redshiftrls.Role("analyst")}}},
//		}},
//	})
//
// CloudFormation has no type for any of it. A function (function/index.py) speaks to the
// Redshift Data API: it reads what the database has, and applies the difference in one
// transaction, so a change that fails leaves the former policies in force. It touches the
// policies and tables that it was given, and no others. When one is taken out of the
// template it is detached before it is dropped, and the table stays closed
// ([Table.OpenOnRemoval]).
//
// The function's database user needs the role sys:secadmin (GRANT ROLE sys:secadmin TO …):
// the user of the secret, or without a secret the user that Redshift makes of the function's
// role, "IAMR:" and [Rows.Role]'s name.
//
// What is proved where: the function runs in the tests against a stand-in for the Data API
// that takes its statements apart, strictly, and puts them in force on a real PostgreSQL in real
// transactions; so quoting, order, rollback and what each user sees are real, Redshift's own
// parser and catalog are not.
package redshiftrls
