//go:build linux

package kdc

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/lakekeel/lakekeel/internal/prove/nlb"
)

// The proof's balancer is set as the stack's is, or it proves something else.
func TestBalancerIsSetAsInTheTemplate(t *testing.T) {
	text, err := os.ReadFile("../../../test/testdata/kdc.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Port                                           int
				Protocol, HealthCheckProtocol, HealthCheckPort string
				HealthCheckPath                                string
				HealthCheckIntervalSeconds                     int
				HealthCheckTimeoutSeconds                      int
				HealthyThresholdCount, UnhealthyThresholdCount int
				TargetGroupAttributes                          []struct{ Key, Value string }
			}
		}
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	want := map[uint16]nlb.Group{}
	for name, resource := range template.Resources {
		if resource.Type != "AWS::ElasticLoadBalancingV2::TargetGroup" {
			continue
		}
		p := resource.Properties
		attributes := map[string]string{}
		for _, attribute := range p.TargetGroupAttributes {
			attributes[attribute.Key] = attribute.Value
		}
		// What our balancer always does.
		for key, value := range map[string]string{
			"deregistration_delay.connection_termination.enabled":          "true",
			"target_health_state.unhealthy.connection_termination.enabled": "true",
			"preserve_client_ip.enabled":                                   "false",
		} {
			if attributes[key] != value {
				t.Errorf("%s has %s %q; the proof's balancer is %s", name, key, attributes[key], value)
			}
		}
		if p.Protocol != "TCP" || p.HealthCheckProtocol != "HTTP" {
			t.Errorf("%s is for %s, checked by %s; want TCP and HTTP", name, p.Protocol, p.HealthCheckProtocol)
		}
		check := nlb.Check{
			Port: uint16(number(t, p.HealthCheckPort)), Path: p.HealthCheckPath, Healthy: p.HealthyThresholdCount, Unhealthy: p.UnhealthyThresholdCount,
			Interval: time.Duration(p.HealthCheckIntervalSeconds) * time.Second, Timeout: time.Duration(p.HealthCheckTimeoutSeconds) * time.Second,
		}
		delay := time.Duration(number(t, attributes["deregistration_delay.timeout_seconds"])) * time.Second
		want[uint16(p.Port)] = nlb.Group{Port: uint16(p.Port), Check: check, Drain: delay}
	}
	got := (&replicated{}).groups()
	if len(got) != len(want) {
		t.Errorf("%d groups; the template has %d", len(got), len(want))
	}
	for _, group := range got {
		if group != want[group.Port] {
			t.Errorf("port %d: got %+v; the template says %+v", group.Port, group, want[group.Port])
		}
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
