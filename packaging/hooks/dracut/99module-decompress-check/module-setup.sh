#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# For dracut: fails if the kernel would not load one of the modules that dracut chooses from. Put this
# directory into /usr/lib/dracut/modules.d/. Remove it there to switch the check off.

check()
{
	require_binaries module-decompress-check
}

depends()
{
	return 0
}

# dracut sets srcmods, the directory of the modules.
# shellcheck disable=SC2154
installkernel()
{
	# Only what depmod sees: a stray file is no reason to do without an initramfs.
	find -H "$srcmods" -type f \( -name '*.ko' -o -name '*.ko.gz' -o -name '*.ko.xz' -o \
		-name '*.ko.zst' \) -print0 | module-decompress-check --quiet --files-from=- >&2
	[[ $? -ne 1 ]]
}
