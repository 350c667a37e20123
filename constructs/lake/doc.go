// Package lake holds data: buckets, the key that encrypts them, and the files that an
// app brings along for them, scripts and sample data.
//
// # Two keys to delete data
//
// A bucket or key survives the deletion of its stack, and its own removal from the
// app, unless two people agree: who wrote the system (DestroyData of the construct's
// props) and who describes the environment ([AllowDestroy]). With both, a bucket is
// emptied, with all versions, and deleted. Take either one back and deploy, and the
// data is kept again.
//
// # Files
//
// [Scripts] and [SampleData] are file assets of the CDK, so that they travel with the
// app, and are copied into a bucket of the stack by a Lambda function of 100 lines of
// Python that stands in the template. There is no Docker, no network and no AWS call at
// synth; and no Provider framework, whose functions are larger than what they would do here.
package lake
