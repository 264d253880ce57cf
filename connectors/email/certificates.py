"""Connections that cannot be protected, by their certificate or at all: why, and what to do about it. Pure."""

import ssl

from connectors.reasons import why
from hub.model.why import Why

EXPIRED, NOT_YET = 10, 9
OTHER_HOST = frozenset({62, 64})  # another name, another IP address
"""The numbers of X509_V_ERR_... in OpenSSL's x509_vfy.h."""


def tls_trouble(where: str, error: ssl.SSLError, setting: str) -> Why:
    """The reason, for whoever looks after the channel. `setting` is where the host's name stands."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return why("tls_unknown", error.reason or error, where=where)
    said = error.verify_message
    if error.verify_code == EXPIRED:
        return why("certificate_expired", said, where=where)
    if error.verify_code == NOT_YET:
        return why("certificate_early", said, where=where)
    if error.verify_code in OTHER_HOST:
        return why("certificate_of_another", said, where=where, setting=setting)
    return why("certificate_unknown", said, where=where)
