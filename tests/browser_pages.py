"""The pages of MLflow's UI that matter to us, opened in headless Chromium; each gives a screenshot.

Also a script, for the pictures in ``docs/images``: ``python tests/browser_pages.py WORKSPACE PORT OUT TOPIC`` against a
running ``stancewire ui``.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stancewire.tracking import MlflowStore

PATIENCE = 120_000
"""Milliseconds to wait for a page; MLflow's are large, and a busy machine is slow."""

_NO_ASSISTANT = """
localStorage.setItem("mlflow.assistant.panelOpen_v1", "false");
localStorage.setItem("mlflow.assistant.fab.autoOpenedOnFirstLoad_v1", "true");
"""

_NO_PATHS = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/file:.*mlruns/, "mlruns");
"""
"""No path of the machine in a picture."""


def chromium() -> str | None:
    """Debian's Chromium, or another one on the path."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser_page(executable: str) -> Iterator[Any]:
    """An open page of a headless browser that reaches this machine only."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.add_init_script(_NO_ASSISTANT)
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


class Pages:
    """Addresses of a store's pages, and what must be seen there."""

    def __init__(self, page: Any, store: MlflowStore, port: int, out: Path) -> None:
        self._page, self._store, self._out = page, store, out
        self._root = f"http://127.0.0.1:{port}/#"
        experiment = store.client().get_experiment_by_name(store.experiment)
        assert experiment
        self.experiment = experiment.experiment_id
        every = store.client().search_runs([self.experiment], order_by=["attributes.start_time DESC"])
        self.runs = [run for run in every if "mlflow.parentRunId" not in run.data.tags]  # the list folds nested ones

    def _open(self, path: str, *texts: str) -> None:
        """Go to a page and wait until every text is seen."""
        self._page.goto("about:blank")
        self._page.goto(self._root + path)
        for text in texts:
            self._page.get_by_text(text).locator("visible=true").first.wait_for(state="visible")

    def _shoot(self, name: str) -> None:
        self._page.wait_for_timeout(1500)  # charts and pictures are drawn after their page
        self._page.screenshot(path=self._out / f"{name}.png")

    def runs_listed(self, columns: tuple[str, ...]) -> None:
        """The list of runs with metrics of ours as columns."""
        self._open(f"/experiments/{self.experiment}/runs?workflowType=machine_learning", self.runs[0].info.run_name)
        self._page.get_by_role("button", name="Columns").first.click()
        for column in columns:
            self._page.get_by_placeholder("Search columns").fill(column)
            self._page.get_by_text(column, exact=True).last.click()
        self._page.keyboard.press("Escape")
        for column in columns:
            self._page.get_by_text(column).first.wait_for(state="visible")
        self._shoot("mlflow-runs")

    def comparison(self, metric: str) -> None:
        """The compare view of the two newest runs; of the metrics it draws only the first rows."""
        chosen = [run.info.run_id for run in self.runs[:2]]
        query = ",".join(f'"{run_id}"' for run_id in chosen)
        self._open(f'/compare-runs?runs=[{query}]&experiments=["{self.experiment}"]', "Comparing 2 Runs", "Metrics")
        row = self._page.get_by_text(metric, exact=True).locator("visible=true").first
        row.wait_for(state="visible")
        row.scroll_into_view_if_needed()
        self._shoot("mlflow-compare")

    def overview(self, text: str) -> None:
        """A run's first page, with its description."""
        self._open(
            f"/experiments/{self.experiment}/runs/{self.runs[0].info.run_id}?workflowType=machine_learning", text
        )
        self._shoot("mlflow-run")

    def picture(self, name: str) -> None:
        """A picture among a run's artifacts."""
        self._open(
            f"/experiments/{self.experiment}/runs/{self.runs[0].info.run_id}/artifacts/{name}?workflowType=machine_learning",
            Path(name).name,
        )
        self._page.locator("img[src^='blob:'], img[src*='get-artifact'], .image-container img").first.wait_for()
        self._page.evaluate(_NO_PATHS)
        self._shoot("mlflow-confusion")

    def registry(self, model: str) -> None:
        """The registered model, with its champion."""
        self._open(f"/models/{model}?workflowType=machine_learning", "champion")
        self._shoot("mlflow-registry")


if __name__ == "__main__":
    workspace, number, folder, topic = sys.argv[1:]
    found = chromium()
    if found is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    with browser_page(found) as opened:
        pages = Pages(opened, MlflowStore(Path(workspace) / "mlruns"), int(number), Path(folder))
        pages.runs_listed(("topic_macro_f1", "triple_macro_f1"))
        pages.comparison("brier/topic/aid")
        pages.overview("Measured on")
        pages.picture(f"figures/confusion_{topic}.png")
        pages.registry("stancewire")
