"""International domains: as people write them, and as servers that know no SMTPUTF8 take them (RFC 5890). Pure."""


def for_the_wire(address: str) -> str:
    """The address with its domain in ASCII, where it can be; a local part in other letters stays and needs SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:  # no domain that could exist: the server says so
        return address


def as_written(address: str) -> str:
    """The address as people write it: contacts are found by this form, whichever a mail brings."""
    local, at, domain = address.rpartition("@")
    if not at or "xn--" not in domain:
        return address
    try:
        return f"{local}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return address
