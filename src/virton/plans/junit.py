"""Outcomes of objectives as JUnit XML, which pipelines show."""

import re
import xml.etree.ElementTree as ET

from virton.language import plans
from virton.language.sentences import Sentences
from virton.plans.verifying import Verified

_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def junit(found: tuple[Verified, ...], cluster: str, said: Sentences, console: str = "") -> str:
    """Return the XML: one test case for each objective, in the order of the file.

    `console` is the address of the console in which counterexamples are opened.
    """
    failures = sum(one.broken is not None for one in found)
    counts = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(
        suites, "testsuite", {"name": _plain(f"virton verify {cluster}"), **counts}
    )
    for one in found:
        case = {"classname": f"virton.{one.objective.kind}", "name": _plain(one.objective.name)}
        told = ET.SubElement(suite, "testcase", case)
        if one.broken is not None:
            line = _plain(plans.told_objective(one.to_json(), said))
            failure = ET.SubElement(told, "failure", {"message": line, "type": one.broken.how})
            failure.text = f"{line}\n{console.rstrip('/')}{one.broken.address}"
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
