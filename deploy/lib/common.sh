# Sourced by the build scripts: messages, and where this machine's own Debian packages come from.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "must be run as root"; }

need_programs() { # name:package ...
  local pair missing=()
  for pair in "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} = 0 ] || die "missing programs; install the packages: ${missing[*]}"
}

# The mirror that apt on this machine uses for its first archive.
debian_mirror() {
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | head -n 1)
  [ -n "$site" ] || die "apt on this machine knows no archive; give one with --mirror"
  printf '%s\n' "${site%/}"
}
