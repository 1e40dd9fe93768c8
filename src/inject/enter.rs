//! The steps on a borrowed thread: a memory file, the shim loaded out of it, a thread that runs the shim.
//!
//! In: a borrowed thread and the block for the shim. Out: the memory file, through which the shim answers. Never here:
//! Python, a file on the target's disk, memory that is both written and executed.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;

use super::call::{Asked, Borrowed, Halt, Opens, THREADS};
use super::elf::Bytes;
use super::memory::Memory;
use super::shim::{self, BLOCK_BYTES, BLOCK_OFFSET, NAMES, Shared, THREAD_OFFSET};
use super::target::Target;

const SYS_MMAP: u64 = 9;
const SYS_CLOSE: u64 = 3;
const SYS_MEMFD_CREATE: u64 = 319;
const MFD_CLOEXEC: u64 = 1;
const RTLD_NOW: u64 = 2;
const PROT_READ_WRITE: u64 = 3;
const MAP_SHARED: u64 = 1;
/// As many as there is room for among the texts.
const PATH_BITS: u32 = 32;
const ENTRY_OFFSET: u64 = 24;
const ERRORS_FROM: i64 = -4095;

/// Why a step did not succeed.
pub(super) enum Trouble {
    Halt(&'static str, Halt),
    /// The target's own answer.
    Failed(&'static str, String),
}

type Step<T> = Result<T, Trouble>;

/// Starts the shim's thread, which needs the memory file no more: its pages are mapped by then.
pub(super) fn enter(thread: &mut Borrowed<'_>, target: &Target, block: &[u8]) -> Step<Shared> {
    let (syscall, gives) = (function(target, "syscall"), next_descriptor(target));
    thread.opens(Opens { by: SYS_MEMFD_CREATE, syscall, close: SYS_CLOSE, gives });
    let fd = create(thread, target)?;
    let prepared = prepare(thread, target, block, fd);
    let closed = thread.close().map_err(|halt| Trouble::Halt("close", halt));
    let (shared, base, block) = prepared?;
    closed?;
    run(thread, target, base, block)?;
    Ok(shared)
}

/// The lowest that is free, where no other thread can take it before. Else a command that is killed in the moment after the
/// file was made leaves it there: whatever number were closed on a guess could by then be the application's.
fn next_descriptor(target: &Target) -> Option<u64> {
    let names = |what: &str| fs::read_dir(format!("/proc/{}/{what}", target.pid)).ok();
    if names("task")?.count() != 1 {
        return None;
    }
    let used: BTreeSet<u64> = names("fd")?.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok()).collect();
    (0..).find(|fd| !used.contains(fd))
}

/// Gives the file, and where in the target its image and its block are.
fn prepare(thread: &mut Borrowed<'_>, target: &Target, block: &[u8], fd: u64) -> Step<(Shared, u64, u64)> {
    let shared = open(target, fd).and_then(|shared| shared.send(block).map(|()| shared));
    let shared = shared.map_err(|e| Trouble::Failed("memfd_create", e.to_string()))?;
    let base = load(thread, target, fd)?;
    let block = map(thread, target, fd)?;
    Ok((shared, base, block))
}

fn create(thread: &mut Borrowed<'_>, target: &Target) -> Step<u64> {
    const WHAT: &str = "memfd_create";
    let name = thread.text(c"waspect").map_err(|halt| Trouble::Halt(WHAT, halt))?;
    let asked = call(thread, WHAT, function(target, "syscall"), &[SYS_MEMFD_CREATE, name, MFD_CLOEXEC])?;
    result(WHAT, asked.iter().rev().find(|asked| asked.number == SYS_MEMFD_CREATE))
}

/// The same file, from this side. Its number is that of the thread, which may have descriptors of its own.
fn open(target: &Target, fd: u64) -> io::Result<Shared> {
    let path = format!("/proc/{}/fd/{fd}", target.pid);
    Ok(Shared(File::options().read(true).write(true).open(path)?))
}

/// Gives where the shim is: the first that was mapped of its file.
fn load(thread: &mut Borrowed<'_>, target: &Target, fd: u64) -> Step<u64> {
    const WHAT: &str = "dlopen";
    let path = CString::new(shim_path(fd, unlike_others())).unwrap_or_default();
    let path = thread.text(&path).map_err(|halt| Trouble::Halt(WHAT, halt))?;
    let asked = call(thread, WHAT, function(target, "dlopen"), &[path, RTLD_NOW])?;
    let of_file = |asked: &&Asked| asked.number == SYS_MMAP && (asked.fifth as u32).cast_signed() >= 0;
    match asked.iter().find(of_file) {
        Some(first) => result(WHAT, Some(first)),
        None => Err(Trouble::Failed(WHAT, last_error(&asked))),
    }
}

/// The loader takes two files of one name for the same, and a descriptor's number comes again. So the path is spelled in a
/// way of its own: each bit decides between two ways to write a slash.
fn shim_path(fd: u64, bits: u32) -> String {
    let slashes: String = (0..PATH_BITS).map(|n| if bits >> n & 1 == 1 { "/." } else { "/" }).collect();
    format!("/proc/self/fd{slashes}/{fd}")
}

fn unlike_others() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() ^ std::process::id() << 12
}

fn map(thread: &mut Borrowed<'_>, target: &Target, fd: u64) -> Step<u64> {
    const WHAT: &str = "mmap";
    let arguments = [0, BLOCK_BYTES as u64, PROT_READ_WRITE, MAP_SHARED, fd, BLOCK_OFFSET];
    let asked = call(thread, WHAT, target.mmap, &arguments)?;
    result(WHAT, asked.iter().find(|asked| asked.number == SYS_MMAP))
}

/// The last step: from here on the shim runs. If the thread is slow in it that is no failure: the shim will say.
fn run(thread: &mut Borrowed<'_>, target: &Target, base: u64, block: u64) -> Step<()> {
    const WHAT: &str = "pthread_create";
    let memory = Memory(nix::unistd::Pid::from_raw(target.pid));
    let entry = memory.u64(base + ENTRY_OFFSET).filter(|_| memory.u32(base) == Some(u32::from_le_bytes(*b"\x7FELF")));
    let entry = base + entry.ok_or_else(|| Trouble::Failed("dlopen", "the shim is not where it was loaded".into()))?;
    let asked = match call(thread, WHAT, target.pthread_create, &[block + THREAD_OFFSET as u64, 0, entry, block]) {
        Err(Trouble::Halt(_, Halt::Late)) => return Ok(()),
        asked => asked?,
    };
    let is_clone = |asked: &&Asked| THREADS.contains(&asked.number) && asked.result > 0;
    asked.iter().find(is_clone).map(|_| ()).ok_or_else(|| Trouble::Failed(WHAT, last_error(&asked)))
}

fn call(thread: &mut Borrowed<'_>, what: &'static str, function: u64, arguments: &[u64]) -> Step<Vec<Asked>> {
    thread.call(function, arguments).map_err(|halt| Trouble::Halt(what, halt))
}

fn function(target: &Target, name: &str) -> u64 {
    NAMES.iter().position(|known| *known == name).and_then(|at| target.calls.get(at)).copied().unwrap_or(0)
}

fn result(what: &'static str, asked: Option<&Asked>) -> Step<u64> {
    match asked.map(|asked| asked.result) {
        Some(result) if !(ERRORS_FROM..0).contains(&result) => Ok(result.cast_unsigned()),
        Some(error) => Err(Trouble::Failed(what, error_text(error))),
        None => Err(Trouble::Failed(what, "the kernel was not asked".into())),
    }
}

fn last_error(asked: &[Asked]) -> String {
    let failed = asked.iter().rev().find(|asked| (ERRORS_FROM..0).contains(&asked.result));
    failed.map_or_else(|| "it gave no reason".into(), |asked| error_text(asked.result))
}

fn error_text(result: i64) -> String {
    Errno::from_raw(i32::try_from(-result).unwrap_or(0)).desc().to_owned()
}

/// The block.
pub(super) fn block(target: &Target, agent: &[u8], source: &[u8]) -> Vec<u8> {
    shim::block(&target.calls, agent, source)
}
