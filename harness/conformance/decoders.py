# SPDX-License-Identifier: GPL-2.0
"""The slow decoders by algorithm."""

from typing import Callable, Dict

from harness.conformance import gzip_format, xz_format, zstd_format

SLOW: Dict[str, Callable[[bytes], bytes]] = {
	'gzip': gzip_format.decode, 'xz': xz_format.decode, 'zstd': zstd_format.decode}
