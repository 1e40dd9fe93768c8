//! Another process's memory.
//!
//! In: a process, addresses. Out: bytes, there and back. Never here: memory that the other process itself could not
//! write.

use std::io::{IoSlice, IoSliceMut};

use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;

use super::elf::Bytes;

#[derive(Clone, Copy, Debug)]
pub(super) struct Memory(pub(super) Pid);

/// A search goes through memory in pieces.
const PIECE_BYTES: usize = 64 << 10;

impl Bytes for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let wanted = into.len();
        self.read_some(address, into).ok().filter(|read| *read == wanted).map(|_| ())
    }
}

impl Memory {
    /// As much as there is.
    pub(super) fn read_some(self, address: u64, into: &mut [u8]) -> nix::Result<usize> {
        let there = RemoteIoVec { base: usize::try_from(address).unwrap_or(0), len: into.len() };
        process_vm_readv(self.0, &mut [IoSliceMut::new(into)], &[there])
    }

    pub(super) fn write(self, address: u64, bytes: &[u8]) -> Option<()> {
        let there = RemoteIoVec { base: usize::try_from(address).ok()?, len: bytes.len() };
        let written = process_vm_writev(self.0, &[IoSlice::new(bytes)], &[there]).ok()?;
        (written == bytes.len()).then_some(())
    }

    /// Where these bytes are first, in a range.
    pub(super) fn find(self, range: std::ops::Range<u64>, wanted: &[u8]) -> Option<u64> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut at = range.start;
        while at < range.end {
            let room = usize::try_from(range.end - at).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
            let read = self.read_some(at, &mut piece[..room]).ok().filter(|read| *read >= wanted.len())?;
            if let Some(found) = piece[..read].windows(wanted.len()).position(|bytes| bytes == wanted) {
                return Some(at + found as u64);
            }
            at += (read - (wanted.len() - 1)) as u64;
        }
        None
    }
}
