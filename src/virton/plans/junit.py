"""Outcomes of objectives as JUnit XML, which pipelines show."""

import xml.etree.ElementTree as ET

from virton.language import plans
from virton.language.sentences import Sentences
from virton.plans.verifying import Verified


def junit(found: tuple[Verified, ...], cluster: str, said: Sentences) -> str:
    """Return the XML: one test case for each objective, in the order of the file."""
    failures = sum(one.broken is not None for one in found)
    counts = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": f"virton verify {cluster}", **counts})
    for one in found:
        case = {"classname": f"virton.{one.objective.kind}", "name": one.objective.name}
        told = ET.SubElement(suite, "testcase", case)
        if one.broken is not None:
            line = plans.told_objective(one.to_json(), said)
            failure = ET.SubElement(told, "failure", {"message": line, "type": one.broken.how})
            failure.text = f"{line}\n{one.broken.address}"
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
