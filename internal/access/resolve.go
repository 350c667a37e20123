package access

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// A resolver says what CloudFormation's functions will give, as far as that stands in the
// templates. What only the deployment knows is written ${STACK.LOGICAL-ID}.
type resolver struct{ stacks []Stack }

// names are the properties by which the types that grants refer to have a name.
var nameOf = map[string]string{
	"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName", "AWS::S3::Bucket": "BucketName", "AWS::LakeFormation::Tag": "TagKey",
}

// text is a value of a stack as text.
func (r resolver) text(s Stack, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool, float64:
		return fmt.Sprint(v)
	case map[string]any:
		for function, argument := range v {
			if text, ok := r.call(s, function, argument); ok {
				return text
			}
		}
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func (r resolver) call(s Stack, function string, argument any) (string, bool) {
	switch function {
	case "Ref":
		return r.ref(s, fmt.Sprint(argument)), true
	case "Fn::GetAtt":
		if list, ok := argument.([]any); ok && len(list) == 2 {
			return r.attribute(s, fmt.Sprint(list[0]), fmt.Sprint(list[1])), true
		}
	case "Fn::Join":
		if list, ok := argument.([]any); ok && len(list) == 2 {
			if parts, ok := list[1].([]any); ok {
				var texts []string
				for _, part := range parts {
					texts = append(texts, r.text(s, part))
				}
				return strings.Join(texts, fmt.Sprint(list[0])), true
			}
		}
	case "Fn::Sub":
		if pattern, ok := argument.(string); ok {
			return r.substitute(s, pattern), true
		}
	case "Fn::GetStackOutput":
		if of, ok := argument.(map[string]any); ok {
			return r.output(r.text(s, of["StackName"]), r.text(s, of["OutputName"]))
		}
	case "Fn::ImportValue":
		return r.imported(r.text(s, argument))
	}
	return "", false
}

// pseudo are CloudFormation's pseudo parameters in a stack.
func (s Stack) pseudo() map[string]string {
	partition, suffix := "aws", "amazonaws.com"
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		partition, suffix = "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		partition = "aws-us-gov"
	case strings.HasPrefix(s.Region, "eusc-"):
		partition, suffix = "aws-eusc", "amazonaws.eu"
	}
	return map[string]string{
		"AWS::AccountId": cmp.Or(s.Account, "${AWS::AccountId}"), "AWS::Region": cmp.Or(s.Region, "${AWS::Region}"),
		"AWS::Partition": partition, "AWS::URLSuffix": suffix, "AWS::StackName": s.Name,
	}
}

func (r resolver) ref(s Stack, id string) string {
	if value, ok := s.pseudo()[id]; ok {
		return value
	}
	resource := s.Template.Resources[id]
	if property, ok := nameOf[resource.Type]; ok {
		if name := resource.Properties[property]; name != nil {
			return r.text(s, name)
		}
	}
	return unknown(s, id)
}

func (r resolver) attribute(s Stack, id, attribute string) string {
	resource := s.Template.Resources[id]
	p := s.pseudo()
	switch {
	case attribute == "Arn" && resource.Type == "AWS::IAM::Role":
		return "arn:" + p["AWS::Partition"] + ":iam::" + p["AWS::AccountId"] + ":role" + cmp.Or(r.text(s, resource.Properties["Path"]), "/") + r.ref(s, id)
	case attribute == "Arn" && resource.Type == "AWS::S3::Bucket":
		return "arn:" + p["AWS::Partition"] + ":s3:::" + r.ref(s, id)
	case resource.Type == "Custom::LakekeelReservedRole":
		return "permission set " + r.text(s, resource.Properties["PermissionSet"]) + " in account " + p["AWS::AccountId"]
	}
	return unknown(s, id+"."+attribute)
}

func unknown(s Stack, what string) string { return "${" + s.Name + "." + what + "}" }

func (r resolver) substitute(s Stack, pattern string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if id, attribute, dotted := strings.Cut(name, "."); dotted {
			out.WriteString(r.attribute(s, id, attribute))
		} else {
			out.WriteString(r.ref(s, name))
		}
		pattern = after
	}
}

func (r resolver) output(stack, name string) (string, bool) {
	for _, s := range r.stacks {
		if output, ok := s.Template.Outputs[name]; ok && s.Name == stack {
			return r.text(s, output.Value), true
		}
	}
	return "${" + stack + "." + name + "}", true
}

func (r resolver) imported(name string) (string, bool) {
	for _, s := range r.stacks {
		for _, output := range s.Template.Outputs {
			if r.text(s, output.Export.Name) == name {
				return r.text(s, output.Value), true
			}
		}
	}
	return "${" + name + "}", true
}
