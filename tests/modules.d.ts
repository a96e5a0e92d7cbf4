// Installed only where a benchmark or a client needs them, or without types of their own.
declare module '@peculiar/x509';
declare module 'altcha-lib';
declare module 'altcha-lib/algorithms/pbkdf2';
declare module 'altcha-lib/frameworks/express';
declare module 'friendly-pow/node/api/wasm.js';
declare module 'patchright-core';
declare module 'pg';
declare module 'playwright-extra';
declare module 'puppeteer-extra';
declare module 'rebrowser-puppeteer-core';
declare module 'reflect-metadata';
declare module 'selenium-webdriver';
declare module 'selenium-webdriver/chrome';
declare module 'selenium-webdriver/firefox';
declare module 'svelte/compiler';
declare module 'x11';
