#!/bin/sh
# Builds text.wasm from text.ts. Needs: npm install assemblyscript@0.28.20 (here or in a folder above)
set -eu
cd "$(dirname "$0")"
PATH="$PWD/node_modules/.bin:$PATH" asc text.ts --outFile text.wasm --optimize --exportRuntime --debug
