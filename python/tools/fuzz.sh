#!/bin/sh
# Every fuzz target for a while. In: seconds for each, a sanitizer, targets. Out: what cargo-fuzz says, and its end at the first
# finding. Never: an installation; what is missing is named in one line.
set -eu
# Which module under the caps is slowest to compile is searched for by a test: it wants the compiler as it is shipped.
slowest() {
    echo "== slowest, $seconds s"
    WASPECT_BOMBS=all WASPECT_SLOWEST_SECONDS=$seconds WASPECT_SLOWEST_OUT=.cache/fuzz/slowest.wasm cargo test --quiet --release --test it -- --nocapture hostile::slowest hostile::bombs
}
seconds=$1 sanitizer=$2
shift 2
PATH=$PWD/.cache/fuzz/bin:$PATH
cargo +nightly --version >/dev/null 2>&1 || { echo "fuzz targets want a nightly compiler: rustup toolchain install nightly"; exit 1; }
command -v cargo-fuzz >/dev/null || { echo "fuzz targets want cargo-fuzz: cargo install --root .cache/fuzz cargo-fuzz"; exit 1; }
for target in "$@"; do
    [ "$target" != slowest ] || { slowest; continue; }
    corpus=$PWD/.cache/fuzz/corpus/$target
    mkdir -p "$corpus"
    echo "== $target, $seconds s"
    # An input that takes that many seconds, or that much memory, is a finding too.
    FUZZ_SEEDS=$corpus cargo +nightly fuzz run --sanitizer "$sanitizer" --target-dir target/fuzz "$target" "$corpus" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0
done
