package kubernetes

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// users are those whom the server knows, by name: groups, with the name as the token.
// On EKS an access entry says the same of a role.
var users = map[string]string{
	"admin":          "system:masters",
	"applier":        "lakekeel:applier",
	"emr-containers": "",
	"seller":         "lakekeel:team:sales",
	"stranger":       "",
}

// A server is a kube-apiserver with etcd and controllers, on loopback.
type server struct {
	url         string
	certificate []byte // PEM
	client      *http.Client
}

// start starts a server that ends with the test.
func start(t testing.TB) *server {
	t.Helper()
	etcd, err := exec.LookPath("etcd")
	if err != nil {
		skip(t, "etcd is not installed; on Debian: apt-get install etcd-server")
	}
	bin, dir := binaries(t), t.TempDir()
	key := writeKey(t, dir)
	port, etcdURL, peerURL := freePort(t), fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	var tokens strings.Builder
	for name, groups := range users {
		fmt.Fprintf(&tokens, "%s,%s,%s,%q\n", name, name, name, groups)
	}
	write(t, filepath.Join(dir, "tokens.csv"), tokens.String())
	spawn(t, dir, etcd, "--data-dir="+filepath.Join(dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+etcdURL, "--advertise-client-urls="+etcdURL, "--listen-peer-urls="+peerURL,
		"--initial-advertise-peer-urls="+peerURL, "--initial-cluster=default="+peerURL)
	spawn(t, dir, filepath.Join(bin, "kube-apiserver"), "--etcd-servers="+etcdURL, fmt.Sprintf("--secure-port=%d", port),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--cert-dir="+filepath.Join(dir, "certs"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		"--service-cluster-ip-range=172.20.0.0/16", "--token-auth-file="+filepath.Join(dir, "tokens.csv"),
		"--authorization-mode=RBAC", "--endpoint-reconciler-type=none", "--allow-privileged=true")
	s := &server{url: fmt.Sprintf("https://127.0.0.1:%d", port)}
	s.wait(t, dir)
	write(t, filepath.Join(dir, "kubeconfig"), fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"x",
		"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority":%q}}],
		"users":[{"name":"u","user":{"token":"admin"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`,
		s.url, filepath.Join(dir, "certs", "apiserver.crt")))
	spawn(t, dir, filepath.Join(bin, "kube-controller-manager"), "--kubeconfig="+filepath.Join(dir, "kubeconfig"), "--secure-port=0", "--leader-elect=false",
		"--controllers=resourcequota-controller,namespace-controller,serviceaccount-controller,persistentvolume-binder-controller,persistentvolumeclaim-protection-controller,persistentvolume-protection-controller", "--service-account-private-key-file="+key,
		"--resource-quota-sync-period=5s")
	return s
}

// wait returns when the server is ready, and knows its certificate then.
func (s *server) wait(t testing.TB, dir string) {
	t.Helper()
	file := filepath.Join(dir, "certs", "apiserver.crt")
	for range 240 {
		time.Sleep(250 * time.Millisecond)
		certificate, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(certificate) {
			continue
		}
		s.certificate = certificate
		s.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
		if status, _ := s.try("admin", "GET", "/readyz", nil); status == http.StatusOK {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(dir, "kube-apiserver.log"))
	t.Fatalf("kube-apiserver did not get ready in a minute:\n%s", log[max(0, len(log)-4000):])
}

// spawn starts a program that dies with the test, whatever happens to the test.
func spawn(t testing.TB, dir, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, filepath.Base(name)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = dieTogether()
	command.Env = append(os.Environ(), "ETCD_UNSUPPORTED_ARCH=arm64")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { command.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			command.Process.Kill()
			<-done
		}
		log.Close()
	})
}

// An object is a Kubernetes object, or a Status that refuses one.
type object map[string]any

// try asks the server as a user and returns the status and what came back.
func (s *server) try(user, method, path string, body any) (int, object) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, object{"message": err.Error()}
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, s.url+path, reader)
	if err != nil {
		return 0, object{"message": err.Error()}
	}
	request.Header.Set("Authorization", "Bearer "+user)
	request.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(request)
	if err != nil {
		return 0, object{"message": err.Error()}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	found := object{}
	if json.Unmarshal(text, &found) != nil {
		found["message"] = string(text)
	}
	return answer.StatusCode, found
}

// may fails the test unless the answer to the user is the status.
func (s *server) may(t *testing.T, status int, user, method, path string, body any) object {
	t.Helper()
	got, found := s.try(user, method, path, body)
	if got != status {
		t.Errorf("%s %s as %s: %d; want %d\n%v", method, path, user, got, status, found["message"])
	}
	return found
}

// refused fails the test unless the server says no with these words.
func (s *server) refused(t *testing.T, user, path string, body any, words string) {
	t.Helper()
	status, found := s.try(user, "POST", path, body)
	message := fmt.Sprint(found["message"])
	if status < 400 || !strings.Contains(message, words) {
		t.Errorf("POST %s as %s: %d %s\nwant a refusal with %q", path, user, status, message, words)
	}
}

// eventually waits for what controllers do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 120 {
		if ok() {
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	t.Fatalf("not in 30 seconds: %s", what)
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func writeKey(t testing.TB, dir string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sa.key")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
	return file
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
