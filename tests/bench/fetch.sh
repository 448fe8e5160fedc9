#!/bin/sh
# Fetches what `startup`, `validation` and `memory` load, as the tests do; prints the cache's path. Needs npm and pip.
exec sh "$(dirname "$0")/../fetch.sh"
