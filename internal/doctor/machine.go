package doctor

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// A machine is what decides by which command a thing is installed.
type machine struct {
	system  string // "linux" or "darwin"
	id      string // distribution as in os-release's ID, e.g. "debian"; empty on macOS
	version string // as in VERSION_ID, e.g. "12"
	like    string // distributions it is like, as in ID_LIKE, e.g. "debian"
	root    bool
	// newest returns the version a package has in the distribution, e.g. "18.20.4", or "" when unknown.
	newest func(pkg string) string
}

func thisMachine() machine {
	m := machine{system: runtime.GOOS, root: os.Geteuid() == 0, newest: aptCandidate}
	content, _ := os.ReadFile("/etc/os-release") // absent on macOS
	m.read(string(content))
	return m
}

// read takes the distribution from the content of an os-release file.
func (m *machine) read(release string) {
	for line := range strings.Lines(release) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		switch name {
		case "ID":
			m.id = value
		case "VERSION_ID":
			m.version = value
		case "ID_LIKE":
			m.like = value
		}
	}
}

func (m machine) String() string {
	if m.id == "" {
		return m.system
	}
	return strings.TrimSpace(m.id + " " + m.version)
}

// family is the distribution whose commands serve here: "debian", "fedora", "darwin", or "" for one not known.
func (m machine) family() string {
	if m.system == "darwin" {
		return "darwin"
	}
	for _, id := range append([]string{m.id}, strings.Fields(m.like)...) {
		switch id {
		case "debian", "ubuntu":
			return "debian"
		case "fedora", "rhel", "centos", "amzn":
			return "fedora"
		}
	}
	return ""
}

// mends holds, per family and tool, the command without the sudo that is put before each part.
var mends = map[string]map[string]string{
	"debian": {
		"go":     "apt-get install -y golang-go",
		"node":   "apt-get install -y nodejs npm",
		"npm":    "apt-get install -y npm",
		"python": "apt-get install -y python3 python3-venv",
		"venv":   "apt-get install -y python3-venv",
		"java":   "apt-get install -y openjdk-17-jre-headless",
	},
	"fedora": {
		"go":     "dnf install -y golang",
		"node":   "dnf install -y nodejs22 nodejs22-npm",
		"npm":    "dnf install -y nodejs-npm",
		"python": "dnf install -y python3.12",
		"venv":   "dnf install -y python3-libs",
		"java":   "dnf install -y java-17-openjdk-headless",
	},
	"darwin": {
		"go":     "brew install go",
		"node":   "brew install node@22 && brew link --overwrite node@22",
		"npm":    "brew install node@22 && brew link --overwrite node@22",
		"python": "brew install python@3.12",
		"venv":   "brew install python@3.12",
		"java":   `brew install openjdk@17 && export JAVA_HOME="$(brew --prefix openjdk@17)/libexec/openjdk.jdk/Contents/Home"`,
	},
}

// byHand says where a thing comes from on a system without a command we know.
var byHand = map[string]string{
	"go":     "install Go 1.26 from https://go.dev/dl",
	"node":   "install Node 22 from https://nodejs.org/en/download",
	"npm":    "install Node 22, which brings npm, from https://nodejs.org/en/download",
	"python": "install Python 3.12 from https://www.python.org/downloads",
	"venv":   "install the venv module of this Python",
	"java":   "install Java 17 from https://adoptium.net/temurin/releases",
}

// mend returns the command that installs a tool here.
func (m machine) mend(tool string) string {
	command := mends[m.family()][tool]
	switch {
	case command == "":
		return byHand[tool]
	case m.family() == "darwin":
		return command // brew refuses to run as root
	case m.family() == "debian" && !m.enough(tool):
		return m.newer(tool)
	}
	return m.asRoot(command)
}

// enough reports whether the distribution's own package is new enough, as far as that can be known here.
func (m machine) enough(tool string) bool {
	least := map[string]struct {
		pkg   string
		major int
		minor int
	}{"go": {"golang-go", 1, 21}, "node": {"nodejs", 22, 0}, "java": {"openjdk-17-jre-headless", 17, 0}, "python": {"python3", 3, 11}}
	want, ok := least[tool]
	if !ok {
		return true
	}
	major, minor := majorMinor(m.newest(want.pkg))
	return major > want.major || major == want.major && minor >= want.minor
}

// newer returns how to get what Debian's own packages are too old for.
func (m machine) newer(tool string) string {
	switch tool {
	case "node": // npm's n puts Node's own builds under /usr/local
		return m.asRoot("apt-get install -y npm") + " && " + m.asRoot("npm install -g n") + " && " + m.asRoot("n 22")
	case "python": // Ubuntu 22.04 has it beside its python3
		if m.newest("python3.11") != "" {
			return m.asRoot("apt-get install -y python3.11 python3.11-venv")
		}
	case "java":
		return m.asRoot("apt-get update") + " && " + m.asRoot(mends["debian"]["java"]) + "; where that package is gone, " + byHand["java"]
	}
	return byHand[tool]
}

func (m machine) asRoot(command string) string {
	if m.root {
		return command
	}
	return "sudo " + command
}

// majorMinor reads the beginning of a package's version, e.g. "2:1.19~1" or "18.20.4+dfsg-1"; zeros when it has none.
func majorMinor(version string) (major, minor int) {
	if _, after, ok := strings.Cut(version, ":"); ok {
		version = after
	}
	numbers := strings.FieldsFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if len(numbers) > 0 {
		major, _ = strconv.Atoi(numbers[0])
	}
	if len(numbers) > 1 {
		minor, _ = strconv.Atoi(numbers[1])
	}
	return major, minor
}

// aptCandidate asks apt's local lists which version it would install.
func aptCandidate(pkg string) string {
	printed, err := exec.Command("apt-cache", "policy", pkg).Output()
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(printed)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "Candidate:"); ok {
			return strings.TrimSpace(version)
		}
	}
	return ""
}
