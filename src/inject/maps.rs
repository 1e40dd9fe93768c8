//! What a process has mapped, and which kind of code an address is in.
//!
//! In: the text of `/proc/PID/maps`. Out: [`Maps`]. Never here: a file opened by the path that a line names.

use std::ops::Range;

/// Allocators that programs bring along: like the C library, their code may hold a lock that every thread needs.
const ALLOCATORS: [&str; 5] = ["jemalloc", "tcmalloc", "mimalloc", "hoard", "snmalloc"];

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub range: Range<u64>,
    pub executable: bool,
    pub writable: bool,
    pub offset: u64,
    /// Empty for memory without a file; without the mark of a deleted one.
    pub path: String,
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The interpreter's library or executable.
    Python,
    /// The C library, the loader, the kernel's page, an allocator: they hold locks.
    Locking,
    Other,
    /// Not code, or mapped since.
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct Maps(Vec<Mapping>);

impl Maps {
    /// Lines that are not understood are left out.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(line).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn at(&self, address: u64) -> Option<&Mapping> {
        self.0.iter().find(|m| m.range.contains(&address))
    }

    /// The first mapping of a file whose name fits: where its header is.
    pub fn image(&self, fits: impl Fn(&str) -> bool) -> Option<&Mapping> {
        self.0.iter().find(|m| m.offset == 0 && fits(m.name()))
    }

    /// Where code of this file is.
    pub fn code(&self, path: &str) -> impl Iterator<Item = Range<u64>> {
        self.0.iter().filter(move |m| m.executable && m.path == path).map(|m| m.range.clone())
    }

    pub fn place(&self, address: u64, python: &str) -> Place {
        match self.at(address).filter(|m| m.executable) {
            Some(m) if m.path == python => Place::Python,
            Some(m) if is_locking(m.name()) => Place::Locking,
            Some(_) => Place::Other,
            None => Place::Unknown,
        }
    }
}

impl Mapping {
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

fn line(text: &str) -> Option<Mapping> {
    let mut fields = text.splitn(6, ' ');
    let (from, to) = fields.next()?.split_once('-')?;
    let (rights, offset) = (fields.next()?, fields.next()?);
    let path = fields.nth(2).unwrap_or_default().trim_start();
    Some(Mapping {
        range: number(from)?..number(to)?,
        executable: rights.contains('x'),
        writable: rights.contains('w'),
        offset: number(offset)?,
        path: path.strip_suffix(" (deleted)").unwrap_or(path).to_owned(),
    })
}

fn number(hex: &str) -> Option<u64> {
    u64::from_str_radix(hex, 16).ok()
}

fn is_locking(name: &str) -> bool {
    is_glibc(name)
        || ["ld-", "ld.so", "libdl", "libpthread", "[vdso]", "[vsyscall]"].iter().any(|own| name.starts_with(own))
        || ALLOCATORS.iter().any(|own| name.contains(own))
}

/// `libc.so.6`, or `libc-2.31.so` before 2.34.
pub fn is_glibc(name: &str) -> bool {
    name == "libc.so.6" || (name.starts_with("libc-") && name.ends_with(".so"))
}

pub fn is_musl(name: &str) -> bool {
    name.starts_with("ld-musl-") || name.starts_with("libc.musl-")
}
