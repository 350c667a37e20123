package kerberos

// What the constructs and the files in node/ agree on; node/README.md says the same.
const (
	kdcPort    = 88
	adminPort  = 749
	healthPort = 8088
	healthPath = "/health" // 200 if a real login through the node's own KDC has just succeeded

	leaseKey     = "id" // of the lease table
	leaseSeconds = 5

	backupMinutes = 60

	bundleFolder = "/opt/lakekeel-kdc-bundle"
	program      = "/usr/bin/python3 /opt/lakekeel-kdc/kdc.py"
	settingsFile = "/etc/lakekeel-kdc/settings.json"
	stackFile    = "/etc/lakekeel-kdc/stack.json"
	stateFolder  = "/var/lib/lakekeel-kdc"
	logFolder    = "/var/log/lakekeel-kdc"
	backupFolder = "/mnt/kdc"

	// The nodes' metrics have one dimension, Kdc.
	metricNamespace = "Lakekeel/KDC"
	failedMetric    = "FailedLogins"   // count of a minute's own attempts
	lagMetric       = "PropagationLag" // seconds
	primaryMetric   = "Primary"        // 1 on the primary, 0 elsewhere
	backupMetric    = "BackupSeconds"  // of the last dump to the file system
)

// peerPorts are open between the nodes alone: full copies, the real krb5kdc, the gate of
// kadmind, its incremental propagation, and the agents' channel.
var peerPorts = []int{754, 1088, 1749, 1750, 1751}
