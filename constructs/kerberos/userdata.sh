# Runs once, as root, when a node starts. The lines above say what, this says how; it holds
# no secret, for whoever may describe the instance may read it.
set -euo pipefail
umask 077
export AWS_DEFAULT_REGION

mkdir -p "$folder" "$(dirname "$stack_file")"
printf '%s\n' "$settings" > "$stack_file"
# The file system is for dumps alone: a node serves without it. Nothing can be written into the
# folder then, rather than onto this node's own disk, and the alarm on missing dumps rises.
mount_files() {
  command -v mount.efs > /dev/null || dnf install --assumeyes amazon-efs-utils
  # shellcheck disable=SC2086 # kind, options and source are words
  timeout 60 mount -t $mount "$backup"
}
if ! mountpoint -q "$backup"; then
  mkdir -p "$backup"
  chattr +i "$backup"
  mount_files || echo "no file system: this node writes no dumps" >&2
fi

aws s3 cp --only-show-errors "$bundle" "$folder.zip"
echo "$digest  $folder.zip" | sha256sum --check --strict
python3 -m zipfile -e "$folder.zip" "$folder"
bash "$folder/install.sh" "$stack_file"

metadata() {
  curl -sf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
id=$(metadata instance-id)
address=$(metadata local-ipv4)

# A node that never serves leaves by the hook's time limit, and fails the deployment.
for ((i = 0; i < tries; i++)); do
  if curl -sf -o /dev/null --max-time 4 "http://$address$health"; then
    aws autoscaling complete-lifecycle-action --auto-scaling-group-name "$group" --lifecycle-hook-name "$hook" \
      --instance-id "$id" --lifecycle-action-result CONTINUE
    # CloudFormation waits during a deployment only, and refuses the signal at other times.
    aws cloudformation signal-resource --stack-name "$stack" --logical-resource-id "$resource" \
      --unique-id "$id" --status SUCCESS || echo "no deployment waits for this node"
    exit 0
  fi
  sleep 5
done
echo "the node does not serve: journalctl -u 'lakekeel-*'" >&2
exit 1
