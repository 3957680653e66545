"""A page in a real browser that a test drives, over the browser's debugging pipe."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
from browser import BROWSERS, QUIET

PATIENCE = 120.0
"""Most seconds to wait for the browser, which draws 3D on the processor."""


class Driven:
    """One open page: `run` evaluates a script in it, `picture` shows it, `requests` are the addresses it asked for."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = os.fdopen(commands, "wb", 0), os.fdopen(answers, "rb")
        self._session: str | None = None
        self._count = 0
        self.requests: list[str] = []
        self.errors: list[str] = []

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events on the way are noted."""
        self._count += 1
        session = {} if self._session is None else {"sessionId": self._session}
        message = {"id": self._count, "method": method, "params": parameters} | session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._count:
            if answer.get("method") == "Network.requestWillBeSent":
                self.requests.append(answer["params"]["request"]["url"])
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(json.dumps(answer["params"]))
        assert "error" not in answer, answer
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has gone"
            text += byte
        return json.loads(text)

    def open(self, address: str, width: int, height: int, *, dark: bool = False) -> None:
        """Open an address in a window of that size."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=address)
        self.run("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def run(self, script: str) -> Any:
        """Return the value of a script, or of the promise that it returns."""
        result = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def picture(self) -> np.ndarray:
        """Return a screenshot `[H, W, 3]`."""
        data = base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        return np.asarray(imageio.imread(data, extension=".png"))[:, :, :3].astype(int)


@contextmanager
def browser(scratch: Path, *, webgl: bool = False) -> Iterator[Driven]:
    """Start a headless browser, which draws 3D on the processor if `webgl`; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"there is no browser here: none of {', '.join(BROWSERS)}")
    (theirs, commands), (answers, replies) = os.pipe(), os.pipe()
    drawing = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] if webgl else ["--disable-gpu"]
    options = ["--headless", "--no-sandbox", *drawing, *QUIET, f"--user-data-dir={scratch / 'driven'}"]
    # The browser reads commands from descriptor 3 and writes answers to descriptor 4.
    call = ["bash", "-c", f'exec "$@" 3<&{theirs} 4>&{replies}', "bash", program, *options, "--remote-debugging-pipe"]
    process = subprocess.Popen(call, pass_fds=(theirs, replies), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(theirs)
    os.close(replies)
    driven = Driven(commands, answers)
    try:
        yield driven
        driven._session = None
        driven.send("Browser.close")
    finally:
        driven._commands.close()
        driven._answers.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def press(page: Driven, label: str) -> None:
    """Press the button with this label, once it is there."""
    find = f"[...document.querySelectorAll('button')].find(b => b.textContent.trim() === '{label}')"
    wait(lambda: page.run(f"!!{find}"))
    page.run(f"{find}.click()")


def choose(page: Driven, old: str, new: str) -> None:
    """Choose another entry of the list that shows `old`."""
    page.run(f"[...document.querySelectorAll('input')].find(i => i.value === '{old}').click()")
    find = (
        f"[...document.querySelectorAll('[role=option]')].find(o => o.checkVisibility() && o.textContent === '{new}')"
    )
    wait(lambda: page.run(f"!!{find}"))
    page.run(f"{find}.click()")
