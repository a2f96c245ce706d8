"""Makes the picture of the README: the first page of a report on the sample project churn-model.

    python docs/make_screenshot.py        # needs Chromium (Debian: apt-get install chromium)

Playwright drives an installed Chromium; nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Audit a copy of the sample outside any repository, and take the picture of its summary."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("Chromium is not installed; on Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        project, report = Path(folder) / "churn-model", Path(folder) / "report.html"
        shutil.copytree(ROOT / "sample_projects/churn-model", project)
        command = [sys.executable, "-m", "aiaudit", "run", str(project), "--quiet", "-o", str(report)]
        subprocess.run(command, check=True, cwd=ROOT)
        target = ROOT / "docs/images/report.png"
        target.parent.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(report.as_uri())
            box = page.locator("#summary").bounding_box()
            assert box is not None
            margin = 32
            clip = {
                "x": box["x"] - margin,
                "y": box["y"],
                "width": box["width"] + 2 * margin,
                "height": box["height"] + margin,
            }
            page.screenshot(path=str(target), full_page=True, clip=clip)  # type: ignore[arg-type]
            browser.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
