"""How soon the explorer shows a change on 512 x 512 pixels, by model and wavelet.

    python benchmarks/explorer.py [MODEL[:WAVELET] ...]

Serves the page, opens it in a headless Chromium on the same processors, and changes a control
a dozen times: a window's length, or the model where it has none.  "page" is the time from the
change to the frame that shows it; "server" is what of it the page says itself.
"""

import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from psysal.run.explorer.view import PICKED

CHROMIUM = Path("/usr/bin/chromium")
WAVELETS = ("haar", "db4", "db20", "dmey")
STAGED = ("murray2011", "murray2013", "otazu2008", "otazu2010")
TIMES = 12
SERVE = "from psysal.run.cli import main; main()"

CHANGE = """([control, value, kind]) => new Promise((done) => {
  const start = performance.now(), box = document.querySelector(control);
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(document.body, {attributeFilter: ["data-took"]});
  box.value = value;
  box.dispatchEvent(new Event(kind));
})"""


def main() -> None:
    cases = sys.argv[1:] or [
        *PICKED, *(f"{model}:{wavelet}" for model in STAGED for wavelet in WAVELETS)
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
            page = chromium.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(address)
            page.wait_for_function("document.body.dataset.took", timeout=60000)
            page.evaluate(CHANGE, ["#picture", "astronaut", "change"])
            print("| model | server, ms | page, ms | longest |\n|---|---|---|---|")
            for case in cases:
                print(f"| {case} | {measured(page, case)} |", flush=True)
    finally:
        server.terminate()
        server.wait(20)


def measured(page, case: str) -> str:
    """Medians of what server and page take, and the longest of the page."""
    model, _, wavelet = case.partition(":")
    other = "hou2007" if model == "center" else "center"
    to_model, to_other = (["#model", name, "change"] for name in (model, other))
    page.evaluate(CHANGE, to_other)
    page.evaluate(CHANGE, to_model)
    if wavelet:
        page.evaluate(CHANGE, ["#wavelet", wavelet, "change"])
    server, seen = [], []
    for k in range(TIMES):
        if model in STAGED:
            change = ["input[type=range][data-set=center]", 3 + 2 * k, "input"]
        else:
            page.evaluate(CHANGE, to_other)
            change = to_model
        seen.append(page.evaluate(CHANGE, change))
        server.append(float(page.evaluate("document.body.dataset.took")))
    middle = statistics.median
    return f"{middle(server):.0f} | {middle(seen):.0f} | {max(seen):.0f}"


if __name__ == "__main__":
    main()
