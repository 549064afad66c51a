# SPDX-License-Identifier: GPL-2.0
"""HTML pages for reports."""

import html


def tag(name: str, content: str, kind: str = '') -> str:
	"""Returns an HTML element. @content is HTML, @kind the element's class."""
	of_kind = f' class="{kind}"' if kind else ''
	return f'<{name}{of_kind}>{content}</{name}>'


def page(title: str, style: str, body: str) -> str:
	"""Returns an HTML page with a title above the body."""
	head = tag('title', html.escape(title)) + tag(
		'style', f'\nbody {{ font: 14px sans-serif; margin: 2em }}\n{style}')
	return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{head}</head>\n'
		f'<body><h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n')
