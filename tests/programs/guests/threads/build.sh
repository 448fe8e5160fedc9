#!/bin/sh
# Translates what is here. Needs wasm-tools, or wat2wasm of wabt with --enable-threads, as $WAT2WASM IN -o OUT.
set -eu
cd "$(dirname "$0")"
for source in *.wat; do
    ${WAT2WASM:-wasm-tools parse} "$source" -o "${source%.wat}.wasm"
done
