#!/bin/sh
# Translates what is here.
set -eu
cd "$(dirname "$0")"
for source in *.wat; do
    cargo run --quiet -p terrane-cli -- wat2wasm "$source" -o "${source%.wat}.wasm"
done
