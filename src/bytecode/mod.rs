//! CPython code objects as plain data: a function's bytecode in, the same function with a hook spliced in out.
//!
//! In: an [`Image`] of a code object, a [`Shape`], which parameters the hook wants. Out: [`Rewritten`] bytes and tables,
//! or a [`RewriteError`] that names what is not understood. Never here: an interpreter, unsafe code, a guess. Whatever is
//! unknown is refused, and every result is decoded again and held against its original before it is given out.
//!
//! The hook is a subscript operation on the value stack, never a call: no new place for an asynchronous exception, no
//! event for a profiler, nothing in `locals()`.
//!
//! ```text
//! Entry   behind RESUME 0:   LOAD_CONST hook; <a>; DELETE_SUBSCR             del hook[a]
//!                            <b>; LOAD_CONST hook; <a>; STORE_SUBSCR         hook[a] = b
//! Token   behind RESUME 0:   LOAD_CONST hook; <wanted>; BINARY_SUBSCR        hook[wanted] -> token, kept on the stack
//!         before a return:   BINARY_SUBSCR                                   token[value] -> value
//!         around the body:   COPY 3; COPY 2; DELETE_SUBSCR; RERAISE 1        del token[exception]
//! ```

mod check;
mod decode;
mod emit;
pub mod exc;
mod layout;
pub mod lines;
#[cfg(not(feature = "doors"))]
mod reverted;
#[cfg(feature = "doors")]
pub mod reverted;
mod splice;
mod tables;

pub use tables::Version;

/// A code object, borrowed: what rewriting needs to know of it.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// `co_code`: two bytes a unit, without specialisation or instrumentation.
    pub code: &'a [u8],
    pub line_table: &'a [u8],
    pub exception_table: &'a [u8],
    pub stack_size: u32,
    pub first_line: i32,
    pub flags: u32,
    /// How many of `co_varnames` are parameters, `*args` and `**kwargs` included.
    pub parameters: u32,
    pub const_count: u32,
}

/// What is spliced in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// The hook learns of the entry only.
    Entry,
    /// The hook hands out a token that learns how the frame ends.
    Token,
}

/// A constant to append to `co_consts`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Const {
    Hook,
    EmptyTuple,
}

/// What replaces the parts of the code object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    pub code: Vec<u8>,
    pub line_table: Vec<u8>,
    pub exception_table: Vec<u8>,
    pub stack_size: u32,
    /// To append, in order. Never prepend: the first constant is the docstring.
    pub consts: &'static [Const],
}

/// Why a function is left alone.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RewriteError {
    #[error("bytecode of CPython {0}.{1} with magic number {2} is not known, expected {known}", known = Version::known())]
    Version(u8, u8, u16),
    #[error("code is not a function's, expected flags `CO_OPTIMIZED` and `CO_NEWLOCALS`, found {0:#x}")]
    NotAFunction(u32),
    #[error("code of {0} bytes, expected an even number up to {max}", max = decode::CODE_BYTES_MAX)]
    Size(usize),
    #[error("opcode {opcode} at unit {unit} is not known")]
    Opcode { opcode: u8, unit: u32 },
    #[error("code ends inside the instruction at unit {0}")]
    Truncated(u32),
    #[error("more than three `EXTENDED_ARG` at unit {0}")]
    Prefixes(u32),
    #[error("no `RESUME`")]
    NoResume,
    #[error("first `RESUME` has argument {0}, expected that of a function's start, 0")]
    Resume(u32),
    #[error("parameter {wanted} is wanted, expected ascending ones below {parameters}")]
    Want { wanted: u32, parameters: u32 },
    #[error("jump from unit {from} to unit {to}, expected the start of an instruction behind `RESUME`")]
    Jump { from: u32, to: u32 },
    #[error("exception table is not understood at byte {0}: {1}")]
    ExceptionTable(usize, &'static str),
    #[error("handler at unit {0}, expected the start of an instruction behind `RESUME`")]
    Handler(u32),
    #[error("line table is not understood at byte {0}: {1}")]
    LineTable(usize, &'static str),
    #[error("the rewritten code is not the original's: unit {unit} of it, {what}")]
    Check { unit: u32, what: &'static str },
}

/// Whether code with these `co_flags` is a plain function's (generators, coroutines, lambdas and comprehensions among
/// them), not a module's or a class body's.
pub const fn is_function(flags: u32) -> bool {
    const OPTIMIZED_NEWLOCALS: u32 = 0x3;
    flags & OPTIMIZED_NEWLOCALS == OPTIMIZED_NEWLOCALS
}

/// Splices a hook into a function. `want`: the parameters it is handed, as ascending indexes into `co_varnames`.
///
/// # Errors
/// Whatever is not understood, and a result that is not the original plus the hook.
pub fn rewrite(version: &Version, image: &Image<'_>, shape: Shape, want: &[u16]) -> Result<Rewritten, RewriteError> {
    if !is_function(image.flags) {
        return Err(RewriteError::NotAFunction(image.flags));
    }
    let mut spliced = splice::splice(version, image, shape, want)?;
    layout::settle(version, &mut spliced)?;
    let rewritten = Rewritten {
        code: emit::code(version, &spliced),
        line_table: emit::lines(version, &spliced, image)?,
        exception_table: emit::ranges(version, &spliced, image, shape)?,
        stack_size: stack_size(image, shape, want),
        consts: if want.is_empty() { &[Const::Hook, Const::EmptyTuple] } else { &[Const::Hook] },
    };
    if !reverted::any() {
        check::check(version, image, shape, &spliced, &rewritten)?;
    }
    Ok(rewritten)
}

/// The entry runs on an empty stack; the token lies below everything, and its handler needs room even in tiny functions.
fn stack_size(image: &Image<'_>, shape: Shape, want: &[u16]) -> u32 {
    let wanted = u32::try_from(want.len()).unwrap_or(u32::MAX);
    match shape {
        Shape::Entry => image.stack_size.max(wanted.max(1).saturating_add(1)),
        Shape::Token => image.stack_size.saturating_add(1).max(wanted.saturating_add(4)).max(8),
    }
}
