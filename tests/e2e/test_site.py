"""The site in a real browser: from logs by the command line to what a reader sees and clicks."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from perturb_evals.cli.main import main
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.solvers.pairs.knn import cross_line_knn
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
HARM = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'>"
ASKED = {"dataset": "demo", "cell_line": "demo_a", "genes": 3}
PAGE = """() => ({
    heading: document.querySelector("h1").innerText,
    maxWidth: getComputedStyle(document.querySelector("main")).maxWidth,
    buttons: document.querySelectorAll("thead button").length,
    images: [...document.images].map((image) => [image.getAttribute("src"), image.naturalWidth]),
    scripts: document.querySelectorAll("script").length,
    width: document.documentElement.scrollWidth,
})"""
"""What a script sees of a page."""
OPEN = "for (const details of document.querySelectorAll('details')) details.open = true"
CUT = """() => [...document.querySelectorAll(".box")]
    .filter((box) => box.scrollWidth > box.clientWidth)
    .filter((box) => !box.parentElement.querySelector(".sideways")?.checkVisibility())
    .map((box) => box.getAttribute("aria-label"))"""
"""Tables that are wider than the screen and do not say so."""
SCALES = "() => [...document.images].map((image) => image.clientWidth / image.naturalWidth)"
"""How much smaller than drawn, and so their text, plots are."""
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a few runs, with transcripts; one system is named, and answers, with markup."""
    folder = tmp_path_factory.mktemp("site")
    logs, out = folder / "logs", folder / "out"
    usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)

    def harm() -> Iterator[ModelOutput]:
        for answer in ("Yes", "No", HARM) * 200:
            output = ModelOutput.from_content("mockllm/model", f"{HARM}\n\nANSWER: {answer}")
            output.usage = usage
            yield output

    def run(tasks: list[Any], **options: Any) -> None:
        fast = {"display": "none", "log_realtime": False, "log_buffer": 1000}
        options = {"model": "none/none", **fast, "score_display": False, "max_tasks": 2, **options}
        for log in inspect_ai.eval(tasks, log_dir=str(logs), **options):
            assert log.status == "success", log.error

    both = (perturbqa_de, perturbqa_direction)
    for task in both:
        model = get_model("mockllm/model", custom_outputs=harm(), memoize=False)
        run([task(**ASKED)], model=model, metadata={"system": HARM})
    run([task(**ASKED) for task in both], model="perturb_scripted/biologist")
    run([task(**ASKED) for task in both], solver=constant())
    run([perturbqa_de(**ASKED, evidence="cross")], solver=cross_line_knn())
    run([perturbqa_de(**ASKED)], solver=constant(), limit=4, metadata={"system": "cut short"})
    assert main(["leaderboard", str(logs), "--site", str(out), "--transcripts"]) == 0
    return out


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    """The address of a plain web server for the site."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Any]:
    """A browser, started after the runs: while it is there, Inspect cannot start a loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser on this machine: none of {', '.join(BROWSERS)}")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


class Watched:
    """A page that notes what should not happen: dialogs, errors, requests to other places."""

    def __init__(self, browser: Any, allowed: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", lambda asked: self._request(asked.url, allowed))

    def _console(self, message: Any) -> None:
        # What Inspect's viewer says to itself is no matter of ours.
        own = "/transcripts/" not in message.location["url"]
        if own and message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _request(self, url: str, allowed: str) -> None:
        if not url.startswith((allowed, "data:")):
            self.faults.append(f"asked for {url}")


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    """Open a page that is watched; no fault may have been noted in the end."""
    opened: list[Watched] = []

    def open_page(url: str, allowed: str, **options: Any) -> Any:
        watched = Watched(browser, allowed, viewport=DESKTOP, **options)
        opened.append(watched)
        watched.page.goto(url)
        return watched.page

    yield open_page
    faults = [fault for watched in opened for fault in watched.faults]
    for watched in opened:
        watched.context.close()
    assert not faults, faults


@pytest.fixture
def index(open_page: Any, site: Path) -> Any:
    page = open_page((site / "index.html").as_uri(), site.as_uri())
    page.get_by_text("All systems").click()
    return page


def column(page: Any, table: str, number: int) -> list[str]:
    """The text of a column's shown rows, without notes."""
    rows = page.locator(f"#{table} tbody tr:not([hidden])").all()
    return [row.locator("th, td").nth(number).inner_text().split("\n")[0] for row in rows]


def heading(page: Any, table: str, name: str) -> tuple[Any, int]:
    headings = page.locator(f"#{table} thead th")
    number = headings.all_inner_texts().index(name)
    return headings.nth(number), number


@pytest.mark.parametrize(
    ("where", "size", "scheme"),
    [
        ("disk", DESKTOP, "light"),
        ("disk", PHONE, "dark"),
        pytest.param("server", DESKTOP, "light", marks=pytest.mark.slow),
    ],
    ids=["disk-1280-light", "disk-390-dark", "server"],
)
def test_every_page_opens_whole_as_wide_as_the_screen_and_markup_does_nothing(
    site: Path, server: str, open_page: Any, where: str, size: dict[str, int], scheme: str
) -> None:
    """Pictures of the pages are left in the folder PERTURB_EVALS_SCREENSHOTS, if it is set."""
    start = site.as_uri() if where == "disk" else server
    page = open_page(f"{start}/index.html", start, color_scheme=scheme)
    page.set_viewport_size(size)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    assert HARM in page.locator("#boards").inner_text()
    pictures = os.environ.get("PERTURB_EVALS_SCREENSHOTS")
    kinds = set()
    for file in sorted(site.glob("*.html")):
        page.goto(f"{start}/{file.name}")
        kind = file.stem.split("-")[0]
        if pictures and kind not in kinds:  # one picture of each kind of page
            picture = Path(pictures) / f"{kind}-{size['width']}-{scheme}.png"
            page.screenshot(path=picture, full_page=True)
        kinds.add(kind)
        page.evaluate(OPEN)
        seen = page.evaluate(PAGE)
        assert seen["heading"], file.name
        # The style sheet, the script and all plots came through the policy.
        assert seen["maxWidth"] != "none", file.name
        assert seen["buttons"] > 0, file.name
        assert all(width > 0 for _, width in seen["images"]), file.name
        # Markup of a model made no element.
        assert all(source.startswith("plots/") for source, _ in seen["images"]), file.name
        assert seen["scripts"] == 1, file.name
        assert seen["width"] <= size["width"], file.name
        if size == PHONE:
            page.wait_for_timeout(50)  # the hints follow the widths of the tables
            assert not page.evaluate(CUT), file.name
            assert all(scale > 0.95 for scale in page.evaluate(SCALES)), file.name
    assert len(kinds) == 7


def test_a_table_is_sorted_with_the_mouse(index: Any) -> None:
    named, number = heading(index, "rows", "System")
    named.locator("button").click()
    names = column(index, "rows", number)
    assert names == sorted(names, key=str.casefold)
    assert named.get_attribute("aria-sort") == "ascending"
    named.locator("button").click()
    assert column(index, "rows", number) == sorted(names, key=str.casefold, reverse=True)
    assert named.get_attribute("aria-sort") == "descending"


def test_a_table_is_sorted_with_the_keyboard_and_gaps_stay_last(index: Any) -> None:
    named, number = heading(index, "rows", "Rank")
    for direction in ("ascending", "descending"):
        named.locator("button").focus()
        index.keyboard.press("Enter")
        assert named.get_attribute("aria-sort") == direction
        ranks = [rank.strip() for rank in column(index, "rows", number)]
        known = [int(rank.split()[0]) for rank in ranks if rank[0].isdigit()]
        assert known == sorted(known, reverse=direction == "descending")
        assert all(not rank[0].isdigit() for rank in ranks[len(known) :])
        assert 0 < len(known) < len(ranks)


def test_rows_are_filtered_by_words(index: Any) -> None:
    field = index.locator("#rows").get_by_label("Filter rows")
    everything = len(column(index, "rows", 0))
    field.press_sequentially("biologist direction")
    assert column(index, "rows", 0) == ["perturb_scripted/biologist"]
    assert index.locator("#rows [role=status]").inner_text() == f"1 of {everything} rows"
    field.fill("")
    assert len(column(index, "rows", 0)) == everything


def test_sorting_leaves_every_row_in_its_track(site: Path, open_page: Any) -> None:
    (file,) = [f for f in site.glob("board-*.html") if "perturbqa_de on" in title_of(f)]
    page = open_page(file.as_uri(), site.as_uri())
    table = page.locator("table").first
    tracks = table.locator("tbody").all_inner_texts()
    assert len(tracks) == 2
    assert tracks[0].startswith("Track none")
    table.locator("thead th").filter(has_text="System").locator("button").click()
    for before, body in zip(tracks, table.locator("tbody").all(), strict=True):
        assert body.inner_text().startswith(before.split("\n")[0])
        names = body.locator("th[scope=row]").all_inner_texts()
        assert names == sorted(names, key=str.casefold)
        assert sorted(body.inner_text().split()) == sorted(before.split())


def title_of(file: Path) -> str:
    return file.read_text("utf-8").partition("</h1>")[0].rpartition("<h1>")[2]


@pytest.mark.parametrize("with_script", [True, False])
def test_a_phone_shows_few_columns_and_all_when_asked(
    site: Path, open_page: Any, with_script: bool
) -> None:
    page = open_page((site / "index.html").as_uri(), site.as_uri(), java_script_enabled=with_script)
    added = page.locator("#boards thead th").filter(has_text="Added")
    assert added.is_visible()
    page.set_viewport_size(PHONE)
    assert not added.is_visible()
    assert not page.locator("#boards .sideways").is_visible()
    page.locator("#boards").get_by_label("Show all").check()
    added.wait_for()
    page.locator("#boards .sideways").wait_for()
    page.get_by_text("How to read this").click()
    page.get_by_text("It can be negative.").wait_for()


def test_paper_shows_what_lies_in_closed_details(index: Any) -> None:
    index.reload()
    hidden = index.get_by_text("It can be negative.")
    assert not hidden.is_visible()
    index.emulate_media(media="print")
    index.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert hidden.is_visible()


def test_the_first_stop_of_the_keyboard_skips_to_the_content(index: Any) -> None:
    index.reload()
    index.keyboard.press("Tab")
    index.keyboard.press("Enter")
    assert index.evaluate("document.activeElement.id") == "main"


def test_a_csv_file_can_be_downloaded(site: Path, index: Any) -> None:
    with index.expect_download() as started:
        index.locator("#rows a.csv").click()
    text = Path(started.value.path()).read_text("utf-8")
    assert text == (site / "tables" / "rows.csv").read_text("utf-8")
    assert text.startswith("system,kind,task,")


def test_a_pair_leads_to_its_questions_and_they_to_their_transcripts(
    site: Path, server: str, open_page: Any
) -> None:
    (file, *_) = [f for f in sorted(site.glob("compare-*.html")) if "biologist" in f.read_text()]
    page = open_page(f"{server}/{file.name}", server)
    page.locator("table a[href^='#']").first.click()
    shown = page.locator("details[open] tbody tr:has(a)").first
    asked, link = shown.locator("th").inner_text(), shown.locator("a").first
    log = str(link.get_attribute("href")).split("/logs/")[1].split("/")[0]
    link.click()
    page.get_by_text(f"/{asked} (Epoch 1)").first.wait_for()
    assert log in page.url
    assert f"/{asked}" in page.title() or asked in page.locator("body").inner_text()


def test_a_run_leads_to_its_transcripts(site: Path, server: str, open_page: Any) -> None:
    (file,) = [f for f in site.glob("system-*.html") if "<h1><bdi>constant<" in f.read_text()]
    page = open_page(f"{server}/{file.name}", server)
    link = page.locator("a[href^='transcripts/']").first
    link.click()
    page.get_by_text("demo_a, knock-down of").first.wait_for()


def test_small_text_has_contrast_in_both_schemes(site: Path, open_page: Any) -> None:
    page = open_page((site / "index.html").as_uri(), site.as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for selector in (
            *("td small", "caption", ".legend", "figcaption", ".answer", ".group small"),
            *("summary", "header a:not([aria-current])", "footer p"),
        ):
            shown = page.evaluate(
                """(selector) => [
                    getComputedStyle(document.querySelector(selector)).color,
                    getComputedStyle(document.body).backgroundColor,
                ]""",
                selector,
            )
            assert contrast(*shown) >= 4.5, (scheme, selector, shown)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, each as `rgb(r, g, b)`."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
