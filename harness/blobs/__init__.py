# SPDX-License-Identifier: GPL-2.0
"""The known blobs: files of real compressors."""
