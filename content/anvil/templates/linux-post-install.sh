#!/bin/sh
# Runs in the installed system of {{ .Machine.Name }}: keys, the site's own script, then the call that goes on with the machine's task list.
set -eu
user={{ .Param "install/user" }}
home=$(getent passwd "$user" | cut -d: -f6)
mkdir -p "$home/.ssh"
: > "$home/.ssh/authorized_keys"
{{ range $name, $key := .Param "access-keys" }}printf '%s\n' '{{ $key }}' >> "$home/.ssh/authorized_keys"
{{ end }}chown -R "$user": "$home/.ssh"
chmod 700 "$home/.ssh"
chmod 600 "$home/.ssh/authorized_keys"
{{ if ne (.Param "install/post-install") "" }}
printf '%s' {{ .Param "install/post-install" | b64enc }} | base64 -d > /root/anvil-post-install
sh /root/anvil-post-install
rm -f /root/anvil-post-install
{{ end }}
# The gateway may just be restarting: the call is repeated for ten minutes. By HTTPS it goes to who has the key that this file names, and to nobody else.
{{ $known := "" }}{{ $trusted := "" }}{{ if .ApiPin }}{{ $known = printf "-k --pinnedpubkey '%s' " .ApiPin }}{{ $trusted = printf "--no-check-certificate --pinnedpubkey='%s' " .ApiPin }}{{ end -}}
call() { # method path body
  tries=0
  until
    if command -v curl > /dev/null; then
      curl -fsS {{ $known }}-o /dev/null -X "$1" -H 'Authorization: Bearer {{ .GenerateToken }}' -H 'Content-Type: application/json' --data "$3" "{{ .ApiURL }}/api/v3/$2"
    else
      wget -q {{ $trusted }}-O /dev/null --method "$1" --header 'Authorization: Bearer {{ .GenerateToken }}' --header 'Content-Type: application/json' --body-data "$3" "{{ .ApiURL }}/api/v3/$2"
    fi
  do
    tries=$((tries + 1))
    [ $tries -lt 120 ] || return 1
    sleep 5
  done
}
call PATCH machines/{{ .Machine.Uuid }} '[{"op":"replace","path":"/Runnable","value":true}]'
call POST jobs '{"Machine":"{{ .Machine.Uuid }}"}'
