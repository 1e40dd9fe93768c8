//! WASI preview 1 as far as probes may name it: what languages' runtimes ask for at link time, none of it real.
//!
//! In: nothing. Out: [`WASI`]. Never here: a function that reaches a file, a socket, an argument or a variable.

use crate::{Arg, Import, Reads};

/// Import module of the stubs.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// Error numbers of preview 1 that the stubs give.
pub mod errno {
    pub const BADF: i32 = 8;
    pub const FAULT: i32 = 21;
    pub const INVAL: i32 = 28;
    pub const NOSYS: i32 = 52;
}

/// What a stub does when it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// This number, whatever it is asked.
    Gives(i32),
    /// Text for the log.
    Lines,
    Clock,
    Random,
    /// Of arguments and variables: there are none.
    NoSizes,
    /// Ends the firing.
    Exit,
}

/// One row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stub {
    pub import: Import,
    pub answer: Answer,
}

/// Of each call, besides what it writes or is given.
const FUEL: u32 = 15;

const fn stub(name: &'static str, signature: &'static str, answer: Answer, reads: Reads, does: &'static str) -> Stub {
    Stub { import: Import { module: WASI_MODULE, arg: Arg::Fixed(name), signature, reads, fuel: FUEL, does }, answer }
}

const fn no_file(name: &'static str, signature: &'static str) -> Stub {
    stub(name, signature, Answer::Gives(errno::BADF), Reads::Nothing, "8 (EBADF): there are no files")
}

/// Every function of WASI that links.
#[rustfmt::skip]
pub const WASI: &[Stub] = &[
    stub("args_get", "(i32,i32)->i32", Answer::Gives(0), Reads::Nothing, "0: there are no arguments"),
    stub("args_sizes_get", "(i32,i32)->i32", Answer::NoSizes, Reads::Nothing, "no arguments, of no bytes"),
    stub("clock_time_get", "(i32,i64,i32)->i32", Answer::Clock, Reads::Context, "the clock: 0 wall, 1 monotonic, ns; others 28 (EINVAL)"),
    stub("environ_get", "(i32,i32)->i32", Answer::Gives(0), Reads::Nothing, "0: there are no variables"),
    stub("environ_sizes_get", "(i32,i32)->i32", Answer::NoSizes, Reads::Nothing, "no variables, of no bytes"),
    no_file("fd_advise", "(i32,i64,i64,i32)->i32"),
    no_file("fd_allocate", "(i32,i64,i64)->i32"),
    no_file("fd_close", "(i32)->i32"),
    no_file("fd_datasync", "(i32)->i32"),
    no_file("fd_fdstat_get", "(i32,i32)->i32"),
    no_file("fd_fdstat_set_flags", "(i32,i32)->i32"),
    no_file("fd_fdstat_set_rights", "(i32,i64,i64)->i32"),
    no_file("fd_filestat_get", "(i32,i32)->i32"),
    no_file("fd_filestat_set_size", "(i32,i64)->i32"),
    no_file("fd_filestat_set_times", "(i32,i64,i64,i32)->i32"),
    no_file("fd_pread", "(i32,i32,i32,i64,i32)->i32"),
    no_file("fd_prestat_dir_name", "(i32,i32,i32)->i32"),
    no_file("fd_prestat_get", "(i32,i32)->i32"),
    no_file("fd_pwrite", "(i32,i32,i32,i64,i32)->i32"),
    no_file("fd_read", "(i32,i32,i32,i32)->i32"),
    no_file("fd_readdir", "(i32,i32,i32,i64,i32)->i32"),
    no_file("fd_renumber", "(i32,i32)->i32"),
    no_file("fd_seek", "(i32,i64,i32,i32)->i32"),
    no_file("fd_sync", "(i32)->i32"),
    no_file("fd_tell", "(i32,i32)->i32"),
    stub("fd_write", "(i32,i32,i32,i32)->i32", Answer::Lines, Reads::Writes, "lines for the operator: 1 info, 2 warn; others 8 (EBADF)"),
    stub("poll_oneoff", "(i32,i32,i32,i32)->i32", Answer::Gives(errno::NOSYS), Reads::Nothing, "52 (ENOSYS): a probe does not wait"),
    stub("proc_exit", "(i32)->()", Answer::Exit, Reads::Nothing, "a trap"),
    stub("random_get", "(i32,i32)->i32", Answer::Random, Reads::Context, "random bytes, from where `rand` has its numbers"),
    stub("sched_yield", "()->i32", Answer::Gives(0), Reads::Nothing, "0"),
];

/// The stub of that name.
pub fn stub_named(name: &str) -> Option<&'static Stub> {
    WASI.iter().find(|stub| stub.name() == name)
}

impl Stub {
    pub fn name(&self) -> &'static str {
        if let Arg::Fixed(name) = self.import.arg { name } else { "" }
    }

    /// Whether a call reads or writes guest memory.
    pub(crate) fn takes_memory(&self) -> bool {
        !matches!(self.answer, Answer::Gives(_) | Answer::Exit)
    }
}
