"""The PDF report: the HTML report set on pages by WeasyPrint (extra `pdf`), with a bookmark for every heading.

It fetches nothing: the only address that may stand in the page is the embedded logo. No date of making is written, so
the same result gives the same bytes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from aiaudit.extras import install
from aiaudit.reports import html
from aiaudit.reports.base import OutputError
from aiaudit.reports.templating import asset


def render(result: Mapping[str, Any]) -> bytes:
    """The PDF report of a result JSON. Raises `OutputError` where WeasyPrint or Pango is not installed."""
    engine = library()
    page = paged(result)
    document = engine.HTML(string=page, url_fetcher=engine.urls.URLFetcher(allowed_protocols=("data",)))
    identifier = hashlib.sha256(page.encode("utf-8", "backslashreplace")).hexdigest()[:32].encode()
    made: bytes = document.write_pdf(pdf_identifier=identifier)
    return made


def paged(result: Mapping[str, Any]) -> str:
    """The HTML report as it is set on pages. What pages need stands in it last: a style sheet that is handed to
    WeasyPrint beside it yields to every rule of the report's own."""
    return html.render(result).replace("</head>", f"<style>{asset('pdf.css')}</style></head>", 1)


def library() -> Any:
    """WeasyPrint, quiet. Raises `OutputError` where it or its C libraries are missing."""
    logger = logging.getLogger("weasyprint")
    logger.propagate = False
    if not logger.handlers:  # it would talk on stderr about CSS that only browsers know
        logger.addHandler(logging.NullHandler())
    try:
        import weasyprint
        import weasyprint.urls
    except ImportError:
        raise OutputError(f"a PDF needs the extra `pdf`: {install('pdf')}; or print the .html report") from None
    except OSError:  # its C libraries are loaded when it is imported
        raise OutputError(
            "a PDF needs Pango, which is not installed (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0); or print the .html report"
        ) from None
    return weasyprint
