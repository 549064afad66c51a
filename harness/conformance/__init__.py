# SPDX-License-Identifier: GPL-2.0
"""
Slow and plain decoders, written from the specifications of the formats. They are the second
judge of the known files, besides the stock tools: no library's bug is in them.
"""
