"""Time until the explorer shows a change on 512 x 512 pixels, by model and wavelet.

    python benchmarks/measure/explorer.py [MODEL[:WAVELET] ...]
    python benchmarks/measure/explorer.py --docs    # renews the screenshot of docs/howto/explore.md

Serves the page, opens it in a headless Chromium on the same processors, and changes a control
a dozen times: the center window, or the model where it has none.  "page" is the time from the
change to the frame that shows it; "server" is the part of it that the page itself states.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from psysal.explorer.view import MODEL_NAMES, ViewSettings

CHROMIUM = Path("/usr/bin/chromium")
SCREENSHOT = Path(__file__).parents[2] / "docs" / "explorer.jpg"
WAVELETS = ("haar", "db4", "db20", "dmey")
STAGED = [name for name in MODEL_NAMES if ViewSettings(name).staged]
REPEATS = 12
VIEW = "#level=3&other=deep&rule=winner&count=5"  # of the screenshot
SERVE = "from psysal.cli.main import main; main()"

CHANGE = """([control, value, kind]) => new Promise((done) => {
  const start = performance.now(), box = document.querySelector(control);
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(document.body, {attributeFilter: ["data-elapsed-ms"]});
  box.value = value;
  box.dispatchEvent(new Event(kind));
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", metavar="MODEL[:WAVELET]", help="by default, all")
    parser.add_argument("--docs", action="store_true", help="renew docs/explorer.jpg")
    arguments = parser.parse_args()
    cases = arguments.cases or [
        *MODEL_NAMES, *(f"{model}:{wavelet}" for model in STAGED for wavelet in WAVELETS)
    ]  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, "explore", "--port", "5317"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = server.stdout.readline().strip()
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 1400, "height": 1350}, bypass_csp=True)
            page.goto(address + (VIEW if arguments.docs else ""))
            page.wait_for_function("document.body.dataset.elapsedMs", timeout=60000)
            if arguments.docs:
                page.get_by_role("button", name="20 from the map").click()
                page.locator("#scores").wait_for()
                page.wait_for_timeout(500)  # a frame is drawn
                page.screenshot(path=SCREENSHOT, type="jpeg", quality=85)
                return
            page.evaluate(CHANGE, ["#picture", "astronaut", "change"])
            print("| model | server, ms | page, ms | longest, ms |\n|---|---|---|---|")
            for case in cases:
                print(f"| {case} | {measure(page, case)} |", flush=True)
    finally:
        server.terminate()
        server.wait(20)


def measure(page, case: str) -> str:
    """Median milliseconds of server and page, and the longest of the page, as table cells."""
    model, _, wavelet = case.partition(":")
    other = "hou2007" if model == "center" else "center"
    to_model, to_other = (["#model", name, "change"] for name in (model, other))
    page.evaluate(CHANGE, to_other)
    page.evaluate(CHANGE, to_model)
    if wavelet:
        page.evaluate(CHANGE, ["#wavelet", wavelet, "change"])
    server, frames = [], []
    for k in range(REPEATS):
        if model in STAGED:
            change = ["input[type=range][data-control=center]", 3 + 2 * k, "input"]
        else:
            page.evaluate(CHANGE, to_other)
            change = to_model
        frames.append(page.evaluate(CHANGE, change))
        server.append(float(page.evaluate("document.body.dataset.elapsedMs")))
    median = statistics.median
    return f"{median(server):.0f} | {median(frames):.0f} | {max(frames):.0f}"


if __name__ == "__main__":
    main()
