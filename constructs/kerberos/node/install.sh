#!/bin/bash
# Make this machine a node of a KDC, or bring it up to date: install.sh STACK-FILE
#
# STACK-FILE holds the settings that all nodes share (settings.py). The node's own name and
# address come from the instance's metadata, or from NODE_NAME and NODE_ADDRESS where there
# is none. Packages are those of Amazon Linux 2023; elsewhere they have to be there already.
# Asking again changes nothing but what is newer here.
set -euo pipefail
umask 077

from=$(cd "$(dirname "$0")" && pwd)
program=/opt/lakekeel-kdc
settings=/etc/lakekeel-kdc/settings.json
stack=${1:?"want the file with the settings of the stack"}

metadata() {
  local token
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

install_packages() {
  command -v dnf > /dev/null || return 0
  rpm -q krb5-server krb5-workstation python3-boto3 > /dev/null || dnf install --assumeyes krb5-server krb5-workstation python3-boto3
}

# The distribution's own units would start daemons that know nothing of a lease.
mask_packaged_units() {
  systemctl mask --now krb5kdc.service kadmin.service kprop.service \
    krb5-kdc.service krb5-admin-server.service krb5-kpropd.service > /dev/null 2>&1 || true
}

install_files() {
  mkdir -p "$program" "$(dirname "$settings")"
  install -m 0644 "$from"/*.py "$program"
  install -m 0644 "$from"/*.service /etc/systemd/system
}

write_settings() {
  local name=${NODE_NAME:-} address=${NODE_ADDRESS:-}
  [ -n "$name" ] || name=$(metadata instance-id)
  [ -n "$address" ] || address=$(metadata local-ipv4)
  python3 - "$stack" "$settings" "$name" "$address" << 'PYTHON'
import json, os, sys
stack, target, name, address = sys.argv[1:]
with open(stack) as file:
    settings = {**json.load(file), "name": name, "address": address}
with open(target + ".new", "w") as file:
    json.dump(settings, file, indent=1)
os.replace(target + ".new", target)
PYTHON
}

# Logs leave the machine by CloudWatch's own agent; none of them holds a secret.
ship_logs() {
  local group folder config=/opt/aws/amazon-cloudwatch-agent/etc/lakekeel-kdc.json
  group=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get("log_group", ""))' "$settings")
  folder=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["log"])' "$settings")
  [ -n "$group" ] && command -v dnf > /dev/null || return 0
  rpm -q amazon-cloudwatch-agent > /dev/null || dnf install --assumeyes amazon-cloudwatch-agent
  cat > "$config" << JSON
{"logs": {"logs_collected": {"files": {"collect_list": [
  {"file_path": "$folder/*.log", "log_group_name": "$group", "log_stream_name": "{instance_id}"}
]}}}}
JSON
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$config"
}

install_packages
mask_packaged_units
install_files
write_settings
python3 -B "$program/kdc.py" setup --settings "$settings"
ship_logs
systemctl daemon-reload
systemctl enable lakekeel-krb5kdc lakekeel-kdc-proxy lakekeel-kdc-agent
systemctl restart lakekeel-krb5kdc lakekeel-kdc-proxy lakekeel-kdc-agent
