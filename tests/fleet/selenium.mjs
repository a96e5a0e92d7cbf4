// Selenium, with the drivers that the browsers' makers give to it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ARGUMENTS, CHROMIUM, FIREFOX, Missing } from '../support/browsers.mjs';
import { startChromium } from './launch.mjs';

const require = createRequire(import.meta.url);

/** @param {string | undefined} path @param {string} name @param {string} remedy */
function need(path, name, remedy) {
  if (!path || !existsSync(path)) throw new Missing(`${name} is not there: ${remedy}`);
  return path;
}

/** @param {any} driver @returns {import('./tools.mjs').Driven} */
function driven(driver) {
  const { By } = require('selenium-webdriver');
  return {
    open: (url) => driver.get(url),
    type: (selector, text) => driver.findElement(By.css(selector)).sendKeys(text),
    click: (selector) => driver.findElement(By.css(selector)).click(),
    close: () => driver.quit(),
  };
}

/** @param {import('./tools.mjs').Way} way @param {string} display */
export async function chromium(way, display) {
  const path = need(
    process.env.MUNJIGI_CHROMEDRIVER,
    'chromedriver',
    'apt-get install chromium-driver, or set MUNJIGI_CHROMEDRIVER',
  );
  const { Driver, Options, ServiceBuilder } = require('selenium-webdriver/chrome');
  const service = () => new ServiceBuilder(path).setEnvironment({ ...process.env, DISPLAY: display }).build();
  if (way === 'attached') {
    const own = await startChromium({ display });
    const options = new Options().debuggerAddress(new URL(own.base).host);
    const { close, ...rest } = driven(Driver.createSession(options, service()));
    const stop = () => close().finally(own.stop);
    return { ...rest, close: stop };
  }
  const options = new Options().addArguments(...ARGUMENTS, ...(way === 'headless' ? ['--headless=new'] : []));
  options.setBinaryPath(CHROMIUM);
  return driven(Driver.createSession(options, service()));
}

/** @param {import('./tools.mjs').Way} way @param {string} display */
export async function firefox(way, display) {
  const path = need(
    process.env.MUNJIGI_GECKODRIVER,
    'geckodriver',
    'cargo install geckodriver, and set MUNJIGI_GECKODRIVER',
  );
  const { Driver, Options, ServiceBuilder } = require('selenium-webdriver/firefox');
  const options = new Options().setBinary(FIREFOX);
  if (way === 'headless') options.addArguments('-headless');
  const service = new ServiceBuilder(path).setEnvironment({ ...process.env, DISPLAY: display }).build();
  return driven(Driver.createSession(options, service));
}
