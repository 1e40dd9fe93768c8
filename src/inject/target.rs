//! A process as it is looked at before anything is done to it: which interpreter it runs, and where its functions are.
//!
//! In: a process id. Out: a [`Target`], or why it can be none. Never here: a stop, a file of the target opened; its memory
//! says all, also where its files are in another file system, replaced or deleted.

use std::fs;
use std::ops::Range;

use nix::unistd::Pid;

use super::access;
use super::elf::{self, Bytes, Image};
use super::error::InjectError;
use super::maps::{Mapping, Maps, is_glibc, is_musl};
use super::memory::Memory;
use super::shim::NAMES;

/// `mov $15, %rax; syscall`: the C library's way out of a signal handler.
const RESTORER: [u8; 9] = [0x48, 0xC7, 0xC0, 0x0F, 0, 0, 0, 0x0F, 0x05];
/// `mov offset(%rip), %rax; add %fs:0, %rax; ret`: all of `__errno_location`.
const ERRNO_LOAD: [u8; 3] = [0x48, 0x8B, 0x05];
const ERRNO_REST: [u8; 10] = [0x64, 0x48, 0x03, 0x04, 0x25, 0, 0, 0, 0, 0xC3];
const ENDBR: [u8; 4] = [0xF3, 0x0F, 0x1E, 0xFA];
const OLDEST_MINOR: u8 = 11;

/// The interpreter.
#[derive(Clone, Debug)]
pub struct Python {
    pub version: (u8, u8, u8),
    pub is_free_threaded: bool,
    pub is_debug: bool,
    /// The library or executable it is in, as the target sees it.
    pub path: String,
    pub(super) eval: Range<u64>,
    /// Where it says its version.
    version_at: u64,
}

/// A process that can be entered.
#[derive(Debug)]
pub struct Target {
    pub pid: i32,
    pub python: Python,
    pub(super) maps: Maps,
    /// In the order of [`NAMES`].
    pub(super) calls: Vec<u64>,
    pub(super) mmap: u64,
    pub(super) pthread_create: u64,
    pub(super) restorer: u64,
    /// Where `errno` is from a thread's base; `None` when this C library keeps it in a way not known here.
    pub(super) errno: Option<i64>,
}

impl Target {
    /// Whether the addresses still mean what they meant: a process can become another program at any time, until one of its
    /// threads stands still.
    pub(super) fn is_unchanged(&self) -> bool {
        let memory = Memory(Pid::from_raw(self.pid));
        let mut code = [0; RESTORER.len()];
        let (major, minor, micro) = self.python.version;
        let version = memory.u32(self.python.version_at).unwrap_or(0).to_be_bytes();
        memory.read(self.restorer, &mut code).is_some() && code == RESTORER && version[..3] == [major, minor, micro]
    }
}

/// Looks at a process. It notices nothing.
///
/// # Errors
/// When it may not or cannot be entered.
pub fn look(pid: i32) -> Result<Target, InjectError> {
    access::check(pid)?;
    // One that ends meanwhile shows less and less.
    look_inside(pid).map_err(|error| if access::has_ended(pid) { InjectError::Gone { pid } } else { error })
}

/// Looks only for the interpreter: a fraction of the work, where nothing is to be entered now.
///
/// # Errors
/// As [`look`], but for functions that are missing.
pub fn recognise(pid: i32) -> Result<Python, InjectError> {
    access::check(pid)?;
    let recognised = Look::at(pid).and_then(|look| {
        let python = look.python()?;
        look.check_libc()?;
        look.describe(&python)
    });
    recognised.map_err(|error| if access::has_ended(pid) { InjectError::Gone { pid } } else { error })
}

fn look_inside(pid: i32) -> Result<Target, InjectError> {
    let look = Look::at(pid)?;
    let python = look.python()?;
    look.target(python)
}

/// What is mapped now.
pub(super) fn maps(pid: i32) -> Result<Maps, InjectError> {
    let text = fs::read(format!("/proc/{pid}/maps")).map_err(|error| InjectError::NoMaps { pid, error })?;
    let maps = Maps::parse(&String::from_utf8_lossy(&text));
    if maps.is_empty() { Err(InjectError::Gone { pid }) } else { Ok(maps) }
}

struct Look {
    pid: i32,
    memory: Memory,
    maps: Maps,
}

/// An image that is loaded, under the name it is known by.
struct Loaded {
    path: String,
    image: Image,
}

impl Look {
    fn at(pid: i32) -> Result<Self, InjectError> {
        let look = Self { pid, memory: Memory(Pid::from_raw(pid)), maps: maps(pid)? };
        look.check_machine()?;
        Ok(look)
    }

    fn exe(&self) -> String {
        let link = fs::read_link(format!("/proc/{}/exe", self.pid)).unwrap_or_default();
        let path = link.to_string_lossy().into_owned();
        path.strip_suffix(" (deleted)").map_or(path.clone(), str::to_owned)
    }

    fn check_machine(&self) -> Result<(), InjectError> {
        let (pid, exe) = (self.pid, self.exe());
        let Some(first) = self.maps.image(|name| exe.ends_with(&format!("/{name}"))) else { return Ok(()) };
        match elf::machine(&self.memory, first.range.start) {
            Some(elf::MACHINE_X86_64) => Ok(()),
            Some(_) => Err(InjectError::OtherMachine { pid, found: "another of 64 bits" }),
            None => Err(InjectError::OtherMachine { pid, found: "32 bits" }),
        }
    }

    fn open(&self, mapping: &Mapping) -> Option<Loaded> {
        let image = Image::open(&self.memory, mapping.range.start)?;
        Some(Loaded { path: mapping.path.clone(), image })
    }

    fn python(&self) -> Result<Loaded, InjectError> {
        let (pid, exe) = (self.pid, self.exe());
        if let Some(pypy) = self.maps.image(|name| name.starts_with("libpypy")) {
            return Err(InjectError::OtherPython { pid, found: format!("PyPy (`{}`)", pypy.name()) });
        }
        let library = self.maps.image(|name| name.starts_with("libpython") && name != "libpython3.so");
        let own = self.maps.image(|name| exe.ends_with(&format!("/{name}")));
        let has = |loaded: &Loaded, name| loaded.image.symbol(&self.memory, name).is_some();
        let candidates: Vec<Loaded> = [library, own].into_iter().flatten().filter_map(|m| self.open(m)).collect();
        let old = candidates.iter().find(|c| has(c, "PyEval_EvalCode")).map(|c| c.path.clone());
        if let Some(found) = candidates.into_iter().find(|c| has(c, "Py_Version")) {
            return Ok(found);
        }
        match old {
            Some(path) => Err(InjectError::PythonTooOld { pid, found: old_version(&path) }),
            None if self.maps.image(|name| name.starts_with("ld")).is_none() => Err(InjectError::Static { pid, exe }),
            None => Err(InjectError::NotPython { pid, exe }),
        }
    }

    fn check_libc(&self) -> Result<(), InjectError> {
        if self.maps.image(is_musl).is_some() { Err(InjectError::Musl { pid: self.pid }) } else { Ok(()) }
    }

    fn target(self, python: Loaded) -> Result<Target, InjectError> {
        let pid = self.pid;
        self.check_libc()?;
        let libc = self.maps.image(is_glibc).and_then(|m| self.open(m));
        let libc = libc.ok_or_else(|| InjectError::Static { pid, exe: self.exe() })?;
        let code = self.maps.code(&libc.path).find_map(|range| self.memory.find(range, &RESTORER));
        let restorer = code.ok_or_else(|| missing(pid, &libc, "__restore_rt"))?;
        let described = self.describe(&python)?;
        let errno = self.errno(&libc);
        // Before glibc 2.34 some functions were in libraries of their own.
        let more = ["libdl", "libpthread"].map(|start| self.maps.image(|name| name.starts_with(start)));
        let mut images = vec![libc];
        images.extend(more.into_iter().flatten().filter_map(|m| self.open(m)));
        images.push(python);
        let calls = NAMES.iter().map(|name| self.function(&images, name)).collect::<Result<_, _>>()?;
        let (mmap, pthread_create) = (self.function(&images, "mmap")?, self.function(&images, "pthread_create")?);
        Ok(Target { pid, python: described, maps: self.maps, calls, mmap, pthread_create, restorer, errno })
    }

    /// A function, wherever it is; by its private name where an older interpreter has no other.
    fn function(&self, images: &[Loaded], name: &str) -> Result<u64, InjectError> {
        let find = |name: &str| images.iter().find_map(|loaded| loaded.image.symbol(&self.memory, name));
        let found = find(name).or_else(|| find(&format!("_{name}")));
        let wanted_in = if name.starts_with("Py") { images.last() } else { images.first() };
        let absent = || wanted_in.map_or(InjectError::Gone { pid: self.pid }, |image| missing(self.pid, image, name));
        found.map(|symbol| symbol.address).ok_or_else(absent)
    }

    fn describe(&self, python: &Loaded) -> Result<Python, InjectError> {
        let symbol = |name| python.image.symbol(&self.memory, name).ok_or_else(|| missing(self.pid, python, name));
        let version_at = symbol("Py_Version")?.address;
        let version = self.memory.u32(version_at).unwrap_or(0).to_be_bytes();
        let eval = symbol("_PyEval_EvalFrameDefault")?;
        if (version[0], version[1]) < (3, OLDEST_MINOR) {
            let found = format!("CPython {}.{}", version[0], version[1]);
            return Err(InjectError::PythonTooOld { pid: self.pid, found });
        }
        Ok(Python {
            version: (version[0], version[1], version[2]),
            is_free_threaded: symbol("_Py_DecRefShared").is_ok(),
            is_debug: symbol("_Py_NegativeRefcount").is_ok(),
            path: python.path.clone(),
            eval: eval.address..eval.address + eval.size,
            version_at,
        })
    }

    fn errno(&self, libc: &Loaded) -> Option<i64> {
        let function = libc.image.symbol(&self.memory, "__errno_location")?.address;
        let mut code = [0; 21];
        self.memory.read(function, &mut code)?;
        let skipped = if code.starts_with(&ENDBR) { ENDBR.len() } else { 0 };
        let rest = code[skipped..].strip_prefix(&ERRNO_LOAD)?;
        let distance = i32::from_le_bytes(rest.get(..4)?.try_into().ok()?);
        let place = (function + skipped as u64 + 7).checked_add_signed(i64::from(distance))?;
        rest[4..].starts_with(&ERRNO_REST).then(|| self.memory.u64(place).map(u64::cast_signed))?
    }
}

fn missing(pid: i32, loaded: &Loaded, name: &str) -> InjectError {
    InjectError::NoSymbol { pid, image: loaded.path.clone(), name: name.to_owned() }
}

/// `/usr/lib/libpython3.9.so.1.0` and `/usr/bin/python3.9` say it.
fn old_version(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let digits = name.split_once("python").map_or("", |(_, rest)| rest);
    let version: String = digits.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let version = version.trim_end_matches('.');
    if version.contains('.') { format!("CPython {version}") } else { "a CPython older than 3.11".into() }
}
