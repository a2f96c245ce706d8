"""Makes the pictures of the README: the first page of a report on the sample churn-model, and the portfolio of all
samples.

    python docs/make_screenshot.py        # needs Chromium (Debian: apt-get install chromium)

Playwright drives an installed Chromium; nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


SAMPLES = ("churn-model", "decoy", "exemplar", "loan-data", "support-rag")


def main() -> None:
    """Audit copies of the samples outside any repository, and take the pictures of their reports."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("Chromium is not installed; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "results").mkdir()
        for name in SAMPLES:
            shutil.copytree(ROOT / "sample_projects" / name, place / name)
            aiaudit(
                "run", place / name, "--quiet", "-o", place / "results" / f"{name}.json", "-o", place / f"{name}.html"
            )
        aiaudit("portfolio", place / "results", "-o", place / "portfolio.html")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            picture(browser, place / "churn-model.html", "#summary", "report.png")
            picture(browser, place / "portfolio.html", "main", "portfolio.png", most=1180)
            browser.close()


def aiaudit(*words: str | Path) -> None:
    """Run the command line."""
    subprocess.run([sys.executable, "-m", "aiaudit", *map(str, words)], check=True, cwd=ROOT)


def picture(browser: Browser, page_file: Path, part: str, name: str, most: float = 2000) -> None:
    """Take one part of a page, with a margin; `most`: pixels of its height."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(page_file.as_uri())
    box = page.locator(part).bounding_box()
    assert box is not None
    margin = 32
    clip = {
        "x": box["x"] - margin,
        "y": box["y"],
        "width": box["width"] + 2 * margin,
        "height": min(box["height"] + margin, most),
    }
    target = ROOT / "docs/images" / name
    target.parent.mkdir(exist_ok=True)
    page.screenshot(path=str(target), full_page=True, clip=clip)  # type: ignore[arg-type]
    page.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
