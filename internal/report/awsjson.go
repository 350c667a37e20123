package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"time"
)

// How the AWS command line writes a time: with microseconds, when there are any.
const (
	awsTime     = "2006-01-02T15:04:05-07:00"
	awsFraction = "2006-01-02T15:04:05.000000-07:00"
)

// AWS prints a value of the AWS SDK as the AWS command line would: members
// under their API names, what is not set left out, times in ISO 8601.
func AWS(out io.Writer, name string, value any) error {
	encoded, err := json.Marshal(map[string]any{name: plain{reflect.ValueOf(value)}})
	if err != nil {
		return fmt.Errorf("as JSON: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, encoded, "", "    "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, indented.String())
	return err
}

// AWSJSON is a value of the AWS SDK as JSON has it, by the rules of [AWS].
func AWSJSON(value any) (any, error) {
	encoded, err := json.Marshal(plain{reflect.ValueOf(value)})
	if err != nil {
		return nil, fmt.Errorf("as JSON: %w", err)
	}
	var decoded any
	err = json.Unmarshal(encoded, &decoded)
	return decoded, err
}

// plain is a value of the SDK that marshals by the rules of [AWS].
type plain struct{ value reflect.Value }

// MarshalJSON implements json.Marshaler.
func (p plain) MarshalJSON() ([]byte, error) {
	switch v := p.value; v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return plain{v.Elem()}.MarshalJSON()
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			if at.Nanosecond() >= int(time.Microsecond) {
				return json.Marshal(at.Format(awsFraction))
			}
			return json.Marshal(at.Format(awsTime))
		}
		return p.object()
	case reflect.Slice:
		list := []plain{}
		for i := range v.Len() {
			list = append(list, plain{v.Index(i)})
		}
		return json.Marshal(list)
	case reflect.Map:
		object := map[string]plain{}
		for _, key := range v.MapKeys() {
			object[key.String()] = plain{v.MapIndex(key)}
		}
		return json.Marshal(object)
	default:
		return json.Marshal(v.Interface())
	}
}

// object writes the members that are set, in the order in which the SDK declares them.
func (p plain) object() ([]byte, error) {
	out := []byte{'{'}
	for i := range p.value.NumField() {
		field, value := p.value.Type().Field(i), p.value.Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" || unset(value) {
			continue
		}
		member, err := plain{value}.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), field.Name...), `":`...)
		out = append(out, member...)
	}
	return append(out, '}'), nil
}

// unset reports whether the service gave no value. Plain numbers and booleans
// are always given; an empty enumeration never is.
func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.String() == ""
	}
	return false
}
