package emreks

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lakekeel/lakekeel/internal/check"
	"github.com/lakekeel/lakekeel/internal/policy"
)

// DefaultRelease is the release of EMR of a job that names none:
// https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-7.13.0.html.
const DefaultRelease = "emr-7.13.0-latest"

// Size is what one driver or executor is given. Its pod has Memory and an overhead for
// what is not the JVM's heap: a tenth, or for Python four tenths, and at least 384 MiB,
// as Spark reckons (spark.kubernetes.memoryOverheadFactor).
type Size struct {
	Cores  int      // 1 or more; if zero, 2 for a driver, 4 for an executor
	Memory Quantity // of the JVM's heap; if empty, 4Gi for a driver, 8Gi for an executor
}

// JobProps describes a [Job].
type JobProps struct {
	Name      string // 1 to 40 of a-z, 0-9 and "-", unique in the namespace
	Tenant    *Tenant
	Namespace string // of the tenant; if empty, its first

	EntryPoint string   // s3:// URL of a Python file or a jar, or local:// path in EMR's image; may hold tokens
	Class      string   // main class of a jar
	Arguments  []string // of the entry point; may hold tokens
	Jars       []string // s3:// URLs or local:// paths, for driver and executors
	PyFiles    []string // s3:// URLs or local:// paths of Python modules
	Release    string   // of EMR on EKS, e.g. "emr-6.8.0-latest"; if empty, DefaultRelease

	Driver, Executor Size
	Executors        int // if zero, 2
	MaxExecutors     int // if more than Executors, Spark asks for more while there is work

	// Conf are further settings of Spark, e.g. those of a table format. What has a
	// field here cannot be set by it, nor can what fences tenants.
	Conf map[string]string

	// Data is what the job reads and writes; part of what the tenant may. If nil, the
	// job runs as its namespace's role and may what the tenant may; otherwise it has a
	// role of its own that may no more than this and Rights.
	Data *Data

	// Rights are what a table format needs beside Data, such as its lock: the
	// Statements of a tableformat.Use. Only of a job with Data.
	Rights []policy.Statement

	// As is a job in the same namespace whose role this one shares: the several steps
	// on one table. If nil, none; otherwise Data and Rights are that job's.
	As *Job

	OnDemand     bool              // executors on nodes that nobody takes away; else on Spot
	HighPriority bool              // executors too; drivers always have it
	Zone         string            // all pods in one zone, e.g. "eu-west-1a"; if empty, anywhere
	NodeSelector map[string]string // further labels that nodes must have
	Mounts       []Mount           // file systems
	Retries      int               // of a failed driver, 0 to 10
}

func (p JobProps) orDefaults() JobProps {
	p.Release = cmp.Or(p.Release, DefaultRelease)
	p.Driver = Size{cmp.Or(p.Driver.Cores, 2), cmp.Or(p.Driver.Memory, "4Gi")}
	p.Executor = Size{cmp.Or(p.Executor.Cores, 4), cmp.Or(p.Executor.Memory, "8Gi")}
	p.Executors = cmp.Or(p.Executors, 2)
	if p.Namespace == "" && p.Tenant != nil {
		p.Namespace = p.Tenant.props.Namespaces[0]
	}
	return p
}

// python tells whether the entry point is a Python file.
func (p JobProps) python() bool { return strings.HasSuffix(p.EntryPoint, ".py") }

// overhead is the memory of a pod beside the heap, in MiB.
func (p JobProps) overhead(heap int64) int64 {
	tenths := int64(1)
	if p.python() {
		tenths = 4
	}
	return max(384, (heap*tenths+9)/10)
}

// podMemory is the memory of a pod in MiB.
func (p JobProps) podMemory(s Size) int64 {
	heap := s.Memory.mebibytes()
	return heap + p.overhead(heap)
}

// SparkConf are all settings of the job but those that are known at deployment only: the
// places of its pod templates, and the region.
func (p JobProps) SparkConf() map[string]string {
	p = p.orDefaults()
	conf := maps.Clone(p.Conf)
	if conf == nil {
		conf = map[string]string{}
	}
	p.sizes(conf)
	p.labels(conf)
	if len(p.Jars) > 0 {
		conf["spark.jars"] = strings.Join(p.Jars, ",")
	}
	if len(p.PyFiles) > 0 {
		conf["spark.submit.pyFiles"] = strings.Join(p.PyFiles, ",")
	}
	if data := p.data(); len(data.ReadDatabases)+len(data.WriteDatabases) > 0 {
		conf["spark.hadoop.hive.metastore.client.factory.class"] = "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
	}
	if p.Tenant != nil && p.Tenant.props.Confidential {
		maps.Copy(conf, confidential)
	}
	return conf
}

// sizes are the settings of cores and memory. Spark gives a pod no CPU limit by itself;
// the LimitRange would then give it its default, which is less than the pod asks for, and
// the API server refuses the pod.
func (p JobProps) sizes(conf map[string]string) {
	for part, size := range map[string]Size{"driver": p.Driver, "executor": p.Executor} {
		heap, cores := size.Memory.mebibytes(), itoa(size.Cores)
		conf["spark."+part+".cores"] = cores
		conf["spark."+part+".memory"] = strconv.FormatInt(heap, 10) + "m"
		conf["spark."+part+".memoryOverhead"] = strconv.FormatInt(p.overhead(heap), 10) + "m"
		conf["spark.kubernetes."+part+".request.cores"] = cores
		conf["spark.kubernetes."+part+".limit.cores"] = cores
	}
	conf["spark.executor.instances"] = itoa(p.Executors)
	if p.MaxExecutors > p.Executors {
		conf["spark.dynamicAllocation.enabled"] = "true"
		conf["spark.dynamicAllocation.shuffleTracking.enabled"] = "true"
		conf["spark.dynamicAllocation.minExecutors"] = itoa(p.Executors)
		conf["spark.dynamicAllocation.maxExecutors"] = itoa(p.MaxExecutors)
	}
}

// labels say on the pods whose they are, for selectors and for cost by team. They are no
// part of the pod templates, so that jobs alike share one file each.
func (p JobProps) labels(conf map[string]string) {
	if p.Tenant == nil {
		return
	}
	for _, part := range []string{"driver", "executor"} {
		conf["spark.kubernetes."+part+".label."+tenantLabel] = p.Tenant.Name
		conf["spark.kubernetes."+part+".label."+jobLabel] = p.Name
	}
}

// confidential are the settings of a job whose data nobody else on the nodes may read:
// who speaks is known, what is said and what is spilled is encrypted.
// https://spark.apache.org/docs/latest/security.html.
var confidential = map[string]string{
	"spark.authenticate":                "true",
	"spark.network.crypto.enabled":      "true",
	"spark.network.crypto.saslFallback": "false",
	"spark.io.encryption.enabled":       "true",
	"spark.io.encryption.keySizeBits":   "256",
}

// data is what the job may reach.
func (p JobProps) data() Data {
	switch {
	case p.As != nil:
		return p.As.props.data()
	case p.Data != nil:
		return *p.Data
	case p.Tenant != nil:
		return p.Tenant.props.Data
	}
	return Data{}
}

// files are the s3:// URLs that the job is made of.
func (p JobProps) files() []string {
	return slices.DeleteFunc(slices.Concat([]string{p.EntryPoint}, p.Jars, p.PyFiles), func(url string) bool { return !strings.HasPrefix(url, "s3://") })
}

var (
	release   = regexp.MustCompile(`^emr-([0-9]+)\.([0-9]+)\.([0-9]+)(-spark-rapids)?(-java(8|11|17))?-(latest|[0-9]{8})$`)
	className = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)
	labelKey  = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
)

// Limits of StartJobRun: https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
// and its parts.
const (
	maxEntryPoint = 256
	maxArgument   = 10280
	maxSettings   = 100  // with those that are known at deployment only
	maxSetting    = 1024 // of a setting's name, and of its value
)

// Validate reports every fault in the props as a [check.Fault]: of the request, and of
// the request against the limits of the tenant that it is for.
func (p JobProps) Validate() error {
	faults := check.Of("emreks.JobProps")
	faults.Want(tenantName.MatchString(p.Name), "Name", p.Name, `1 to 40 of a-z, 0-9 and "-", beginning and ending with a letter or digit`)
	faults.Want(p.Tenant != nil, "Tenant", nil, "the tenant whose job it is")
	p.checkEntry(faults)
	p.checkSizes(faults)
	p.checkConf(faults)
	faults.Want(p.Zone == "" || zoneName.MatchString(p.Zone), "Zone", p.Zone, `a zone such as "eu-west-1a", or nothing`)
	for _, key := range sorted(p.NodeSelector) {
		faults.Want(labelKey.MatchString(key), "NodeSelector", key, "the key of a label")
		faults.Want(key != tenantLabel, "NodeSelector", key, "a label other than that which keeps tenants apart")
	}
	for i, m := range p.Mounts {
		field := fmt.Sprintf("Mounts[%d]", i)
		m.check(faults, field)
		same := slices.ContainsFunc(p.Mounts[:i], func(o Mount) bool { return o.Path == m.Path })
		faults.Want(!same, field+".Path", m.Path, "a path that no other mount has")
	}
	faults.Want(p.Retries >= 0 && p.Retries <= 10, "Retries", p.Retries, "0 to 10")
	if p.Data != nil {
		p.Data.check(faults, "Data")
	}
	faults.Want(len(p.Rights) == 0 || p.Data != nil, "Rights", fmt.Sprintf("%d statements", len(p.Rights)), "none without Data, which gives the job a role of its own")
	faults.Want(p.As == nil || p.Data == nil, "As", p.As.name(), "nothing beside Data; the role is either the job's own or another's")
	if p.Tenant != nil {
		p.checkTenant(faults)
	}
	return faults.Err()
}

func (p JobProps) checkEntry(faults *check.Faults) {
	const want = "the s3:// URL or local:// path of a .py or .jar file"
	isFile := func(url string, ends ...string) bool {
		place := strings.HasPrefix(url, "s3://") || strings.HasPrefix(url, "local:///")
		return place && !strings.ContainsAny(url, "\n\r,*") && slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(url, end) })
	}
	faults.Want(isFile(p.EntryPoint, ".py", ".jar"), "EntryPoint", p.EntryPoint, want)
	faults.Want(len(p.EntryPoint) <= maxEntryPoint, "EntryPoint", fmt.Sprintf("%d characters", len(p.EntryPoint)), "at most 256")
	faults.Want(p.Class == "" || className.MatchString(p.Class), "Class", p.Class, "the name of a Java class")
	faults.Want(p.Class == "" || !p.python(), "Class", p.Class, "nothing; the entry point is a Python file")
	for i, argument := range p.Arguments {
		field := fmt.Sprintf("Arguments[%d]", i)
		faults.Want(strings.TrimSpace(argument) != "", field, argument, "some text; EMR takes no empty argument")
		faults.Want(len(argument) <= maxArgument, field, fmt.Sprintf("%d characters", len(argument)), "at most 10280")
	}
	for i, url := range p.Jars {
		faults.Want(isFile(url, ".jar"), fmt.Sprintf("Jars[%d]", i), url, "the s3:// URL or local:// path of a .jar file")
	}
	for i, url := range p.PyFiles {
		faults.Want(isFile(url, ".py", ".zip", ".egg"), fmt.Sprintf("PyFiles[%d]", i), url, "the s3:// URL or local:// path of a .py, .zip or .egg file")
	}
	label := cmp.Or(p.Release, DefaultRelease)
	faults.Want(release.MatchString(label), "Release", label, "a release of EMR on EKS such as "+DefaultRelease)
	faults.Want(!release.MatchString(label) || atLeast(label, 6, 2), "Release", label, "emr-6.2.0 or newer")
}

// atLeast tells whether a release label is of a version or newer.
func atLeast(label string, major, minor int) bool {
	parts := release.FindStringSubmatch(label)
	if parts == nil {
		return false
	}
	x, _ := strconv.Atoi(parts[1])
	y, _ := strconv.Atoi(parts[2])
	return x > major || x == major && y >= minor
}

func (p JobProps) checkSizes(faults *check.Faults) {
	faults.Want(p.Driver.Cores >= 0, "Driver.Cores", p.Driver.Cores, "1 or more, or 0 for 2")
	faults.Want(p.Executor.Cores >= 0, "Executor.Cores", p.Executor.Cores, "1 or more, or 0 for 4")
	d := p.orDefaults()
	wantQuantities(faults, map[string]Quantity{"Driver.Memory": d.Driver.Memory, "Executor.Memory": d.Executor.Memory})
	// Spark refuses a heap below 450 MiB, of which 300 are its own (UnifiedMemoryManager).
	const want = "450Mi or more, without which Spark does not start"
	faults.Want(!d.Driver.Memory.valid() || d.Driver.Memory.mebibytes() >= 450, "Driver.Memory", string(d.Driver.Memory), want)
	faults.Want(!d.Executor.Memory.valid() || d.Executor.Memory.mebibytes() >= 450, "Executor.Memory", string(d.Executor.Memory), want)
	faults.Want(p.Executors >= 0 && p.Executors <= 10000, "Executors", p.Executors, "1 to 10000, or 0 for 2")
	faults.Want(p.MaxExecutors == 0 || p.MaxExecutors >= d.Executors, "MaxExecutors", p.MaxExecutors, fmt.Sprintf("at least Executors, which is %d, or 0 for no more than that", d.Executors))
}

// fields are the settings that have a field, and which.
var fields = map[string]string{
	"spark.driver.cores": "Driver.Cores", "spark.driver.memory": "Driver.Memory", "spark.driver.memoryOverhead": "Driver.Memory",
	"spark.kubernetes.driver.request.cores": "Driver.Cores", "spark.kubernetes.driver.limit.cores": "Driver.Cores",
	"spark.executor.cores": "Executor.Cores", "spark.executor.memory": "Executor.Memory", "spark.executor.memoryOverhead": "Executor.Memory",
	"spark.kubernetes.executor.request.cores": "Executor.Cores", "spark.kubernetes.executor.limit.cores": "Executor.Cores",
	"spark.executor.instances": "Executors", "spark.dynamicAllocation.enabled": "MaxExecutors",
	"spark.dynamicAllocation.minExecutors": "Executors", "spark.dynamicAllocation.maxExecutors": "MaxExecutors",
	"spark.jars": "Jars", "spark.submit.pyFiles": "PyFiles",
}

// fencing are the settings by which a job could leave its place.
var fencing = regexp.MustCompile(`^spark\.(master|kubernetes\.(namespace|context|authenticate\..*|(driver|executor)\.(label\.lakekeel\.io/.*|podTemplateFile|podTemplateContainerName|scheduler\.name|serviceAccount.*|secrets\..*|secretKeyRef\..*|volumes\.hostPath\..*)|node\.selector\..*))$`)

// secretive are settings whose names say that the value is a secret, which would then
// stand in the request, in EMR's console and in the environment of every pod.
var secretive = regexp.MustCompile(`(?i)(password|passwd|secret|credential|access\.?key|api\.?key|private\.?key|token)`)

func (p JobProps) checkConf(faults *check.Faults) {
	for _, key := range sorted(p.Conf) {
		value := p.Conf[key]
		if field, ok := fields[key]; ok {
			faults.Want(false, "Conf", key, "no setting that has a field; set "+field)
			continue
		}
		faults.Want(strings.HasPrefix(key, "spark."), "Conf", key, `settings of Spark, which begin with "spark."`)
		faults.Want(!fencing.MatchString(key), "Conf", key, "no setting by which a job leaves its namespace")
		faults.Want(!secretive.MatchString(key) || value == "true" || value == "false" || strings.HasSuffix(key, ".provider"), "Conf", key, "no secret; set TenantProps.Secrets and read the file under /mnt/secrets")
		faults.Want(len(key) <= maxSetting, "Conf", fmt.Sprintf("a key of %d characters", len(key)), "keys of at most 1024")
		faults.Want(strings.TrimSpace(value) != "" && len(value) <= maxSetting, fmt.Sprintf("Conf[%q]", key), fmt.Sprintf("%d characters", len(value)), "1 to 1024")
		if p.Tenant != nil && p.Tenant.props.Confidential {
			needed, ok := confidential[key]
			faults.Want(!ok || value == needed, fmt.Sprintf("Conf[%q]", key), value, fmt.Sprintf("%s, since tenant %q is confidential", needed, p.Tenant.Name))
		}
	}
	for _, key := range []string{"spark.jars", "spark.submit.pyFiles"} {
		length := len(p.SparkConf()[key])
		faults.Want(length <= maxSetting, fields[key], fmt.Sprintf("%d characters together", length), "at most 1024, joined by commas")
	}
	count := len(p.SparkConf()) + settingsAtDeployment
	faults.Want(count <= maxSettings, "Conf", fmt.Sprintf("%d settings with those of the job itself", count), "at most 100")
}

// checkTenant holds the job against the tenant: its namespaces, identity, data, and the
// limits that its API server would otherwise refuse the pods by, one after the other and
// at night.
func (p JobProps) checkTenant(faults *check.Faults) {
	t := p.Tenant.props
	if p.Namespace != "" {
		faults.Want(slices.Contains(t.Namespaces, p.Namespace), "Namespace", p.Namespace, check.Suggest("a namespace of tenant "+strconv.Quote(t.Name)+": "+check.OneOf(t.Namespaces), p.Namespace, t.Namespaces))
	}
	label := cmp.Or(p.Release, DefaultRelease)
	if t.Identity == PodIdentity && release.MatchString(label) {
		faults.Want(atLeast(label, 7, 3), "Release", label, fmt.Sprintf("emr-7.3.0 or newer, since tenant %q has PodIdentity; set TenantProps.Identity to WebIdentity for older ones", t.Name))
	}
	if p.As != nil {
		same := p.As.props.Tenant == p.Tenant && p.As.props.Namespace == p.orDefaults().Namespace
		faults.Want(same, "As", p.As.name(), fmt.Sprintf("a job in namespace %q, which alone can take the role", p.orDefaults().Namespace))
	}
	if p.Data != nil {
		p.Data.checkIn(faults, t.Data, t.Name)
		role := t.Cluster.Name + "." + p.orDefaults().Namespace + "." + p.Name
		faults.Want(len(role) <= maxRoleName, "Name", p.Name, fmt.Sprintf("a name that makes a role of at most %d characters; %q has %d", maxRoleName, role, len(role)))
	}
	if d := p.orDefaults(); d.Driver.Memory.valid() && d.Executor.Memory.valid() && d.Driver.Cores > 0 && d.Executor.Cores > 0 {
		d.checkLimits(faults)
		d.checkQuota(faults)
	}
}

// checkLimits holds driver and executor against the LimitRange.
func (p JobProps) checkLimits(faults *check.Faults) {
	t := p.Tenant.props
	for _, part := range []struct {
		name string
		size Size
	}{{"Driver", p.Driver}, {"Executor", p.Executor}} {
		cores := Quantity(itoa(part.size.Cores))
		setting := "spark." + strings.ToLower(part.name) + ".cores=" + string(cores)
		place := fmt.Sprintf("of tenant %q: the LimitRange of namespace %q refuses", t.Name, p.Namespace)
		faults.Want(!cores.exceeds(t.Limits.MaxCPU), part.name+".Cores", part.size.Cores, fmt.Sprintf("at most %s, which is Limits.MaxCPU %s %s", t.Limits.MaxCPU, place, setting))
		faults.Want(!t.Limits.MinCPU.exceeds(cores), part.name+".Cores", part.size.Cores, fmt.Sprintf("at least %s, which is Limits.MinCPU %s %s", t.Limits.MinCPU, place, setting))
		memory := p.podMemory(part.size)
		faults.Want(!Quantity(fmt.Sprintf("%dMi", memory)).exceeds(t.Limits.MaxMemory), part.name+".Memory", string(part.size.Memory),
			fmt.Sprintf("a pod of at most %s, which is Limits.MaxMemory %s one of %d MiB with its overhead", t.Limits.MaxMemory, place, memory))
	}
}

// A total is what all pods of a job ask for.
type total struct {
	field string   // of Quota
	most  Quantity // what the tenant has
	need  *big.Rat
	unit  string
}

// totals add up a job: driver, executors, a container beside each that carries logs
// away, and the pod of two containers that submits the job. Of the latter, EMR sets no
// size, so they have the defaults of the LimitRange.
func (p JobProps) totals() []total {
	t := p.Tenant.props
	n := int64(p.Executors)
	cores := new(big.Rat).SetInt64(int64(p.Driver.Cores) + n*int64(p.Executor.Cores))
	memory := new(big.Rat).SetInt64((p.podMemory(p.Driver) + n*p.podMemory(p.Executor)) << 20)
	with := func(base *big.Rat, each Quantity) *big.Rat {
		helpers := new(big.Rat).SetInt64(3 + n) // one for the driver, two that submit, one an executor
		return new(big.Rat).Add(base, helpers.Mul(helpers, each.value()))
	}
	return []total{
		{"RequestsCPU", t.Quota.RequestsCPU, with(cores, t.Limits.DefaultRequestCPU), "CPU"},
		{"LimitsCPU", t.Quota.LimitsCPU, with(cores, t.Limits.DefaultCPU), "CPU"},
		{"RequestsMemory", t.Quota.RequestsMemory, with(memory, t.Limits.DefaultRequestMemory), "memory"},
		{"LimitsMemory", t.Quota.LimitsMemory, with(memory, t.Limits.DefaultMemory), "memory"},
	}
}

// checkQuota refuses a job that could never run whole, however idle the namespace is.
func (p JobProps) checkQuota(faults *check.Faults) {
	t := p.Tenant.props
	for _, sum := range p.totals() {
		fits := !sum.most.valid() || sum.need.Cmp(sum.most.value()) <= 0
		need := sum.need.FloatString(1)
		if sum.unit == "memory" {
			need = new(big.Rat).Quo(sum.need, big.NewRat(1<<30, 1)).FloatString(1) + "Gi"
		}
		faults.Want(fits, "Executors", p.Executors, fmt.Sprintf("a job within %s, which is Quota.%s of tenant %q; driver, executors and submitter need %s", sum.most, sum.field, t.Name, need))
	}
	pods := p.Executors + 2
	faults.Want(t.Quota.Pods <= 0 || pods <= t.Quota.Pods, "Executors", p.Executors, fmt.Sprintf("a job of at most %d pods, which is Quota.Pods of tenant %q; it has %d", t.Quota.Pods, t.Name, pods))
}
