package policy

// Folder are actions on the objects of a bucket below a prefix, and the listing of them.
// The prefix has no slash at its end; if empty, they are all objects of the bucket.
// Wildcard says why the objects are not named.
func (p Place) Folder(bucket, prefix, wildcard string, actions ...string) []Statement {
	objects := bucket + "/*"
	var conditions map[string]any
	if prefix != "" {
		objects = bucket + "/" + prefix + "/*"
		// "IfExists": S3 asks for the right to list without a prefix when an object is
		// looked for that is not there, and answers 403 instead of 404 without it:
		// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html.
		conditions = map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": []string{prefix, prefix + "/*"}}}
	}
	return []Statement{
		{Actions: actions, Resources: []string{p.S3(objects)}, Wildcard: wildcard},
		{Actions: []string{"s3:ListBucket"}, Resources: []string{p.S3(bucket)}, Conditions: conditions},
	}
}
