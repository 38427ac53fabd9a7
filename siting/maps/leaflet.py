"""Read Leaflet 1.9.3 from the XStatic-Leaflet wheel, so that a map opens without a network."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

_SHA256 = {
    "leaflet.js": "5819285cec137b229c94e1ee5ad73e8b6b84345a4367d60f75fe477fe0fb7b03",
    "leaflet.css": "90b693d86392a4779c861b28cf307e7e59c3fb35328c4d8b95f58f814d38c722",
}
LICENCE = (
    "Leaflet 1.9.3, https://leafletjs.com\n"
    "Copyright (c) 2010-2022, Volodymyr Agafonkin. Copyright (c) 2010-2011, CloudMade.\n"
    "All rights reserved.\n\n"
    "Redistribution and use in source and binary forms, with or without modification, are "
    "permitted provided that the following conditions are met:\n\n"
    "1. Redistributions of source code must retain the above copyright notice, this list of "
    "conditions and the following disclaimer.\n\n"
    "2. Redistributions in binary form must reproduce the above copyright notice, this list of "
    "conditions and the following disclaimer in the documentation and/or other materials "
    "provided with the distribution.\n\n"
    'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY '
    "EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF "
    "MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE "
    "COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, "
    "EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF "
    "SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) "
    "HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR "
    "TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS "
    "SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE."
)
"""BSD-2-Clause; its second condition asks that the notice travel with every map."""


@cache
def leaflet_file(name: str) -> str:
    """Return the text of a Leaflet file, checked, and free of addresses to fetch.

    Parameters
    ----------
    name
        ``leaflet.js`` or ``leaflet.css``.

    Raises
    ------
    RuntimeError
        If the file is not the one this version of siting was tested with.
    """
    from xstatic.pkg import leaflet  # noqa: PLC0415 - only maps need it

    raw = (Path(leaflet.BASE_DIR) / name).read_bytes()
    if hashlib.sha256(raw).hexdigest() != _SHA256[name]:
        msg = (
            f"{name} of XStatic-Leaflet is not the tested 1.9.3; reinstall XStatic-Leaflet==1.9.3.0"
        )
        raise RuntimeError(msg)
    text = raw.decode("utf-8").replace("\r\n", "\n")  # as browsers read it before they hash it
    text = re.sub(r"\n//# sourceMappingURL=.*", "", text)
    return re.sub(r"url\(images/[^)]*\)", "none", text)
