# SPDX-License-Identifier: GPL-2.0
#
# Writes test results as JUnit XML, in the same form for all commands.

import collections
import re
import xml.etree.ElementTree as ET
from typing import Dict, List, NamedTuple

# The XML element for each status; any other status is an error
ELEMENTS = {'PASS': '', 'SKIP': 'skipped', 'FAIL': 'failure'}


class Case(NamedTuple):
	"""One test: its status, group, name and log, and how long it took, if known."""
	status: str
	group: str
	name: str
	log: str
	seconds: str = ''


def clean(text: str) -> str:
	"""Replaces the characters that XML does not allow."""
	return re.sub('[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]', '\ufffd', text)


def add_suite(document: ET.Element, name: str, cases: List[Case]) -> None:
	"""Adds a suite of these cases to the document."""
	suite = ET.SubElement(document, 'testsuite', name=clean(name), tests=str(len(cases)))
	count: Dict[str, int] = collections.Counter()
	for case in cases:
		element = ET.SubElement(suite, 'testcase', classname=clean(case.group),
					name=clean(case.name))
		if case.seconds:
			element.set('time', case.seconds)
		tag = ELEMENTS.get(case.status, 'error')
		if tag:
			count[tag] += 1
			ET.SubElement(element, tag).text = clean(case.log)
	suite.set('failures', str(count['failure']))
	suite.set('errors', str(count['error']))
	suite.set('skipped', str(count['skipped']))


def write(suites: Dict[str, List[Case]], path: str) -> None:
	"""Writes the named suites of cases to a file."""
	document = ET.Element('testsuites')
	for name, cases in suites.items():
		add_suite(document, name, cases)
	ET.indent(document)
	ET.ElementTree(document).write(path, encoding='utf-8', xml_declaration=True)
