#!/bin/bash
# Bootstrap action of an EMR cluster, run on each of its machines:
#   client.sh NAME BALANCER BUNDLE SHA256
#
# NAME is the KDC's host in the security configuration, which has room for one; BALANCER is the name
# that leads to the nodes; BUNDLE is the zip of the node's files in S3 and SHA256 its digest.
#
# EMR writes /etc/krb5.conf itself, after the bootstrap actions, with NAME as KDC and admin server. So that
# file is left alone: NAME becomes this machine, where the proxy listens that asks all nodes in turn.
set -euo pipefail

name=${1:?"want the KDC's host in the security configuration"}
balancer=${2:?"want the name of the balancer"}
bundle=${3:?"want the URL of the bundle"}
digest=${4:?"want the digest of the bundle"}

program=/opt/lakekeel-kdc
settings=/etc/lakekeel-kdc/settings.json

fetch() {
  local zip
  zip=$(mktemp)
  aws s3 cp --only-show-errors "$bundle" "$zip"
  echo "$digest  $zip" | sha256sum --check --strict --quiet
  sudo mkdir -p "$program" "$(dirname "$settings")"
  sudo python3 -m zipfile -e "$zip" "$program"
  rm "$zip"
}

write_settings() {
  printf '{"client": true, "listen": "127.0.0.1", "upstreams": ["%s:88"], "admin_upstreams": ["%s:749"]}\n' "$balancer" "$balancer" |
    sudo tee "$settings" > /dev/null
}

lead_name_here() {
  grep -q "^127\.0\.0\.1 $name\$" /etc/hosts || echo "127.0.0.1 $name" | sudo tee -a /etc/hosts > /dev/null
}

fetch
write_settings
sudo cp "$program/lakekeel-kdc-proxy.service" /etc/systemd/system/
sudo systemctl daemon-reload
sudo systemctl enable lakekeel-kdc-proxy
sudo systemctl restart lakekeel-kdc-proxy
lead_name_here
