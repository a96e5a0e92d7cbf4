#!/bin/sh
# Builds the Worker into build/ (index.js, index_bg.wasm) and prints its size.
# Further arguments go to cargo: `edge/build.sh --features contract`.
set -eu
cd "$(dirname "$0")/.."
root=$PWD
PATH=$root/node_modules/.bin:$PATH
out=${MUNJIGI_BUILD_DIR:-build}
tools=${CARGO_TARGET_DIR:-target}/debug/munjigi-tools
# What is deployed says which commit it was built from.
MUNJIGI_BUILD=${MUNJIGI_BUILD:-$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)}
export MUNJIGI_BUILD PATH

# One kind of crate alone: with the other, which host tests link, cargo leaves
# out link-time optimisation. No path says on whose machine it was built.
cargo rustc -p munjigi-edge --lib --crate-type cdylib --profile edge \
  --target wasm32-unknown-unknown --config "target.wasm32-unknown-unknown.rustflags = [
    '--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/=']" "$@"
target=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/edge

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -x "$tools" ] || cargo program munjigi-tools
"$tools" bindgen "$target/munjigi_edge.wasm" "$work"

# Without what nothing calls, then without the name section. Inlining what has
# one caller makes the file shorter and its gzip 5 % longer. The second -Oz saves
# 0.7 KB more, functions in the order of their use 0.6 KB. Features are named, because `--all-features` would emit imports that V8 does not read yet.
node edge/prune.mjs "$work"
features="--enable-mutable-globals --enable-sign-ext --enable-nontrapping-float-to-int
  --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue
  --enable-reference-types --enable-exception-handling"
binaryen=$root/node_modules/binaryen/bin
mkdir -p "$out"
# shellcheck disable=SC2086 # a list of flags
node "$binaryen/wasm-metadce" $features --graph-file "$work/exports.json" \
  "$work/index_bg.wasm" -o "$work/pruned.wasm" >"$work/metadce.log"
# shellcheck disable=SC2086 # a list of flags
node "$binaryen/wasm-opt" -ocimfs 0 -Oz -Oz --reorder-functions --strip-debug --strip-producers $features \
  "$work/pruned.wasm" -o "$out/index_bg.wasm"

for module in entry describe environment instance lists protect storage; do
  cp "edge/src/$module.js" "$work/$module.js"
done
esbuild "$work/entry.js" --bundle --minify --format=esm --log-level=warning \
  --external:./index_bg.wasm --outfile="$work/out.js"
# esbuild keeps the phase of a source import, which workerd does not read.
sed 's/import source /import /' "$work/out.js" >"$out/index.js"

wasm=$(gzip -9c "$out/index_bg.wasm" | wc -c)
glue=$(gzip -9c "$out/index.js" | wc -c)
echo "worker: $(wc -c <"$out/index_bg.wasm") bytes of wasm, $((wasm + glue)) bytes gzip with its glue"
# What is added for a test may make it larger.
[ $# -gt 0 ] || [ $((wasm + glue)) -le 323584 ] || { echo "worker: larger than 316 KiB gzip" >&2; exit 1; }
