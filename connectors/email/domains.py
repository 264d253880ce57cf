"""International domains: as people write them, and as servers that know no SMTPUTF8 take them (RFC 5891). Pure."""

import idna


def for_the_wire(address: str) -> str:
    """The address with its domain in ASCII, where it can be; a local part in other letters stays and needs SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii():
        return address
    try:
        return f"{local}@{_in_ascii(domain)}"
    except UnicodeError:  # no domain that could exist: the server says so
        return address


def as_written(address: str) -> str:
    """The address as people write it: contacts are found by this form, whichever a mail brings."""
    local, at, domain = address.rpartition("@")
    if not at or "xn--" not in domain:
        return address
    try:
        written = f"{local}@{_in_letters(domain)}"
    except UnicodeError:
        return address
    return written if for_the_wire(written) == address else address  # else the answer would go elsewhere


def _in_ascii(domain: str) -> str:
    """Raises `UnicodeError`. The codec of the standard library knows IDNA 2003 alone, where ß is ss: another domain."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        older = domain.encode("idna")  # signs such as hearts, which some registries take
        if older.decode("idna") != domain.lower():
            raise
        return older.decode("ascii")


def _in_letters(domain: str) -> str:
    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain.encode("ascii").decode("idna")
