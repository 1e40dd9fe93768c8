//! Values that another process wrote: refused, or what is written of them again is the same, and both JSON and text show them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect::render::json;
use waspect::render::text::{Unit, value as shown};
use waspect::value::Value;
use waspect_fuzz::seeds;

fuzz_target!(
    init: seeds::write("probe", seeds::values),
    |data: &[u8]| {
        let mut left = data;
        while let Ok(value) = Value::read(&mut left) {
            let (mut once, mut again, mut line) = (Vec::new(), Vec::new(), Vec::new());
            value.write(&mut once);
            Value::read(&mut once.as_slice()).expect("what was written is read").write(&mut again);
            assert_eq!(once, again);
            json::value(&mut line, &value);
            assert!(serde_json::from_slice::<serde_json::Value>(&line).is_ok(), "{}", String::from_utf8_lossy(&line));
            let text = shown(&value, Unit::of("x"));
            assert!(!text.contains('\n'), "{text:?}");
        }
    }
);
