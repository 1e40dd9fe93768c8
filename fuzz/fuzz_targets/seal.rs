//! Sealed files that somebody changed: opened when nothing was, and else not read at all.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use waspect::frames::{Artifact, decode, encode};
use waspect::seal::{self, Folder, Key};
use waspect_fuzz::seeds;

/// A key of its own, in a folder below the temporary ones.
static FOLDER: LazyLock<(std::path::PathBuf, Folder, Key)> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("waspect-fuzz-{}", std::process::id()));
    let folder = Folder::at(&path).expect("a folder");
    let key = folder.key().expect("a key");
    (path, folder, key)
});

/// What is read at all is what the key seals, to the byte. That it is read is no mistake: a fuzzer sees both sides of each
/// comparison, and so learns the seal of what it made up.
fn is_whole(file: &[u8]) {
    let (_, folder, key) = &*FOLDER;
    match key.open("artifact", file) {
        Ok(body) => assert_eq!(key.seal("artifact", body), file),
        Err(_) => assert!(seal::load(folder, file).is_err()),
    }
}

fuzz_target!(
    init: seeds::write("probe", seeds::artifacts),
    |data: &[u8]| {
        let (_, folder, key) = &*FOLDER;
        is_whole(data);
        let Some((edits, body)) = data.split_first().and_then(|(n, rest)| rest.split_at_checked(4 * usize::from(n % 4))) else {
            return;
        };
        let sealed = key.seal("artifact", body);
        assert_eq!(key.open("artifact", &sealed).ok(), Some(body));
        assert!(key.open("lent", &sealed).is_err(), "sealed for another purpose");
        // What the right seal holds is read as untrusted bytes all the same; it is not executed here.
        if let Ok(artifact) = seal::load(folder, &sealed) {
            let again = encode(&artifact).expect("written");
            // By their bytes: a rate may be no number, which equals nothing.
            let read: Artifact = decode(&again).expect("read");
            assert_eq!(encode(&read).expect("written"), again);
        }
        let mut changed = sealed.clone();
        for edit in edits.chunks_exact(4) {
            let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % changed.len();
            match edit[2] % 4 {
                0 => changed.truncate(at.max(1)),
                1 => changed.insert(at, edit[3]),
                _ => changed[at] ^= edit[3],
            }
        }
        if changed != sealed {
            is_whole(&changed);
        }
    }
);
