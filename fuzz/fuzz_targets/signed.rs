//! A signed module that somebody changed: what still holds is what was signed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use waspect::module::{digest, parse, unsigned, with_signatures};
use waspect::signature::SecretKey;
use waspect_fuzz::seeds;

const TEXT: &str = "fn:shop.cart.add:entry { capture(arg0); }";

/// The module, and the same with its signature.
static SIGNED: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let plain = seeds::wasm(TEXT).remove(0);
    let key = SecretKey::of([7; 32]).expect("a key");
    let signed = with_signatures(&plain, &[key.sign(&digest(&plain))]);
    (plain, signed)
});

fuzz_target!(
    init: seeds::keep(|| vec![vec![], vec![0; 4], b"\x10\x00\x01\x41\x80\x00\x02\x01".to_vec()]),
    |data: &[u8]| {
        let (plain, signed) = &*SIGNED;
        let mut changed = signed.clone();
        for edit in data.chunks_exact(4) {
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % (changed.len() + 1);
            match edit[2] % 4 {
                0 => changed.truncate(at),
                1 => changed.insert(at, edit[3]),
                2 if at < changed.len() => changed[at] ^= edit[3],
                _ => changed.extend_from_slice(&signed[at.min(signed.len())..]),
            }
        }
        let bare = unsigned(&changed);
        assert_eq!(unsigned(&bare), bare);
        if let Ok(module) = parse("p", &changed, &[]) {
            let signed = &module.manifest().signed;
            if signed.by().any(|one| one.holds(signed.digest())) {
                assert_eq!(&bare, plain);
                assert_eq!(signed.digest(), &digest(plain));
            }
        }
    }
);
