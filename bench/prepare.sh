# Sourced by the scripts beside it: sees that all they need is there, and names it.
#
#	$bench     this folder
#	$out       what is built and measured; ignored by git
#	$imgwatchd the program, built from this tree
#	$photos    the photo set
#
# Needs Go. What else is missing is installed where root runs it on Debian.

set -euo pipefail
export LC_ALL=C

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$bench/out
imgwatchd=$out/imgwatchd
photos=$out/photos

install_pillow() {
	/usr/bin/python3 -c 'import PIL' 2>/dev/null && return
	if ((EUID != 0)); then
		echo 'not here, and not to be installed by this user: python3-pil' >&2
		return 1
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3 python3-pil
}

build() {
	command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
	(cd "$bench/.." && CGO_ENABLED=0 go build -trimpath -o "$imgwatchd" ./cmd/imgwatchd)
}

mkdir -p "$out"
install_pillow
build
"$bench/photos.py" "$photos"

scratch=$(mktemp -d "$out/scratch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
