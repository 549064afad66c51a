# SPDX-License-Identifier: GPL-2.0
#
# A qemu_config for kunit.py that serves all machines. In the environment, KUNIT_MACHINE names a
# row of machines.tsv, and KUNIT_MACHINE_ARGS adds to the kernel's command line. The row's other
# arguments for QEMU go to kunit.py as --qemu_args.

import os

from ..qemu_config import QemuArchParams

with open(os.path.join(os.path.dirname(__file__), 'machines.tsv')) as rows:
	_, ARCH, _, _, IMAGE, QEMU, CONSOLE, _ = next(
		row.rstrip('\n').split('\t') for row in rows
		if row.startswith(os.environ['KUNIT_MACHINE'] + '\t'))

QEMU_ARCH = QemuArchParams(linux_arch=ARCH,
			   kconfig='',
			   qemu_arch=QEMU,
			   kernel_path=IMAGE,
			   kernel_command_line=' '.join(
				   [f'console={CONSOLE}', os.environ.get('KUNIT_MACHINE_ARGS', '')]),
			   extra_qemu_params=[])
