"""Connections that cannot be protected, by their certificate or at all: why, and what to do about it. Pure."""

import ssl

EXPIRED, NOT_YET = 10, 9
OTHER_HOST = frozenset({62, 64})  # another name, another IP address
"""The numbers of X509_V_ERR_... in OpenSSL's x509_vfy.h."""


def tls_trouble(where: str, error: ssl.SSLError, setting: str, ports: str) -> str:
    """Sentences for whoever looks after the channel. `setting` is where the host's name stands; `ports` are usual."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"{where} speaks no TLS that we know: {error.reason or error}. Nothing was sent. Usual is {ports}."
    why = error.verify_message.rstrip(".")
    return f"The certificate of {where} does not count: {why}. Nothing was sent. {_advice(error.verify_code, setting)}"


def _advice(code: int, setting: str) -> str:
    if code == EXPIRED:
        return "Whoever runs the server has to have it renewed; the hub tries again by itself."
    if code == NOT_YET:
        return "Look at the clocks of this machine and of the server; the hub tries again by itself."
    if code in OTHER_HOST:
        return f"In {setting} write the name that the certificate has, as the provider tells it."
    return (
        "For a server with its own authority, or a certificate signed by itself, name the authority's file in ca_file. "
        "If this is the server of a provider, somebody may be listening on the way: ask who runs the network."
    )
