//! The segment: one shared-memory file by which a target tells an operator everything, without a thread or a descriptor.
//!
//! In: a size, or a descriptor of somebody's segment. Out: [`Words`], the memory as 64-bit atomics. The target writes the
//! ledger (self-describing blocks with live counters) and the ring (records); the operator maps the same pages and reads.
//! What was written survives the target, however it ends. Never here: what a word means past the header, a lock, or
//! trust in what the other side wrote.
//!
//! The only file that maps memory.

mod reader;

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit};

pub use reader::{ReadError, Reader, Totals};

/// First word of every segment; the low byte is the layout's version.
const MAGIC: u64 = u64::from_le_bytes(*b"WASPSEG\x01");

/// The header, word by word.
pub mod header {
    pub const MAGIC: usize = 0;
    pub const LEDGER_WORDS: usize = 1;
    /// Words of the ledger in use; blocks below it are whole.
    pub const LEDGER_USED: usize = 2;
    pub const RING_WORDS: usize = 3;
    /// Words ever written to the ring; records below it are whole.
    pub const RING_HEAD: usize = 4;
    /// Words ever read from the ring; the only word the operator writes, beside `STOP`.
    pub const RING_TAIL: usize = 5;
    /// Not 0: the operator wants no more firings.
    pub const STOP: usize = 6;
    pub const PID: usize = 7;
    /// Wall clock minus monotonic clock, ns.
    pub const WALL_OFFSET: usize = 8;
    /// Blocks that did not fit the ledger.
    pub const LEDGER_FULL: usize = 9;
    /// Blocks below it came from the parent: a forked child does not report their states again.
    pub const INHERITED: usize = 10;
    /// Forked children that go on unobserved, counted by themselves: nobody took their segment, or they got none.
    pub const UNOBSERVED: usize = 11;
    /// Where the ledger starts: a cache line after the last of these.
    pub const WORDS: usize = 16;
}

const SPARE_BYTES: usize = crate::limits::SPARE_BYTES_MIN as usize;

/// Why there is no segment.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    #[error("shared memory of {bytes} bytes could not be made: {why}")]
    Make { bytes: u64, why: std::io::Error },
    #[error("not a waspect segment: {0}")]
    Foreign(&'static str),
}

/// A mapped segment; unmapped with its last clone.
#[derive(Clone)]
pub struct Words {
    /// Lent for no longer than `self` lives.
    words: &'static [AtomicU64],
    /// Words of the ring: read once and checked, for the other side may write the header at any time.
    ring: usize,
    _map: Arc<memmap2::MmapRaw>,
}

impl Words {
    /// A fresh segment, and the descriptor to hand over. Both sizes are rounded up to powers of two.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn create(ledger_bytes: u64, ring_bytes: u64) -> Result<(Self, OwnedFd), SegmentError> {
        let ledger = ledger_bytes.next_power_of_two() / 8;
        let ring = ring_bytes.next_power_of_two() / 8;
        let bytes = (header::WORDS as u64 + ledger + ring) * 8;
        let make = |why: std::io::Error| SegmentError::Make { bytes, why };
        let fd = memfd_create(c"waspect", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)
            .map_err(|e| make(e.into()))?;
        // Growing a file past its limit is a signal, which may be the process's end.
        if getrlimit(Resource::RLIMIT_FSIZE).is_ok_and(|(limit, _)| bytes > limit) {
            return Err(make(std::io::ErrorKind::FileTooLarge.into()));
        }
        nix::unistd::ftruncate(&fd, i64::try_from(bytes).unwrap_or(i64::MAX)).map_err(|e| make(e.into()))?;
        // Nobody can shrink what is mapped, so no access can fault.
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&fd, FcntlArg::F_ADD_SEALS(seals)).map_err(|e| make(e.into()))?;
        // Held until the segment is mapped, so that it is left then. Most code ends the process where memory is refused to it;
        // under a limit, that would be the application's end.
        let spare = memmap2::MmapMut::map_anon(SPARE_BYTES).map_err(make)?;
        let mut words = Self::map(&fd).map_err(make)?;
        drop(spare);
        words.ring = usize::try_from(ring).unwrap_or(words.len());
        words.at(header::LEDGER_WORDS).store(ledger, Relaxed);
        words.at(header::RING_WORDS).store(ring, Relaxed);
        words.at(header::PID).store(u64::from(std::process::id()), Relaxed);
        words.at(header::MAGIC).store(MAGIC, std::sync::atomic::Ordering::Release);
        Ok((words, fd))
    }

    /// Somebody else's segment.
    ///
    /// # Errors
    /// When it could be shrunk under us, is not a segment, or says sizes it does not have.
    pub fn open(fd: &OwnedFd) -> Result<Self, SegmentError> {
        let seals = fcntl(fd, FcntlArg::F_GET_SEALS).map_err(|_| SegmentError::Foreign("the file has no seals"))?;
        if !SealFlag::from_bits_truncate(seals).contains(SealFlag::F_SEAL_SHRINK) {
            return Err(SegmentError::Foreign("the file could shrink"));
        }
        let mut words = Self::map(fd).map_err(|_| SegmentError::Foreign("the file cannot be mapped"))?;
        if words.len() < header::WORDS || words.load(header::MAGIC) != MAGIC {
            return Err(SegmentError::Foreign("the first word is another"));
        }
        let (ledger, ring) = (words.load(header::LEDGER_WORDS), words.load(header::RING_WORDS));
        let sum = (header::WORDS as u64).checked_add(ledger).and_then(|n| n.checked_add(ring));
        if !ring.is_power_of_two() || sum != Some(words.len() as u64) {
            return Err(SegmentError::Foreign("its sizes do not add up"));
        }
        words.ring = usize::try_from(ring).unwrap_or(words.len());
        Ok(words)
    }

    fn map(fd: &OwnedFd) -> std::io::Result<Self> {
        let map = memmap2::MmapRaw::map_raw(&fd.as_fd())?;
        // SAFETY: the mapping is page-aligned, that many words long, sealed against shrinking (or refused by `open`), and
        // alive as long as `_map`, which every holder of the slice holds too; every access by either process goes through
        // atomics, and any bit pattern is a u64.
        let words = unsafe { std::slice::from_raw_parts(map.as_mut_ptr().cast::<AtomicU64>(), map.len() / 8) };
        Ok(Self { words, ring: 0, _map: Arc::new(map) })
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: a segment has a header.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The whole segment.
    pub fn all(&self) -> &[AtomicU64] {
        self.words
    }

    /// One word; panics past the end, which every caller's own bound excludes.
    #[inline]
    pub fn at(&self, index: usize) -> &AtomicU64 {
        &self.all()[index]
    }

    /// One word's value.
    #[inline]
    pub fn load(&self, index: usize) -> u64 {
        self.at(index).load(Relaxed)
    }

    /// Where the ring starts: behind the ledger.
    pub fn ring_start(&self) -> usize {
        self.len() - self.ring
    }

    /// Words of the ring, a power of two.
    pub fn ring_words(&self) -> u64 {
        self.ring as u64
    }
}

/// The segment that a writer writes, which in a forked child becomes another one.
pub struct Own {
    /// The last of `kept`.
    words: Cell<&'static [AtomicU64]>,
    /// Every segment there was: what was lent of one stays mapped.
    kept: RefCell<Vec<Words>>,
}

impl Own {
    pub fn new(words: Words) -> Self {
        Self { words: Cell::new(words.words), kept: RefCell::new(vec![words]) }
    }

    /// From now on these words are written.
    pub fn replace(&self, words: Words) {
        self.words.set(words.words);
        self.kept.borrow_mut().push(words);
    }

    /// The whole segment.
    #[inline]
    pub fn all(&self) -> &[AtomicU64] {
        self.words.get()
    }

    /// One word; panics past the end, which every caller's own bound excludes.
    #[inline]
    pub fn at(&self, index: usize) -> &AtomicU64 {
        &self.all()[index]
    }

    /// One word's value.
    #[inline]
    pub fn load(&self, index: usize) -> u64 {
        self.at(index).load(Relaxed)
    }

    /// The segment, for a reader in the same process.
    pub fn share(&self) -> Words {
        let kept = self.kept.borrow();
        kept[kept.len() - 1].clone()
    }
}
