# SPDX-License-Identifier: GPL-2.0
#
# One of kunit.py's qemu_configs for all machines: KUNIT_MACHINE in the environment is a row
# of machines.tsv, and KUNIT_MACHINE_ARGS is what follows on the kernel's command line.
# What the row has for QEMU besides is for --qemu_args, as it is with kunit.py's own.

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
