"""The pictures of the README: a page's answer and its plot, 800 pixels wide and twice as sharp.

    perturb-evals leaderboard LOGS --site SITE
    python docs/images/picture.py SITE board.png "perturbqa_direction on k562"
    python docs/images/picture.py SITE overview.png

It needs playwright and Chromium.
"""

import shutil
import sys
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, MARGIN = 800, 16


def main(site: str, out: str, board: str = "") -> None:
    """Take the picture.

    Args:
        site: Folder of a site.
        out: The PNG file.
        board: Title of a board; the overview by default.
    """
    pages = [Path(site) / "index.html"]
    if board:
        title = f"<h1><bdi>{escape(board)}</bdi></h1>"
        pages = [f for f in Path(site).glob("board-*.html") if title in f.read_text("utf-8")]
    if len(pages) != 1:
        sys.exit(f"Expected one board called {board!r} in {site}, got {len(pages)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        size = {"width": WIDTH, "height": WIDTH}
        page = browser.new_page(viewport=size, device_scale_factor=2, color_scheme="light")
        page.goto(pages[0].resolve().as_uri())
        heading, plot = (page.locator(name).first.bounding_box() for name in ("h1", "figure"))
        top = heading["y"] - MARGIN
        height = plot["y"] + plot["height"] + MARGIN - top
        clip = {"x": 0, "y": top, "width": WIDTH, "height": height}
        page.screenshot(path=out, full_page=True, clip=clip)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
