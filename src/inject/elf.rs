//! Symbols of an image that a process has loaded, found in its memory alone.
//!
//! In: memory, and where an image begins. Out: addresses. Never here: a file (it may be in another file system, changed
//! or deleted), a section, debug information.

/// Something with bytes at addresses.
pub trait Bytes {
    /// All of them, or nothing.
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()>;

    fn u16(&self, address: u64) -> Option<u16> {
        let mut bytes = [0; 2];
        self.read(address, &mut bytes).map(|()| u16::from_le_bytes(bytes))
    }
    fn u32(&self, address: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes).map(|()| u32::from_le_bytes(bytes))
    }
    fn u64(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes).map(|()| u64::from_le_bytes(bytes))
    }
}

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PROGRAM_HEADER_BYTES: u64 = 56;
const SYMBOL_BYTES: u64 = 24;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_GNU_HASH: u64 = 0x6FFF_FEF5;
/// No image has more of either.
const HEADERS_MAX: u16 = 64;
const DYNAMIC_MAX: u64 = 256;
const CHAIN_MAX: u32 = 100_000;
pub const MACHINE_X86_64: u16 = 62;

/// An image's symbol tables.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    /// What is added to the addresses that the file names.
    pub bias: u64,
    pub entry: u64,
    names: u64,
    symbols: u64,
    hash: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub address: u64,
    pub size: u64,
}

/// The processor an image is for: `None` where there is no image of 64 bits.
pub fn machine(memory: &impl Bytes, base: u64) -> Option<u16> {
    let mut magic = [0; 5];
    memory.read(base, &mut magic)?;
    (magic == *b"\x7FELF\x02").then(|| memory.u16(base + 18))?
}

impl Image {
    /// The image whose header is at `base`; `None` when it has no dynamic symbols.
    pub fn open(memory: &impl Bytes, base: u64) -> Option<Self> {
        machine(memory, base)?;
        let (table, count) = (base + memory.u64(base + 32)?, memory.u16(base + 56)?.min(HEADERS_MAX));
        let headers = (0..u64::from(count)).map(|n| table + n * PROGRAM_HEADER_BYTES);
        let first = |kind| headers.clone().find(|header| memory.u32(*header) == Some(kind));
        // A file made for fixed addresses says so in its first segment.
        let page = memory.u64(first(PT_LOAD)? + 16)? & !0xFFF;
        let bias = base.checked_sub(page)?;
        let dynamic = bias + memory.u64(first(PT_DYNAMIC)? + 16)?;
        let value = |tag| dynamic_value(memory, dynamic, tag).map(|at| if at < base { at + bias } else { at });
        let entry = bias + memory.u64(base + 24)?;
        Some(Self { bias, entry, names: value(DT_STRTAB)?, symbols: value(DT_SYMTAB)?, hash: value(DT_GNU_HASH)? })
    }

    /// A symbol that this image defines.
    pub fn symbol(&self, memory: &impl Bytes, name: &str) -> Option<Symbol> {
        let (buckets, first) = (memory.u32(self.hash)?, memory.u32(self.hash + 4)?);
        let bloom_words = memory.u32(self.hash + 8)?;
        let bucket_table = self.hash + 16 + 8 * u64::from(bloom_words);
        let chain = bucket_table + 4 * u64::from(buckets);
        let wanted = hash(name);
        let start = memory.u32(bucket_table + 4 * u64::from(wanted.checked_rem(buckets)?))?;
        for index in start.max(first)..start.checked_add(CHAIN_MAX)? {
            let found = memory.u32(chain + 4 * u64::from(index - first))?;
            let matches = start >= first && (found ^ wanted) >> 1 == 0;
            if let Some(symbol) = matches.then(|| self.named(memory, index, name)).flatten() {
                return Some(symbol);
            }
            if found & 1 == 1 || start < first {
                return None;
            }
        }
        None
    }

    fn named(&self, memory: &impl Bytes, index: u32, name: &str) -> Option<Symbol> {
        let at = self.symbols + u64::from(index) * SYMBOL_BYTES;
        let mut found = vec![0; name.len() + 1];
        memory.read(self.names + u64::from(memory.u32(at)?), &mut found)?;
        let is_it = found.strip_suffix(&[0]) == Some(name.as_bytes());
        let defined = memory.u16(at + 6)? != 0;
        let address = self.bias + memory.u64(at + 8)?;
        (is_it && defined).then_some(Symbol { address, size: memory.u64(at + 16)? })
    }
}

fn dynamic_value(memory: &impl Bytes, dynamic: u64, wanted: u64) -> Option<u64> {
    for at in (0..DYNAMIC_MAX).map(|n| dynamic + 16 * n) {
        match memory.u64(at)? {
            0 => return None,
            tag if tag == wanted => return memory.u64(at + 8),
            _ => {}
        }
    }
    None
}

/// The GNU hash.
fn hash(name: &str) -> u32 {
    name.bytes().fold(5381, |h: u32, byte| h.wrapping_mul(33).wrapping_add(u32::from(byte)))
}
