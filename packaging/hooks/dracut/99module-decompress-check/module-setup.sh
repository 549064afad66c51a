#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# For dracut: fails if the kernel would not load one of the modules that dracut chooses from. Put this
# directory into /usr/lib/dracut/modules.d/.

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
	module-decompress-check --quiet "$srcmods" >&2
	[[ $? -ne 1 ]]
}
