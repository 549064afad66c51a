# SPDX-License-Identifier: GPL-2.0
"""Breaks decompress.c in many ways, and checks what the suite catches."""
