//! Every import of `probe1`: module, name or what its name means, signature, what it reads.
//!
//! In: nothing. Out: [`IMPORTS`]. Never here: a function the host does not document.

use crate::wasi::{Stub, WASI, WASI_MODULE, stub_named};

/// What the import's *name* is, when it is an argument and not a function's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg {
    /// The name is the function itself.
    Fixed(&'static str),
    /// A path on the frame: `arg0.user["email"]`.
    Path,
    /// A path from a value: `.user[0]`.
    Relative,
    /// A key of the family: a field, slot, aggregation or attribute name.
    Name,
    /// Any text.
    Text,
    /// `name,lo,hi,step`.
    Linear,
}

/// What calling it lets a module learn or do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reads {
    /// The probed frame: arguments, locals, globals, return value, exception.
    Subject,
    /// Inside a value it already has.
    Value,
    /// Clock, identity, randomness.
    Context,
    /// State that waspect keeps.
    Store,
    /// Leaves the module: records, aggregations, logs.
    Writes,
    Nothing,
}

/// One row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Import {
    pub module: &'static str,
    pub arg: Arg,
    /// `V` is a value (i64); `(V,f64)->()`.
    pub signature: &'static str,
    pub reads: Reads,
    /// What a call costs of a firing's fuel, besides the work that grows with what it is given.
    pub fuel: u32,
    pub does: &'static str,
}

impl Import {
    /// Whether a call hands over a piece of guest memory: the module must then export its `memory`.
    pub fn takes_memory(&self) -> bool {
        if self.module == WASI_MODULE {
            return matches!(self.arg, Arg::Fixed(name) if stub_named(name).is_some_and(Stub::takes_memory));
        }
        self.signature.contains("i32,i32") && !matches!(self.arg, Arg::Fixed("slice" | "stack"))
    }
}

/// The families that make aggregations; the name, or what of it comes before a comma in `lquantize`, is the aggregation's.
pub const AGGREGATIONS: &[&str] = &[
    "probe1.count",
    "probe1.sum",
    "probe1.min",
    "probe1.max",
    "probe1.avg",
    "probe1.stddev",
    "probe1.quantize",
    "probe1.lquantize",
    "probe1.uniq",
    "probe1.top",
];

/// The row for a module and name, of `probe1` or of WASI.
pub fn import_named(module: &str, name: &str) -> Option<&'static Import> {
    if module == WASI_MODULE {
        return stub_named(name).map(|stub| &stub.import);
    }
    IMPORTS.iter().find(|known| match known.arg {
        Arg::Fixed(fixed) => known.module == module && fixed == name,
        _ => known.module == module,
    })
}

/// What a call of a core function costs, of a family by its module, or of a WASI stub.
///
/// # Panics
/// For a name without a row: the host asks while it is compiled.
pub const fn fuel(name: &str) -> u32 {
    let mut i = 0;
    while i < IMPORTS.len() {
        let known = match IMPORTS[i].arg {
            Arg::Fixed(fixed) => fixed,
            _ => IMPORTS[i].module,
        };
        if same(known.as_bytes(), name.as_bytes()) {
            return IMPORTS[i].fuel;
        }
        i += 1;
    }
    let mut i = 0;
    while i < WASI.len() {
        if let Arg::Fixed(known) = WASI[i].import.arg
            && same(known.as_bytes(), name.as_bytes())
        {
            return WASI[i].import.fuel;
        }
        i += 1;
    }
    panic!("an import without a row")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

const fn row(
    module: &'static str,
    arg: Arg,
    signature: &'static str,
    fuel: u32,
    reads: Reads,
    does: &'static str,
) -> Import {
    Import { module, arg, signature, reads, fuel, does }
}

/// The whole of `probe1`.
#[rustfmt::skip]
pub const IMPORTS: &[Import] = &[
    row("probe1.get", Arg::Path, "()->V", 20, Reads::Subject, "evaluate a path on the current frame"),
    row("probe1.path", Arg::Relative, "(V)->V", 15, Reads::Value, "navigate from a value"),
    row("probe1.attr", Arg::Name, "(V)->V", 15, Reads::Value, "one attribute step"),
    row("probe1.key", Arg::Name, "(V)->V", 15, Reads::Value, "one str-key step"),
    row("probe1.str", Arg::Text, "()->V", 6, Reads::Nothing, "an immortal str value"),
    row("probe1.field", Arg::Name, "(V)->()", 25, Reads::Writes, "add a field to the record"),
    row("probe1.field.str", Arg::Name, "(i32,i32)->()", 25, Reads::Writes, "add a field from guest memory"),
    row("probe1.req", Arg::Name, "()->V", 12, Reads::Store, "read request-local storage"),
    row("probe1.req.set", Arg::Name, "(V)->i32", 10, Reads::Store, "write request-local storage"),
    row("probe1.req.add", Arg::Name, "(V)->V", 10, Reads::Store, "add to request-local storage"),
    row("probe1.slot", Arg::Name, "()->V", 8, Reads::Store, "read what this invocation kept"),
    row("probe1.slot.set", Arg::Name, "(V)->i32", 25, Reads::Store, "keep a copy for this invocation"),
    row("probe1.map.get", Arg::Name, "(V)->V", 120, Reads::Store, "read a process-wide map"),
    row("probe1.map.set", Arg::Name, "(V,V)->i32", 200, Reads::Store, "write a process-wide map"),
    row("probe1.map.del", Arg::Name, "(V)->i32", 150, Reads::Store, "delete from a process-wide map"),
    row("probe1.map.add", Arg::Name, "(V,V)->V", 80, Reads::Store, "add in a process-wide map"),
    row("probe1.count", Arg::Name, "(V)->()", 120, Reads::Writes, "count, by key"),
    row("probe1.sum", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "sum of a number, by key"),
    row("probe1.min", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "min of a number, by key"),
    row("probe1.max", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "max of a number, by key"),
    row("probe1.avg", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "avg of a number, by key"),
    row("probe1.stddev", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "standard deviation, by key"),
    row("probe1.quantize", Arg::Name, "(V,f64)->()", 120, Reads::Writes, "power-of-two histogram, by key"),
    row("probe1.lquantize", Arg::Linear, "(V,f64)->()", 120, Reads::Writes, "linear histogram `name,lo,hi,step`, by key"),
    row("probe1.uniq", Arg::Name, "(V,V)->()", 120, Reads::Writes, "number of distinct values, by key"),
    row("probe1.top", Arg::Name, "(V,V)->()", 120, Reads::Writes, "most frequent values, by key"),
    row("probe1.print", Arg::Name, "()->i32", 500, Reads::Writes, "show what an aggregation holds now"),
    row("probe1.clear", Arg::Name, "()->i32", 200, Reads::Writes, "let an aggregation begin anew"),
    row("probe1", Arg::Fixed("arg"), "(i32)->V", 12, Reads::Subject, "a positional argument; self is 0; negative counts from the end"),
    row("probe1", Arg::Fixed("nargs"), "()->i32", 10, Reads::Subject, "how many positional arguments"),
    row("probe1", Arg::Fixed("get"), "(i32,i32)->V", 50, Reads::Subject, "a path given at run time"),
    row("probe1", Arg::Fixed("local"), "(i32,i32)->V", 60, Reads::Subject, "a local variable by name"),
    row("probe1", Arg::Fixed("global"), "(i32,i32)->V", 30, Reads::Subject, "a global variable by name"),
    row("probe1", Arg::Fixed("retval"), "()->V", 8, Reads::Subject, "the return value"),
    row("probe1", Arg::Fixed("exception"), "()->V", 6, Reads::Subject, "the exception; None on return"),
    row("probe1", Arg::Fixed("kind"), "(V)->i32", 15, Reads::Value, "the kind number"),
    row("probe1", Arg::Fixed("int"), "(V,i64)->i64", 15, Reads::Value, "the integer, or the default"),
    row("probe1", Arg::Fixed("float"), "(V,f64)->f64", 12, Reads::Value, "the float, or the default"),
    row("probe1", Arg::Fixed("truthy"), "(V)->i32", 12, Reads::Value, "truth of builtin kinds; objects are true"),
    row("probe1", Arg::Fixed("len"), "(V)->i32", 12, Reads::Value, "length, or -code"),
    row("probe1", Arg::Fixed("str"), "(V,i32,i32)->i32", 25, Reads::Value, "copy text; gives the full UTF-8 length"),
    row("probe1", Arg::Fixed("bytes"), "(V,i32,i32)->i32", 20, Reads::Value, "copy bytes"),
    row("probe1", Arg::Fixed("show"), "(V,i32,i32)->i32", 60, Reads::Value, "copy a host-made description"),
    row("probe1", Arg::Fixed("type"), "(V)->V", 10, Reads::Value, "its class"),
    row("probe1", Arg::Fixed("typename"), "(V)->V", 80, Reads::Value, "its class's qualified name"),
    row("probe1", Arg::Fixed("ident"), "(V)->i64", 15, Reads::Value, "a salted identity"),
    row("probe1", Arg::Fixed("is"), "(V,V)->i32", 12, Reads::Value, "same object"),
    row("probe1", Arg::Fixed("eq"), "(V,V)->i32", 30, Reads::Value, "equal, builtin kinds"),
    row("probe1", Arg::Fixed("cmp"), "(V,V)->i32", 25, Reads::Value, "-1, 0, 1, or 2 for incomparable"),
    row("probe1", Arg::Fixed("str_eq"), "(V,i32,i32)->i32", 30, Reads::Value, "equal to text in guest memory"),
    row("probe1", Arg::Fixed("str_test"), "(V,i32,i32,i32)->i32", 12, Reads::Value, "prefix 0, suffix 1, contains 2"),
    row("probe1", Arg::Fixed("str_hash"), "(V)->i64", 80, Reads::Value, "xxh64 of the UTF-8"),
    row("probe1", Arg::Fixed("in"), "(V,V)->i32", 12, Reads::Value, "membership in builtin containers"),
    row("probe1", Arg::Fixed("add"), "(V,V)->V", 100, Reads::Value, "sum"),
    row("probe1", Arg::Fixed("sub"), "(V,V)->V", 40, Reads::Value, "difference"),
    row("probe1", Arg::Fixed("mul"), "(V,V)->V", 30, Reads::Value, "product"),
    row("probe1", Arg::Fixed("div"), "(V,V)->V", 30, Reads::Value, "true quotient"),
    row("probe1", Arg::Fixed("mod"), "(V,V)->V", 40, Reads::Value, "remainder"),
    row("probe1", Arg::Fixed("neg"), "(V)->V", 25, Reads::Value, "negation"),
    row("probe1", Arg::Fixed("to_int"), "(V)->V", 80, Reads::Value, "as an int"),
    row("probe1", Arg::Fixed("to_float"), "(V)->V", 80, Reads::Value, "as a float"),
    row("probe1", Arg::Fixed("to_str"), "(V)->V", 30, Reads::Value, "as a str"),
    row("probe1", Arg::Fixed("attr"), "(V,i32,i32)->V", 50, Reads::Value, "an attribute by name"),
    row("probe1", Arg::Fixed("item"), "(V,V)->V", 50, Reads::Value, "an item by key"),
    row("probe1", Arg::Fixed("at"), "(V,i32)->V", 30, Reads::Value, "an item by position"),
    row("probe1", Arg::Fixed("slice"), "(V,i32,i32)->V", 40, Reads::Value, "a slice"),
    row("probe1", Arg::Fixed("entry_key"), "(V,i32)->V", 25, Reads::Value, "the key at a position"),
    row("probe1", Arg::Fixed("entry_val"), "(V,i32)->V", 25, Reads::Value, "the value at a position"),
    row("probe1", Arg::Fixed("path"), "(V,i32,i32)->V", 50, Reads::Value, "navigate from a value"),
    row("probe1", Arg::Fixed("str_new"), "(i32,i32)->V", 25, Reads::Nothing, "a str from guest memory"),
    row("probe1", Arg::Fixed("bytes_new"), "(i32,i32)->V", 30, Reads::Nothing, "bytes from guest memory"),
    row("probe1", Arg::Fixed("lit"), "(i32,i32)->V", 20, Reads::Nothing, "an immortal str"),
    row("probe1", Arg::Fixed("int_new"), "(i64)->V", 6, Reads::Nothing, "an int beyond 48 bits"),
    row("probe1", Arg::Fixed("tuple2"), "(V,V)->V", 40, Reads::Nothing, "a pair"),
    row("probe1", Arg::Fixed("tuple3"), "(V,V,V)->V", 60, Reads::Nothing, "a triple"),
    row("probe1", Arg::Fixed("tuple4"), "(V,V,V,V)->V", 80, Reads::Nothing, "a quadruple"),
    row("probe1", Arg::Fixed("snapshot"), "(V,i32,i32,i32)->i32", 60, Reads::Value, "a MessagePack tree into guest memory"),
    row("probe1", Arg::Fixed("field"), "(i32,i32,V)->i32", 25, Reads::Writes, "a field with a computed name"),
    row("probe1", Arg::Fixed("field_str"), "(i32,i32,i32,i32)->i32", 45, Reads::Writes, "a text field with a computed name"),
    row("probe1", Arg::Fixed("field_f64"), "(i32,i32,f64)->i32", 30, Reads::Writes, "a float field with a computed name"),
    row("probe1", Arg::Fixed("field_limits"), "(i32)->()", 8, Reads::Writes, "limits for the following fields"),
    row("probe1", Arg::Fixed("emit"), "()->i32", 25, Reads::Writes, "commit the record"),
    row("probe1", Arg::Fixed("discard"), "()->i32", 8, Reads::Writes, "forget the record"),
    row("probe1", Arg::Fixed("emit_msgpack"), "(i32,i32)->i32", 120, Reads::Writes, "commit a record built by the guest"),
    row("probe1", Arg::Fixed("speculate"), "()->i32", 25, Reads::Writes, "hold this request's records back"),
    row("probe1", Arg::Fixed("commit"), "()->i32", 25, Reads::Writes, "deliver the records held back"),
    row("probe1", Arg::Fixed("forget"), "()->i32", 25, Reads::Writes, "drop the records held back"),
    row("probe1", Arg::Fixed("stack"), "(i32,i32)->V", 200, Reads::Subject, "the call stack"),
    row("probe1", Arg::Fixed("now_mono"), "()->i64", 12, Reads::Context, "monotonic clock, ns"),
    row("probe1", Arg::Fixed("now_wall"), "()->i64", 25, Reads::Context, "wall clock, ns"),
    row("probe1", Arg::Fixed("elapsed"), "()->i64", 10, Reads::Context, "ns since this invocation's entry, -1 if not seen"),
    row("probe1", Arg::Fixed("pid"), "()->i32", 150, Reads::Context, "process id"),
    row("probe1", Arg::Fixed("line"), "()->i32", 20, Reads::Context, "line number"),
    row("probe1", Arg::Fixed("depth"), "()->i32", 8, Reads::Context, "call depth"),
    row("probe1", Arg::Fixed("tid"), "()->i64", 6, Reads::Context, "thread id"),
    row("probe1", Arg::Fixed("invocation"), "()->i64", 6, Reads::Context, "unique id of this call"),
    row("probe1", Arg::Fixed("firing"), "()->i64", 6, Reads::Context, "unique id of this firing"),
    row("probe1", Arg::Fixed("task"), "()->V", 20, Reads::Context, "asyncio task name"),
    row("probe1", Arg::Fixed("request"), "()->V", 10, Reads::Context, "request id"),
    row("probe1", Arg::Fixed("thread_name"), "()->V", 300, Reads::Context, "thread name"),
    row("probe1", Arg::Fixed("fn_name"), "()->V", 8, Reads::Context, "qualified name of the function"),
    row("probe1", Arg::Fixed("module_name"), "()->V", 8, Reads::Context, "its module"),
    row("probe1", Arg::Fixed("file_name"), "()->V", 8, Reads::Context, "its file"),
    row("probe1", Arg::Fixed("rand"), "()->f64", 8, Reads::Context, "a random number in [0, 1)"),
    row("probe1", Arg::Fixed("sample"), "(f64)->i32", 6, Reads::Context, "one with this probability"),
    row("probe1", Arg::Fixed("every"), "(i32)->i32", 8, Reads::Context, "one each n-th time"),
    row("probe1", Arg::Fixed("rate"), "(i32)->i32", 10, Reads::Context, "one up to n times a second"),
    row("probe1", Arg::Fixed("log"), "(i32,i32,i32)->i32", 15, Reads::Writes, "a line for the operator"),
    row("probe1", Arg::Fixed("log_value"), "(i32,V)->i32", 60, Reads::Writes, "a value for the operator"),
    row("probe1", Arg::Fixed("abi"), "()->i32", 8, Reads::Nothing, "the ABI's minor version"),
    row("probe1", Arg::Fixed("has"), "(i32,i32)->i32", 40, Reads::Nothing, "whether a function exists"),
];
