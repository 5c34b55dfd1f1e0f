"""Why a cluster did not do what was asked, in words of ours where it said none of its own.

What our libraries say of it stands in the log alone.
"""

import re

from virton.proxmox.errors import ApiError, ErrorCode

NOT_AN_ANSWER = "not an answer of Proxmox VE"

_OF_DETAILS = {
    "which is not pinned": "it shows another certificate than the pinned one",
    "self[- ]signed certificate": "its certificate is signed by itself alone",
    "certificate has expired": "its certificate has run out",
    "not yet valid": "its certificate is not valid yet: look at the clocks",
    "[Hh]ostname mismatch|IP address mismatch": "its certificate is for another name",
    "unable to get|unknown ca": "nobody who is known here has signed its certificate",
    "WRONG_VERSION|wrong version|record layer": "it speaks no TLS at this port",
}
_OF_CODES = {
    ErrorCode.NAME: "there is no such name",
    ErrorCode.NOBODY: "nobody is logged in",
    ErrorCode.REFUSED: "it refuses the connection",
    ErrorCode.TIMEOUT: "it does not answer in time",
    ErrorCode.TLS: "no trusted encryption can be agreed on",
    ErrorCode.CUT: "the connection was cut",
    ErrorCode.UNREACHABLE: "the network does not lead there",
    ErrorCode.AUTH: "the login is refused",
    ErrorCode.FORBIDDEN: "a privilege is missing",
    ErrorCode.INVALID: "a value is not accepted",
    ErrorCode.UNSUPPORTED: "it does not know what was asked for",
    ErrorCode.PEER: "one of its nodes does not answer",
    ErrorCode.THROTTLED: "there were too many attempts",
    ErrorCode.DISK: "its disk is full, or can only be read",
    ErrorCode.CLUSTER: "it failed",
    ErrorCode.PROTOCOL: NOT_AN_ANSWER,
}


def plain_words(error: ApiError) -> str:
    """Return the cluster's own words, else ours."""
    if error.message:
        return error.message
    known = of_certificate(error.detail or "") if error.code is ErrorCode.TLS else None
    return known or _OF_CODES[error.code]


def of_certificate(detail: str) -> str | None:
    """Return what is wrong with a certificate, by what a library says; None for what is not known."""
    return next((words for known, words in _OF_DETAILS.items() if re.search(known, detail)), None)
