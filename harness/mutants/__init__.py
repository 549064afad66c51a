# SPDX-License-Identifier: GPL-2.0
"""Breaks decompress.c in many ways, and finds out what the suite catches."""
