//! Frames that another process wrote: refused, or what is written of them again is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect::desk::Answer;
use waspect::frames::{FromAgent, FromCompiler, ToAgent, decode, encode, read, write};
use waspect_fuzz::seeds;

/// By bytes, for NaN is not equal to itself.
macro_rules! same_again {
    ($data:expr, $type:ty) => {
        if let Ok(value) = decode::<$type>($data) {
            let mut framed = Vec::new();
            write(&mut framed, &value).expect("written");
            let again: $type = read(&mut framed.as_slice()).expect("what was written is read");
            assert_eq!(encode(&again).ok(), encode(&value).ok());
        }
        let _ = read::<$type>(&mut &$data[..]);
    };
}

fuzz_target!(
    init: seeds::write("probe", seeds::frames),
    |data: &[u8]| {
        same_again!(data, FromAgent);
        same_again!(data, ToAgent);
        same_again!(data, FromCompiler);
        same_again!(data, Answer);
    }
);
