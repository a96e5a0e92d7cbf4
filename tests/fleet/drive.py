"""Drives a browser with zendriver as lines on standard input say, and answers each with a line.

A line is a JSON array: ["open", url], ["type", selector, text], ["click", selector] or ["close"].
The answer is `null`, or what went wrong as a text.
"""

import asyncio
import json
import sys

import zendriver


async def start(options):
    """Attaches to a browser's debugging port, or starts a browser."""
    if "port" in options:
        return await zendriver.start(host="127.0.0.1", port=options["port"])
    return await zendriver.start(
        browser_executable_path=options["browser"],
        browser_args=options["arguments"],
        headless=options["headless"],
        # Browsers refuse to run as root with one.
        sandbox=False,
        # A busy machine starts browsers slowly.
        browser_connection_max_tries=60,
    )


async def obey(browser, word, rest):
    """Does what one line says."""
    if word == "open":
        await browser.get(rest[0])
    elif word == "type":
        element = await browser.main_tab.select(rest[0])
        await element.send_keys(rest[1])
    elif word == "click":
        element = await browser.main_tab.select(rest[0])
        await element.click()
    else:
        raise ValueError(f"no command {word}")


async def main():
    browser = await start(json.loads(sys.argv[1]))
    print("null", flush=True)
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            word, *rest = json.loads(line)
            if word == "close":
                break
            try:
                await obey(browser, word, rest)
                answer = None
            except Exception as error:
                answer = f"{type(error).__name__}: {error}"
            print(json.dumps(answer), flush=True)
    finally:
        await browser.stop()


asyncio.run(main())
