# SPDX-License-Identifier: GPL-2.0
"""One module for each command."""
