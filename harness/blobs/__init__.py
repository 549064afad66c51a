# SPDX-License-Identifier: GPL-2.0
"""The known blobs: files that real compressors made."""
