// Package identitycenter gives people of IAM Identity Center their rights: permission sets,
// whom they are assigned to in which account, and the role that an assignment makes there.
//
// Identity Center has one home, the organization's management account or one that it
// delegated to. [Home] says which; what is defined for it in a stack of another account is
// refused. The roles that it makes are in the other accounts: [ReservedRole] finds one of
// them, in a stack of that account, for grants of constructs/lakeformation.
package identitycenter
