# SPDX-License-Identifier: GPL-2.0
"""The guest that reads a compressed file of an ISO file system."""

from typing import List

from harness import base
from harness.boot.guest import Guest


def content(guest: Guest) -> List[str]:
	"""Makes the guest's files, and returns the lines for gen_init_cpio. The file is the kernel."""
	vmlinux, image = guest.made.directory / 'vmlinux', guest.path / 'zisofs.iso'
	image.unlink(missing_ok=True)
	with guest.making('built: no image', lambda: 'still making files'):
		base.run(['xorriso', '-outdev', image, '-map', vmlinux, '/plain',
			  '-set_filter_r', '--zisofs', '/', '--']).check_returncode()
	return ['nod /dev/loop0 0600 0 0 b 7 0', f'file /zisofs.iso {image} 0644 0 0',
		f'file /plain {vmlinux} 0644 0 0']
