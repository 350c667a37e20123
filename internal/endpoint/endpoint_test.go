package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/lakekeel/lakekeel/internal/home"
)

// A file that the patterns miss would be there for whoever works in the checkout, and for nobody else.
func TestSourceIsWhole(t *testing.T) {
	err := filepath.WalkDir("python/lakekeel_endpoint", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "__pycache__") || strings.HasSuffix(path, ".md") {
			return err
		}
		if _, err := fs.Stat(source, path); err != nil {
			t.Errorf("%s is not carried in the program; widen the patterns in source.go", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnpack(t *testing.T) {
	h := home.Home(t.TempDir())
	first, err := unpack(h)
	if err != nil {
		t.Fatal(err)
	}
	again, err := unpack(h)
	if err != nil || again != first {
		t.Errorf("unpacked twice: %s, then %s, %v", first, again, err)
	}
	if _, err := os.Stat(filepath.Join(first, "lakekeel_endpoint", "__main__.py")); err != nil {
		t.Error(err)
	}
}

func TestFindWithoutAnEndpoint(t *testing.T) {
	h := home.Home(t.TempDir())
	if _, err := Find(context.Background(), h); !errors.Is(err, ErrDown) {
		t.Errorf("got %v; want ErrDown", err)
	}
}

// A process that was killed leaves its record; the number in it may be another program's by now.
func TestStopLeavesOtherProcessesAlone(t *testing.T) {
	h := home.Home(t.TempDir())
	bystander := os.Getpid()
	leave(t, h, Record{PID: bystander, URL: "http://127.0.0.1:1"}, bystander)
	if _, err := Find(context.Background(), h); !errors.Is(err, ErrDown) {
		t.Errorf("found %v; want ErrDown", err)
	}
	if _, err := Stop(context.Background(), h); !errors.Is(err, ErrDown) {
		t.Errorf("stopped %v; want ErrDown", err)
	}
	if _, err := os.Stat(recordOf(h)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the stale record is still there: %v", err)
	}
}

func TestFindAsksTheEndpoint(t *testing.T) {
	answers := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(answers)
		w.Write([]byte(`{"status": "ok", "account": "123456789012", "region": "eu-west-1"}`))
	}))
	defer server.Close()
	h := home.Home(t.TempDir())
	leave(t, h, Record{PID: 4242, URL: server.URL, Account: "123456789012"}, 4242)
	held := flock.New(filepath.Join(h.Endpoint(), "endpoint.lock"))
	if ok, err := held.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer held.Close()
	if record, err := Find(context.Background(), h); err != nil || record.URL != server.URL {
		t.Errorf("got %+v, %v", record, err)
	}
	answers = http.StatusInternalServerError
	if _, err := Find(context.Background(), h); err == nil || !strings.Contains(err.Error(), "(process 4242) does not answer") {
		t.Errorf("got %v; want a sentence that names the process", err)
	}
}

func TestHealthOfAStranger(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for url, want := range map[string]string{
		server.URL:           "what answers at " + server.URL + " is no Lakekeel endpoint",
		"http://127.0.0.1:1": "nothing answers at http://127.0.0.1:1",
		"::":                 `"::" is no URL; want one such as http://127.0.0.1:4566`,
	} {
		if _, err := Health(context.Background(), url); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	server := httptest.NewServer(nil)
	defer server.Close()
	_, number, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	port, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	want := "port " + number + " cannot be used (address already in use); give another with --port, or none for any that is free"
	if err := portFree(port); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := portFree(0); err != nil {
		t.Errorf("port 0: %v", err)
	}
}

func TestEnvironmentCutsOffRealAccounts(t *testing.T) {
	got := withoutAWS([]string{"AWS_PROFILE=prod", "HOME=/h", "AWS_SESSION_TOKEN=x"})
	if strings.Join(got, " ") != "HOME=/h" {
		t.Errorf("got %v", got)
	}
}

// leave writes what an endpoint with this record and process number leaves in its home.
func leave(t *testing.T, h home.Home, record Record, pid int) {
	t.Helper()
	content, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"endpoint.json": string(content), "endpoint.lock": strconv.Itoa(pid)} {
		if err := os.MkdirAll(h.Endpoint(), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.Endpoint(), name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
