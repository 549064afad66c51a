# SPDX-License-Identifier: GPL-2.0
"""Gets kernels, puts the suite into them, builds, boots and judges."""
