// Builds everything that the edge serves as files, into `dist/`, and prints what a first visit
// downloads. `node widget/build.mjs`; needs cargo and `npm ci`.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build, transform } from "esbuild";
import { LANGUAGES, page, paragraphs } from "./errors/pages.mjs";

const room = dirname(fileURLToPath(import.meta.url));
const root = dirname(room);
const work = join(root, ".munjigi/widget");
const dist = join(work, "dist");
const binaryen = join(root, "node_modules/binaryen/bin");

/** The features that our browsers support; listed, because `--all-features` emits others. */
const FEATURES = [
  "mutable-globals",
  "sign-ext",
  "nontrapping-float-to-int",
  "bulk-memory",
  "bulk-memory-opt",
  "multivalue",
  "reference-types",
].map((feature) => `--enable-${feature}`);
const SIZE = ["-Oz", "--converge", "--strip-debug", "--strip-producers", "--strip-target-features"];
/** In bytes, after Brotli. */
const FIRST_VISIT_BYTES = 16_896;
/** What a visit with a picture downloads in addition, without its images. */
const PICTURE_BYTES = 12_288;
/** A vendor's loader, including the core. */
const LOADER_BYTES = 5_120;
/** A first visit with any loader. */
const ANY_VISIT_BYTES = 22_000;
/** The vendors' script paths. */
const VENDORS = [
  ["turnstile/v0/api.js", "turnstile.ts"],
  ["1/api.js", "hcaptcha.ts"],
  ["recaptcha/api.js", "recaptcha.ts"],
  ["recaptcha/enterprise.js", "recaptcha.ts"],
];
/** wasm2js supports only the first version of WebAssembly. */
const LOWER = [
  "--signext-lowering",
  "--llvm-nontrapping-fptoint-lowering",
  "--llvm-memory-copy-fill-lowering",
];

/**
 * What the loaders' own parts call each other, and no page, frame or browser does: written short.
 * A name that is one of these elsewhere, in an option or a message, must not be here.
 */
const INTERNAL = [
  "active", "again", "asked", "begin", "button", "changed", "clear", "comeBack", "container", "dress", "drop", "edge", "element",
  "executed", "expect", "expiresAt", "fail", "fields", "focusedAt", "frame", "given", "gives", "giveUp", "gone", "held", "holds",
  "isAside", "isAsking", "isReady", "isSent", "isWhole", "keep", "kept", "layout", "leavesBy", "life", "lifted", "live", "load", "loads",
  "lose", "lower", "more", "notice", "online", "opened", "own", "place", "post", "reads", "receive", "refill", "refresh", "refreshAt",
  "renews", "restart", "run", "say", "scan", "sends", "sent", "sentAt", "settle", "sweep", "taken", "tells", "tidy", "timers", "times",
  "touch", "touched", "waiting", "waits", "widget", "widgets", "wishes",
];

const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
const text = (...path) => readFileSync(join(room, ...path), "utf8");

/** Compiles the interface, without the code generator of HashWX if `features` say so. */
function wasm(name, passes, ...features) {
  run("cargo", "build", "--quiet", "-p", "munjigi-widget", "--profile", "widget", "--target", "wasm32-unknown-unknown", ...features);
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  const built = join(work, `${name}.cargo.wasm`);
  const small = join(work, `${name}.wasm`);
  const before = digest(built);
  copyFileSync(join(target, "wasm32-unknown-unknown/widget/munjigi_widget.wasm"), built);
  if (digest(built) != before || !digest(small))
    run(process.execPath, join(binaryen, "wasm-opt"), ...SIZE, ...passes, ...FEATURES, built, "-o", small);
  return small;
}

const digestOf = (contents) => createHash("sha256").update(contents).digest("hex");

function digest(path) {
  try {
    return digestOf(readFileSync(path));
  } catch {
    return "";
  }
}

/** The texts of a locale in the order in which `src/text.rs` numbers them. */
export function texts(locale) {
  const keys = [...text("src/text.rs").matchAll(/^    [A-Z]\w+ = "([a-z-]+)",$/gm)].map(([, key]) => key);
  const words = JSON.parse(text("locales", `${locale}.json`));
  return keys.map((key) => words[key] ?? "");
}

/**
 * What the loader itself says in a language: that there is no connection, without the time of the
 * next try.
 */
export const offline = (locale) => [locale.slice(0, 2), JSON.parse(text("locales", `${locale}.json`)).offline.split(/[.。，] ?/)[0]];

/** Why a frame is refused, in a language: the site's settings, or a page around it. */
const refused = (locale) => {
  const { misconfigured, embedded } = JSON.parse(text("locales", `${locale}.json`));
  return [locale.slice(0, 2), [misconfigured, embedded]];
};

/** Locales; English is the fallback. The first one with the right language is used. */
export const LOCALES = ["en", "ko", "ja", "zh-CN", "de", "fr", "es", "pt-BR", "ar", "he"];

async function bundle(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [join(room, "src-ts", entry)],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    format: "iife",
    target: "es2020",
    legalComments: "none",
    ...options,
  });
  return outputFiles[0].contents;
}

/** wasm2js writes a module with imports; we need a function that receives its imports. */
function translate(path) {
  const script = join(work, "interface.js");
  run(process.execPath, join(binaryen, "wasm2js"), "-Oz", path, "-o", script);
  const body = readFileSync(script, "utf8")
    .replace(/^import .*$/m, "")
    .replace(/var retasmFunc = [\s\S]*$/, "");
  writeFileSync(script, `${body}\nexport const instantiate = (m) => asmFunc({ m });\n`);
  return script;
}

const sizes = [];
function write(path, contents, { visit } = {}) {
  const bytes = Buffer.from(contents);
  const file = join(dist, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length;
  const size = { path, raw: bytes.length, brotli, visit: visit ?? "no" };
  sizes.push(size);
  return size;
}

/**
 * Writes a file under a name that changes with its contents, to be cached for ever. Its address is
 * relative to the frame, `v1/frame/{sitekey}`: the whole may be served below a path.
 */
function asset(name, extension, contents, options) {
  return `../../${named("assets", name, extension, contents, options)}`;
}

/** Browsers keep a file with its headers, so that these are in its name as well. */
function named(folder, name, extension, contents, options) {
  const hash = digestOf(Buffer.concat([Buffer.from(contents), Buffer.from(text("frame/_headers"))])).slice(0, 8);
  const path = `${folder}/${name}.${hash}.${extension}`;
  write(path, contents, options);
  return path;
}

/** The page of clearance in a language. Its address is not where it is shown, so that it names its files from the top. */
async function clearancePage(locale, script, css) {
  const words = { language: locale, edge: "/.well-known/munjigi", script, ...JSON.parse(text("clearance/locales", `${locale}.json`)) };
  const page = text("clearance/page.html").replace(/\n+/g, "").replace("{style}", await css("clearance/page.css"));
  return page.replace(/\{([a-z]+)\}/g, (whole, name) => words[name] ?? whole);
}

async function main() {
  mkdirSync(work, { recursive: true });
  const module = wasm("widget", []);
  const plain = wasm("fallback", LOWER, "--no-default-features");
  rmSync(dist, { recursive: true, force: true });

  // Pages import it, so that it is where other hosts may read.
  const define = { REFUSED: JSON.stringify(Object.fromEntries(LOCALES.map(refused))) };
  const more = named("v1", "more", "js", await bundle("more.ts", { format: "esm", define }), { visit: "picture" });
  const loader = (path) => ({
    define: {
      OFFLINE: JSON.stringify(Object.fromEntries(LOCALES.map(offline))),
      EDGE: JSON.stringify(dirname(path).replace(/[^/]+/g, "..")),
      OWN: JSON.stringify(path == "v1/api.js"),
      MORE: JSON.stringify(more),
    },
    mangleProps: new RegExp(`^(${INTERNAL.join("|")})$`),
  });
  const locales = {};
  for (const locale of LOCALES)
    locales[locale] = asset(locale, "json", JSON.stringify(texts(locale)), {
      visit: locale == "en" ? "yes" : "one of",
    });
  const script = translate(plain);
  const fallback = asset("fallback", "js", await bundle("fallback.ts", { alias: { interface: script } }));
  const module_path = asset("widget", "wasm", readFileSync(module), { visit: "yes" });
  const { version } = JSON.parse(execFileSync("cargo", ["metadata", "--no-deps", "--format-version=1"], { cwd: root })).packages.find(({ name }) => name == "munjigi-widget");
  const words = {};
  for (const locale of LOCALES)
    words[locale] = asset(`picture-${locale}`, "json", JSON.stringify(JSON.parse(text("picture/locales", `${locale}.json`))), {
      visit: locale == "en" ? "picture" : "one of",
    });
  const css = async (path) => (await transform(text(path), { loader: "css", minify: true, target: "es2020" })).code.trim();
  const picture = asset(
    "picture",
    "js",
    await bundle("picture.ts", {
      define: {
        STYLE: JSON.stringify(asset("picture", "css", await css("picture/picture.css"), { visit: "picture" })),
        TEXTS: JSON.stringify(words),
      },
    }),
    { visit: "picture" },
  );
  const frame = asset(
    "frame",
    "js",
    await bundle("frame.ts", {
      define: {
        VERSION: JSON.stringify(version),
        WASM: JSON.stringify(module_path),
        FALLBACK: JSON.stringify(fallback),
        PICTURE: JSON.stringify(picture),
        LOCALES: JSON.stringify(locales),
      },
    }),
    { visit: "yes" },
  );
  const style = await css("frame/frame.css");
  const document = text("frame/frame.html")
    .replace(/\n+/g, "")
    .replace("{style-hash}", `sha256-${createHash("sha256").update(style).digest("base64")}`)
    .replace("{style}", () => style)
    .replace("{wasm}", module_path)
    .replace("{script}", frame);
  write("_frame.html", document, { visit: "yes" });
  write("v1/api.js", await bundle("api.ts", loader("v1/api.js")), { visit: "yes" });
  // Each of the vendors' loaders replaces ours.
  for (const [path, entry] of VENDORS) {
    const { brotli } = write(path, await bundle(`vendors/${entry}`, loader(path)));
    if (brotli > LOADER_BYTES) throw new Error(`${path} may take ${LOADER_BYTES} bytes, not ${brotli}`);
  }
  write("v1/munjigi.d.ts", text("munjigi.d.ts"));
  write("_headers", text("frame/_headers"));
  const clearance = asset("clearance", "js", await bundle("clearance.ts")).replace("../../", "");
  for (const locale of LOCALES) write(`_clearance/${locale}.html`, await clearancePage(locale, clearance, css));
  for (const language of LANGUAGES)
    for (const paragraph of paragraphs(text(`errors/${language}.txt`)))
      write(`_errors/${paragraph.code}.${language}.html`, page(language, paragraph));

  // In one step, because a local edge may be serving the folder.
  rmSync(join(root, "dist"), { recursive: true, force: true });
  renameSync(dist, join(root, "dist"));

  writeFileSync(join(root, ".munjigi/widget-sizes.json"), `${JSON.stringify(sizes, null, 2)}\n`);
  const line = (name, raw, brotli) => console.log(`${name.padEnd(34)}${String(raw).padStart(8)}${String(brotli).padStart(8)}`);
  const table = (title, visit, most) => {
    const files = sizes.filter((file) => file.visit == visit);
    line(title, "raw", "brotli");
    for (const { path, raw, brotli } of files) line(path, raw, brotli);
    const sum = (of) => files.reduce((total, file) => total + file[of], 0);
    line("total", sum("raw"), sum("brotli"));
    if (sum("brotli") > most) throw new Error(`${title} may take ${most} bytes`);
  };
  table("first visit", "yes", FIRST_VISIT_BYTES);
  const brotli = (path) => sizes.find((file) => file.path == path).brotli;
  const others = sizes.filter(({ visit, path }) => visit == "yes" && path != "v1/api.js").reduce((total, file) => total + file.brotli, 0);
  for (const [path] of VENDORS) {
    line(`total by ${path}`, "", others + brotli(path));
    if (others + brotli(path) > ANY_VISIT_BYTES) throw new Error(`a first visit by ${path} may take ${ANY_VISIT_BYTES} bytes`);
  }
  table("with a picture", "picture", PICTURE_BYTES);
  console.log("on demand");
  for (const { path, raw, brotli, visit } of sizes) if (!["yes", "picture"].includes(visit) && !path.startsWith("_") && !path.endsWith(".ts")) line(path, raw, brotli);
}

if (process.argv[1] == fileURLToPath(import.meta.url)) await main();
