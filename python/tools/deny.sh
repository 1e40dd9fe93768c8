#!/bin/sh
# cargo-deny on the dependency tree. In: the path of cargo-deny. Out: its findings; advisories only where their database
# can be fetched, and a line that says so where it cannot. Never: a failure for want of a network.
set -eu
deny=$1
"$deny" --all-features --log-level warn check --hide-inclusion-graph bans licenses sources
if "$deny" fetch db >/dev/null 2>&1; then
    "$deny" --all-features --log-level warn check advisories
else
    echo "advisories not checked: their database cannot be fetched from here"
fi
