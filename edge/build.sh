#!/bin/sh
# Builds the Worker into build/ (index.js, index_bg.wasm) and prints its size.
# Further arguments go to cargo: `edge/build.sh --features contract`.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
tools=$root/.munjigi/tools/bin
PATH=$root/node_modules/.bin:$tools:$PATH
WASM_BINDGEN_BIN=${WASM_BINDGEN:-$tools/wasm-bindgen}
ESBUILD_BIN=${ESBUILD:-$root/node_modules/@esbuild/linux-x64/bin/esbuild}
wasm_opt=${WASM_OPT:-$root/node_modules/binaryen/bin/wasm-opt}
out=${MUNJIGI_BUILD_DIR:-build}
export PATH WASM_BINDGEN_BIN ESBUILD_BIN
[ -x "$ESBUILD_BIN" ] || ESBUILD_BIN=$(command -v esbuild)
MUNJIGI_BUILD=${MUNJIGI_BUILD:-$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)}
export MUNJIGI_BUILD

worker-build --profile edge --no-opt --out-dir "../$out" edge "$@"

# worker-build's own pass keeps the name section; `--all-features` would emit
# imports that V8 does not read yet.
"$wasm_opt" -Oz --strip-debug --strip-producers \
  --enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int \
  --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue \
  --enable-reference-types --enable-exception-handling \
  "$out/index_bg.wasm" -o "$out/index_bg.wasm.tmp"
mv "$out/index_bg.wasm.tmp" "$out/index_bg.wasm"

wasm=$(gzip -9c "$out/index_bg.wasm" | wc -c)
glue=$(gzip -9c "$out/index.js" | wc -c)
echo "worker: $(wc -c <"$out/index_bg.wasm") bytes of wasm, $((wasm + glue)) bytes gzip with its glue"
[ $((wasm + glue)) -le 204800 ] || { echo "worker: larger than 200 KB gzip" >&2; exit 1; }
