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

# Has all projects compiled by one compiler that stays, of this script and those that it starts: warm, it takes half the time. Whoever
# calls this calls end_compiler at its exit.
share_compiler() {
  [ -z "${SharedCompilationId:-}" ] || return 0
  own_compiler=anvil-$$
  export UseSharedCompilation=true SharedCompilationId=$own_compiler
}
end_compiler() {
  local file
  [ -n "${own_compiler:-}" ] || return 0
  for file in $(grep -lsF -- "-pipename:$own_compiler" /proc/[0-9]*/cmdline); do kill "${file//[!0-9]/}" 2>/dev/null || true; done
}

# The mirror that apt on this machine uses for its first archive.
debian_mirror() {
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | head -n 1)
  [ -n "$site" ] || die "apt on this machine knows no archive; give one with --mirror"
  printf '%s\n' "${site%/}"
}

# The suite that this machine itself runs.
host_suite() { . /etc/os-release; printf '%s\n' "${VERSION_CODENAME:?this machine runs no Debian release}"; }

# apt for a suite and an architecture, with lists of its own: those of this machine stay as they are.
private_apt() { # work-folder suite arch mirror
  local work=$1 suite=$2 arch=$3 mirror=$4
  mkdir -p "$work"/{lists/partial,cache/archives/partial}
  : > "$work/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/sources.list"
  cat > "$work/apt.conf" <<A
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
A
  APT_CONFIG=$work/apt.conf apt-get update -q >/dev/null || die "the archive $mirror has no $suite for $arch"
}

# Downloads packages without what they depend on, and unpacks each into a folder.
unpack_packages() { # work-folder root package...
  local work=$1 root=$2 deb; shift 2
  mkdir -p "$work/debs" "$root"
  (cd "$work/debs" && APT_CONFIG=$work/apt.conf apt-get download -q "$@" >/dev/null) || die "cannot fetch $*"
  for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$root"; rm -f "$deb"; done
}

# Downloads packages with all that they depend on, and unpacks them into a folder.
unpack_with_dependencies() { # work-folder root package...
  local work=$1 root=$2 deb; shift 2
  mkdir -p "$root"
  APT_CONFIG=$work/apt.conf apt-get install -y -q --download-only "$@" >/dev/null || die "cannot fetch $*"
  for deb in "$work"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$root"; done
}
