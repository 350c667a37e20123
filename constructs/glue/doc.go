// Package glue defines what runs on AWS Glue: jobs, crawlers, the catalog
// database that they fill, and workflows that put them in order.
//
// A [Workflow] is a graph, not a list of triggers. Its user says what runs after
// what; triggers, their names, their predicates, how the workflow starts and what
// starts with it are derived, and a graph that Glue would accept and then never
// finish is refused before the CDK is touched.
//
// # One modification of one workflow at a time
//
// Glue refuses to create, change or delete a trigger of a workflow while another
// trigger of the same workflow is being created, changed or deleted
// (ConcurrentModificationException, "Workflow X was modified while adding trigger
// Y to it"; aws-cloudformation/cloudformation-coverage-roadmap#2103). CloudFormation
// handles resources side by side unless they depend on each other, so the triggers
// of one workflow must form one chain: N triggers have a dependency depth of N, and
// nothing shallower keeps the rule. The rule says nothing about different
// workflows, nor about jobs and crawlers, so there the chain ends: K workflows of N
// triggers still have depth N. [WorkflowProps.TriggerOrder] is that chain. Its first
// trigger waits for the jobs and crawlers, their roles and their grants.
//
// # Names
//
// Glue knows jobs, crawlers, workflows and triggers by name in the whole account and
// region. Derived names of triggers ("t_start", "t_curate") are short on purpose; where
// two workflows stand in one account, give their StartTrigger and, if their actions'
// names are alike but for j_ and c_, their steps' Trigger.
//
// # Roles
//
// Each job and crawler has a role of its own, which only Glue can take and only for
// this account. It can write the logs of its kind, read the script or the targets, and
// use the key of its security configuration. Data is granted to the job or crawler
// itself: bucket.GrantRead(job, nil), database.GrantWrite(job).
package glue
