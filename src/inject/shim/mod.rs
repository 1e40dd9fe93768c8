//! The shim as this command carries it, and the block it is sent with.
//!
//! In: what the shim shall do. Out: the bytes of a memory file, and what the shim wrote back. Never here: code that runs in
//! the target; that is `shim.rs`, a program of its own that the build makes.

mod block;

use std::fs::File;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::unix::fs::FileExt;
use std::time::{SystemTime, UNIX_EPOCH};

pub use block::state;
pub use block::{AGENT_BYTES_MAX, NAMES, SAID_BYTES_MAX, SOURCE_BYTES_MAX};
use block::{Block, Calls};

/// The shared object; empty where it cannot be built.
pub const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/shim.so"));
pub const BLOCK_BYTES: usize = size_of::<Block>();
/// Where the block begins in the file: on the page behind the shim.
pub const BLOCK_OFFSET: u64 = (IMAGE.len() as u64).next_multiple_of(4096);
/// Where in the block `pthread_create` puts the thread.
pub const THREAD_OFFSET: usize = offset_of!(Block, thread);

/// The block as it is sent, but for the descriptor. `calls` are in the order of [`NAMES`]; texts are cut at their rooms.
pub(super) fn block(calls: &[u64], agent: &[u8], source: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; BLOCK_BYTES];
    let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
    for (n, address) in calls.iter().take(size_of::<Calls>() / size_of::<usize>()).enumerate() {
        put(offset_of!(Block, calls) + n * size_of::<usize>(), &address.to_le_bytes());
    }
    put(offset_of!(Block, agent), &agent[..agent.len().min(AGENT_BYTES_MAX - 1)]);
    put(offset_of!(Block, source), &source[..source.len().min(SOURCE_BYTES_MAX - 1)]);
    bytes
}

/// The shared memory file, from this side.
#[derive(Debug)]
pub(super) struct Shared(pub(super) File);

impl Shared {
    pub(super) fn send(&self, block: &[u8]) -> io::Result<()> {
        self.0.write_all_at(IMAGE, 0)?;
        self.0.write_all_at(block, BLOCK_OFFSET)?;
        self.look()
    }

    /// Says that somebody still waits.
    fn look(&self) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.0.write_all_at(&now.to_ne_bytes(), at(offset_of!(Block, looked)))
    }

    pub(super) fn state(&self) -> io::Result<u32> {
        self.look()?;
        let mut word = [0; 4];
        self.0.read_exact_at(&mut word, at(offset_of!(Block, state)))?;
        Ok(u32::from_ne_bytes(word))
    }

    /// What has not begun will not run.
    pub(super) fn cancel(&self) -> io::Result<()> {
        self.0.write_all_at(&1u32.to_ne_bytes(), at(offset_of!(Block, cancelled)))
    }

    pub(super) fn said(&self) -> String {
        let mut bytes = vec![0; SAID_BYTES_MAX];
        let read = self.0.read_at(&mut bytes, at(offset_of!(Block, said))).unwrap_or(0);
        let end = bytes[..read].iter().position(|b| *b == 0).unwrap_or(read);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

fn at(offset: usize) -> u64 {
    BLOCK_OFFSET + offset as u64
}
