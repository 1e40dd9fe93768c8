//! Bytes of a module, or its text: refused with a reason, or a manifest that crosses a border unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect::frames::{decode, encode};
use waspect::module::parse;
use waspect::spec::Manifest;
use waspect_fuzz::seeds;

fuzz_target!(
    init: seeds::write("probe", seeds::wasm),
    |data: &[u8]| match parse("p", data, &[]) {
        Ok(module) => {
            let crossed = encode(module.manifest()).and_then(|bytes| decode::<Manifest>(&bytes));
            assert_eq!(crossed.ok().as_ref(), Some(module.manifest()));
            assert_eq!(module.manifest().display_names().len(), module.manifest().probes.len());
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let _ = error.hint();
        }
    }
);
