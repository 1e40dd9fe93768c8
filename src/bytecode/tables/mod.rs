//! What is known of each CPython's bytecode: opcode facts from its own tables, and the few rules that differ.
//!
//! In: a version and a magic number. Out: a [`Version`], or nothing when it is not known. Never here: a default for an
//! unknown version.

mod v3_11;
mod v3_12;
mod v3_13;

use super::RewriteError;

/// One opcode, as the generated files list it: number, name, inline cache units, how it jumps.
type Row = (u8, &'static str, u8, Jump);

/// How an opcode's argument moves the next instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Jump {
    Stay,
    Forward,
    Back,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) caches: u8,
    pub(super) jump: Jump,
}

/// How the interpreter knows that a suspended generator has no `try` around its `yield`, and may be closed without
/// running it. Our handler is such a `try`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shortcut {
    /// `close` always runs the generator.
    Absent,
    /// The argument of `YIELD_VALUE` is the number of blocks around it.
    YieldDepth,
    /// A bit of the argument of `RESUME` says that there is only the outermost block.
    ResumeBit(u32),
}

/// The bytecode of one CPython version.
#[derive(Debug)]
pub struct Version {
    pub(super) python: (u8, u8),
    pub(super) magic: u16,
    facts: [Option<Fact>; 256],
    pub(super) shortcut: Shortcut,
    pub(super) return_const: Option<u8>,
    pub(super) binary_subscr: u8,
    pub(super) build_tuple: u8,
    pub(super) copy: u8,
    pub(super) delete_subscr: u8,
    pub(super) extended_arg: u8,
    pub(super) load_const: u8,
    pub(super) load_deref: u8,
    pub(super) load_fast: u8,
    pub(super) make_cell: u8,
    pub(super) reraise: u8,
    pub(super) resume: u8,
    pub(super) return_value: u8,
    pub(super) store_subscr: u8,
    pub(super) yield_value: u8,
}

static VERSIONS: [Version; 3] = [
    Version::new((3, 11), v3_11::MAGIC, v3_11::ROWS, Shortcut::Absent),
    Version::new((3, 12), v3_12::MAGIC, v3_12::ROWS, Shortcut::YieldDepth),
    Version::new((3, 13), v3_13::MAGIC, v3_13::ROWS, Shortcut::ResumeBit(4)),
];

impl Version {
    /// The facts of one interpreter. `magic` is the first two bytes of `importlib.util.MAGIC_NUMBER`.
    ///
    /// # Errors
    /// When the version is not known, or its bytecode is not the released one.
    pub fn find(major: u8, minor: u8, magic: u16) -> Result<&'static Self, RewriteError> {
        let mut known = VERSIONS.iter();
        known.find(|v| v.python == (major, minor) && v.magic == magic).ok_or(RewriteError::Version(major, minor, magic))
    }

    /// Every version there are facts of.
    pub fn all() -> &'static [Self] {
        &VERSIONS
    }

    /// Major and minor version.
    pub fn python(&self) -> (u8, u8) {
        self.python
    }

    pub(super) fn known() -> String {
        let each: Vec<_> = VERSIONS.iter().map(|v| format!("{}.{} with {}", v.python.0, v.python.1, v.magic)).collect();
        each.join(", ")
    }

    /// `None` for an opcode that compiled code never holds.
    pub(super) fn fact(&self, opcode: u8) -> Option<Fact> {
        self.facts[usize::from(opcode)]
    }

    const fn new(python: (u8, u8), magic: u16, rows: &[Row], shortcut: Shortcut) -> Self {
        Self {
            python,
            magic,
            facts: facts(rows),
            shortcut,
            return_const: position(rows, "RETURN_CONST"),
            binary_subscr: number(rows, "BINARY_SUBSCR"),
            build_tuple: number(rows, "BUILD_TUPLE"),
            copy: number(rows, "COPY"),
            delete_subscr: number(rows, "DELETE_SUBSCR"),
            extended_arg: number(rows, "EXTENDED_ARG"),
            load_const: number(rows, "LOAD_CONST"),
            load_deref: number(rows, "LOAD_DEREF"),
            load_fast: number(rows, "LOAD_FAST"),
            make_cell: number(rows, "MAKE_CELL"),
            reraise: number(rows, "RERAISE"),
            resume: number(rows, "RESUME"),
            return_value: number(rows, "RETURN_VALUE"),
            store_subscr: number(rows, "STORE_SUBSCR"),
            yield_value: number(rows, "YIELD_VALUE"),
        }
    }
}

const fn facts(rows: &[Row]) -> [Option<Fact>; 256] {
    let mut facts = [None; 256];
    let mut i = 0;
    while i < rows.len() {
        let (number, _, caches, jump) = rows[i];
        facts[number as usize] = Some(Fact { caches, jump });
        i += 1;
    }
    facts
}

/// An opcode every version must have: the build fails without it.
const fn number(rows: &[Row], name: &str) -> u8 {
    match position(rows, name) {
        Some(number) => number,
        None => panic!("an opcode the rewriter emits is missing from a table"),
    }
}

const fn position(rows: &[Row], name: &str) -> Option<u8> {
    let mut i = 0;
    while i < rows.len() {
        if same(rows[i].1.as_bytes(), name.as_bytes()) {
            return Some(rows[i].0);
        }
        i += 1;
    }
    None
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
