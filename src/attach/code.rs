//! Code objects read into images, and images made into code objects.
//!
//! In: a code object and a hook. Out: a new code object with the hook in it. Never here: a change to the one that came in,
//! an import of a module the application may not have.

use std::sync::OnceLock;

use pyo3::{
    exceptions::PyValueError,
    intern,
    prelude::*,
    types::{PyBytes, PyCode, PyDict, PyString, PyTuple},
};

use crate::bytecode::{self, Const, Image, RewriteError, Rewritten, Shape, Version};

/// Why there is no new code object.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
    /// An audit hook said no, or memory ran out.
    #[error(transparent)]
    Python(#[from] PyErr),
}

impl From<CodeError> for PyErr {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Rewrite(e) => PyValueError::new_err(e.to_string()),
            CodeError::Python(e) => e,
        }
    }
}

/// The bytecode of this interpreter, looked at once.
///
/// # Errors
/// When it is not a known one: then no function can be rewritten.
pub fn version(py: Python<'_>) -> Result<&'static Version, CodeError> {
    static VERSION: OnceLock<Result<&'static Version, RewriteError>> = OnceLock::new();
    if let Some(version) = VERSION.get() {
        return Ok(version.clone()?);
    }
    let info = py.version_info();
    let found = Version::find(info.major, info.minor, magic(py)?);
    Ok(VERSION.get_or_init(|| found).clone()?)
}

/// `importlib.util.MAGIC_NUMBER`, from the frozen module behind it: every process has that one loaded.
fn magic(py: Python<'_>) -> PyResult<u16> {
    let number = py.import("_frozen_importlib_external")?.getattr("MAGIC_NUMBER")?;
    match number.cast::<PyBytes>()?.as_bytes() {
        &[low, high, ..] => Ok(u16::from_le_bytes([low, high])),
        short => Err(PyValueError::new_err(format!("magic number of {} bytes, expected 4", short.len()))),
    }
}

/// What of a code object rewriting needs, held while it is looked at.
#[derive(Debug)]
pub struct Parts<'py> {
    code: Bound<'py, PyBytes>,
    line_table: Bound<'py, PyBytes>,
    exception_table: Bound<'py, PyBytes>,
    consts: Bound<'py, PyTuple>,
    stack_size: u32,
    first_line: i32,
    flags: u32,
    parameters: u32,
}

/// Reads a code object. `co_code` is without specialisation and instrumentation, whatever state the function is in.
///
/// # Errors
/// When memory runs out.
pub fn read<'py>(code: &Bound<'py, PyCode>) -> PyResult<Parts<'py>> {
    let py = code.py();
    let flags = number(code, intern!(py, "co_flags"))?;
    Ok(Parts {
        code: code.getattr(intern!(py, "co_code"))?.cast_into()?,
        line_table: code.getattr(intern!(py, "co_linetable"))?.cast_into()?,
        exception_table: code.getattr(intern!(py, "co_exceptiontable"))?.cast_into()?,
        consts: code.getattr(intern!(py, "co_consts"))?.cast_into()?,
        stack_size: number(code, intern!(py, "co_stacksize"))?,
        first_line: code.getattr(intern!(py, "co_firstlineno"))?.extract()?,
        parameters: parameters(code, flags)?,
        flags,
    })
}

fn number(code: &Bound<'_, PyCode>, name: &Bound<'_, PyString>) -> PyResult<u32> {
    code.getattr(name)?.extract()
}

/// How many of `co_varnames` are parameters: they come first, `*args` and `**kwargs` last of them.
fn parameters(code: &Bound<'_, PyCode>, flags: u32) -> PyResult<u32> {
    const VARARGS: u32 = 0x4;
    const VARKEYWORDS: u32 = 0x8;
    let py = code.py();
    let named = number(code, intern!(py, "co_argcount"))? + number(code, intern!(py, "co_kwonlyargcount"))?;
    Ok(named + u32::from(flags & VARARGS != 0) + u32::from(flags & VARKEYWORDS != 0))
}

impl Parts<'_> {
    /// How many parameters the function has.
    pub fn parameters(&self) -> u32 {
        self.parameters
    }

    /// The same as plain data.
    pub fn image(&self) -> Image<'_> {
        Image {
            code: self.code.as_bytes(),
            line_table: self.line_table.as_bytes(),
            exception_table: self.exception_table.as_bytes(),
            stack_size: self.stack_size,
            first_line: self.first_line,
            flags: self.flags,
            parameters: self.parameters,
            const_count: u32::try_from(self.consts.len()).unwrap_or(u32::MAX - 1),
        }
    }
}

/// A copy of a code object with a hook in it. `want`: the parameters the hook is handed, ascending indexes.
///
/// # Errors
/// When the code is not understood, or the interpreter refuses to make the new one.
pub fn rewritten<'py>(
    code: &Bound<'py, PyCode>,
    shape: Shape,
    want: &[u16],
    hook: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyCode>, CodeError> {
    let version = version(code.py())?;
    let parts = read(code)?;
    let rewritten = bytecode::rewrite(version, &parts.image(), shape, want)?;
    Ok(replaced(code, &parts, &rewritten, hook)?)
}

fn replaced<'py>(
    code: &Bound<'py, PyCode>,
    parts: &Parts<'py>,
    rewritten: &Rewritten,
    hook: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyCode>> {
    let py = code.py();
    let changes = PyDict::new(py);
    changes.set_item(intern!(py, "co_code"), PyBytes::new(py, &rewritten.code))?;
    changes.set_item(intern!(py, "co_linetable"), PyBytes::new(py, &rewritten.line_table))?;
    changes.set_item(intern!(py, "co_exceptiontable"), PyBytes::new(py, &rewritten.exception_table))?;
    changes.set_item(intern!(py, "co_stacksize"), rewritten.stack_size)?;
    changes.set_item(intern!(py, "co_consts"), consts(&parts.consts, rewritten.consts, hook)?)?;
    Ok(code.call_method(intern!(py, "replace"), (), Some(&changes))?.cast_into()?)
}

fn consts<'py>(old: &Bound<'py, PyTuple>, more: &[Const], hook: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let py = old.py();
    let more = more.iter().map(|each| match each {
        Const::Hook => hook.clone(),
        Const::EmptyTuple => PyTuple::empty(py).into_any(),
    });
    let all: Vec<_> = old.iter().chain(more).collect();
    PyTuple::new(py, all)
}
