# Sourced by the scripts beside it: sees that all they need is there, and names it.
#
#	$bench     this folder
#	$out       what is built and measured; ignored by git
#	$imgwatchd the program, built from this tree
#	$photos    the photo set
#	$scratch   for what the script makes; on the disk of TARGET, if that is set
#
# Needs Go. What else is missing is installed where root runs it on Debian.

set -euo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$bench/out
imgwatchd=$out/imgwatchd
photos=$out/photos

have() { command -v "$1" >/dev/null; }

install_packages() {
	(($#)) || return 0
	if ((EUID != 0)) || ! have apt-get; then
		echo "not here, and not to be installed by this user: $*" >&2
		return 1
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >&2
}

install_python() {
	local missing=()
	/usr/bin/python3 -c 'import PIL' 2>/dev/null || missing+=(python3-pil)
	/usr/bin/python3 -c 'import numpy' 2>/dev/null || missing+=(python3-numpy)
	install_packages "${missing[@]}"
}

# install_rivals gets what imgwatchd is compared with, besides Pillow.
install_rivals() {
	local missing=()
	have vipsthumbnail || missing+=(libvips-tools)
	have mogrify || missing+=(imagemagick)
	have djpeg || missing+=(libjpeg-turbo-progs)
	have node || missing+=(nodejs)
	have npm || missing+=(npm)
	install_packages "${missing[@]}"
	[[ -d $out/node/node_modules/sharp ]] || npm install --silent --prefix "$out/node" "sharp@$(sharp_version)" >&2
}

# Older Node.js cannot load the newer sharp.
sharp_version() { node -p 'parseInt(process.versions.node) >= 20 ? "0.35.5" : "0.34.5"'; }

# build PACKAGE builds a program of this tree.
build() {
	have go || PATH=$PATH:/usr/local/go/bin
	(cd "$bench/.." && CGO_ENABLED=0 go build -trimpath -o "$out/$(basename "$1")" "$1")
}

mkdir -p "$out"
install_python
build ./cmd/imgwatchd
"$bench/photos.py" "$photos"

scratch=$(mktemp -d "${TARGET:-$out}/imgwatchd-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
