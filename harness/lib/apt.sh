# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# shared with those that source it
#
# Get packages of other Debian releases, by an apt with its state in the directory $apt.
# The system's apt and its packages stay as they are.
# Sourced after lib.sh.

private_apt()
{
	cmd=$1
	shift
	"$cmd" -o Dir::Etc::SourceList="$apt/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$apt/state" \
		-o Dir::State::status="$apt/state/status" \
		-o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

# source_of RELEASE OPTION: a line for sources.list, of the archive that the system
# itself uses; fails if there is none
source_of()
{
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016	# apt's placeholder, not the shell's
	uri=$(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' "Codename: $codename" | head -n 1)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ "$uri" ] && [ -e $keyring ] &&
		echo "deb [$2 signed-by=$keyring] $uri $1 main"
}

# private_sources ARCH RELEASE ...
private_sources()
{
	for_arch=$1
	shift
	mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
	touch "$apt/state/status"
	for release; do
		source_of "$release" "arch=$for_arch" || return
	done >"$apt/sources.list"
}

# extract DIRECTORY RELEASE ARCH PACKAGE ...: these and all that they need, of that
# release. An index of a release to come is not always renewed in time. It is to have
# none of the locks: mmdebstrap has a shell write to a descriptor of its own, and of two
# digits dash knows none.
extract()
{
	directory=$1
	release=$2
	arch=$3
	shift 3
	rm -rf "$directory"
	mmdebstrap --quiet --variant=extract --mode=chrootless --architectures="$arch" \
		--include="$(echo "$*" | tr ' ' ,)" --format=directory \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		"$release" "$directory" "$(source_of "$release" arch="$arch")" 7>&- 8>&- 9>&-
}
