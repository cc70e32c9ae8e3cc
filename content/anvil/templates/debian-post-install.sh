#!/bin/sh
# Runs in the installed system of {{ .Machine.Name }}: keys, then the call that goes on with the machine's task list.
set -eu
home=/home/{{ .Param "install/user" }}
mkdir -p "$home/.ssh"
cat > "$home/.ssh/authorized_keys" <<'KEYS'
{{ range $name, $key := .Param "access-keys" }}{{ $key }}
{{ end }}KEYS
chown -R {{ .Param "install/user" }}: "$home/.ssh"
chmod 700 "$home/.ssh"; chmod 600 "$home/.ssh/authorized_keys"
wget -q -O /dev/null --header 'Authorization: Bearer {{ .GenerateToken }}' --header 'Content-Type: application/json' --method PATCH \
  --body-data '[{"op":"replace","path":"/Runnable","value":true}]' {{ .ApiURL }}/api/v3/machines/{{ .Machine.Uuid }}
wget -q -O /dev/null --header 'Authorization: Bearer {{ .GenerateToken }}' --header 'Content-Type: application/json' \
  --post-data '{"Machine":"{{ .Machine.Uuid }}"}' {{ .ApiURL }}/api/v3/jobs
