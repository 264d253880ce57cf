"""QR codes as pictures that a page can show."""

import io

import segno


def qr_svg(text: str) -> str:
    """The QR code of a text as a whole SVG document, white behind it: dark pages would hide it from a camera.

    With its namespace, or a browser shows it only inside a page.
    """
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=4, border=2, light="#fff", xmldecl=False, svgns=True, nl=False
    )
    return out.getvalue().decode()
