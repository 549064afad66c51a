# SPDX-License-Identifier: GPL-2.0
"""A module for each command."""
