'use strict';
// The part of package batch that runs in Node; ../batch.go describes what it takes.
const libraries = { 'aws-cdk-lib': require('aws-cdk-lib'), constructs: require('constructs') };
const { RemovalPolicy, aws_iam: { PolicyStatement } } = libraries['aws-cdk-lib'];

class Batch {
  /** Makes the resources in order; returns the first of them, and the Ref of the last. */
  static make(scope, resources, waits) {
    const made = [];
    for (const { type, id, props, metadata, removal, after, waits: forGiven } of JSON.parse(resources)) {
      const one = new (classOf(type))(made[0] ?? scope, id, props ? filled(props, made) : undefined);
      for (const [key, value] of Object.entries(metadata ?? {})) one.addMetadata(key, value);
      if (removal) one.applyRemovalPolicy(RemovalPolicy[removal]);
      if (after) one.addResourceDependency(made[after]);
      if (forGiven) one.node.addDependency(...waits);
      made.push(one);
    }
    return [made[0], made.at(-1).ref];
  }

  /** Adds a statement to the policy of a resource that has one. */
  static allow(resource, statement) {
    resource.addToResourcePolicy(PolicyStatement.fromJson(JSON.parse(statement)), true);
  }
}

/** The class by jsii's name of it, e.g. aws-cdk-lib.aws_glue.CfnJob. */
function classOf(type) {
  const [library, ...path] = type.split('.');
  const found = path.reduce((at, name) => at?.[name], libraries[library]);
  if (!found) throw new Error(`there is no ${type} in the CDK`);
  return found;
}

/** The properties without the nulls that Go writes for nil, and with what Made stands for. */
function filled(props, made) {
  for (const [key, value] of Object.entries(props)) {
    if (value === null) props[key] = undefined;
    else if (typeof value === 'object') filled(value, made);
    else if (typeof value === 'string' && value.startsWith('${Made[')) {
      props[key] = value.replace(/^\$\{Made\[(\d+)\]\.(\w+)\}$/, (_, index, attribute) => made[index][attribute]);
    }
  }
  return props;
}

module.exports = { Batch };
