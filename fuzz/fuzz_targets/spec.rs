//! Names of exports and imports: refused, or what they are written as again means the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect::path::{Path, parse_steps};
use waspect::spec::{Spec, mangle};
use waspect_fuzz::seeds;

fuzz_target!(
    init: seeds::write("wat", seeds::names),
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        if let Ok(spec) = text.parse::<Spec>() {
            // `1.5ms` is `1500us`: at the bound a name may be one that none can have.
            let written = spec.to_string();
            if written.len() > waspect::limits::NAME_BYTES_MAX as usize {
                return;
            }
            assert_eq!(written.parse(), Ok(spec.clone()), "{text:?} as {written:?}");
            if let Some(name) = mangle(&spec) {
                assert_eq!(name.parse(), Ok(spec.clone()), "{text:?} as {name:?}");
            }
            let _ = spec.target.matches("shop.cart", "Cart.add");
        }
        if let Ok(path) = text.parse::<Path>() {
            let written = path.to_string();
            assert_eq!(written.parse(), Ok(path), "{text:?} as {written:?}");
        }
        if let Ok(steps) = parse_steps(text) {
            let written: String = steps.iter().map(ToString::to_string).collect();
            assert_eq!(parse_steps(&written), Ok(steps), "{text:?} as {written:?}");
        }
    }
);
