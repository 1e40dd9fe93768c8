//! The functions of `probe1`, as docs/ABI.md has them: each declared once, for wasm as an import, elsewhere as a question to
//! the firing that a test made.
//!
//! In: values, numbers, pieces of this module's memory. Out: what the host answers. Never here: a meaning, or a piece of
//! memory that is longer than the slice it came from.

use crate::value::{Status, Value};

type Nothing = ();

/// Functions of values and numbers alone: an import of the same types.
macro_rules! plain {
    ($($import:literal $name:ident($($arg:ident: $type:ident),*) -> $gives:ident;)*) => {$(
        #[cfg(target_family = "wasm")]
        pub(crate) fn $name($($arg: $type),*) -> $gives {
            #[link(wasm_import_module = "probe1")]
            unsafe extern "C" {
                #[link_name = $import]
                safe fn import($($arg: $type),*) -> $gives;
            }
            import($($arg),*)
        }
        #[cfg(not(target_family = "wasm"))]
        pub(crate) fn $name($($arg: $type),*) -> $gives {
            crate::testing::call("probe1", $import, &mut [$($arg.into()),*]).into()
        }
    )*};
}

/// Functions that are also given a piece of memory: `in` to read, `out` to write.
macro_rules! with_memory {
    ($($import:literal $name:ident($($arg:ident: $type:tt),*) -> $gives:ident;)*) => {$(
        #[cfg(target_family = "wasm")]
        pub(crate) fn $name($($arg: with_memory!(@rust $type)),*) -> $gives {
            with_memory!(@import $import [] [] [$($arg: $type),*] -> $gives)
        }
        #[cfg(not(target_family = "wasm"))]
        pub(crate) fn $name($($arg: with_memory!(@rust $type)),*) -> $gives {
            crate::testing::call("probe1", $import, &mut [$($arg.into()),*]).into()
        }
    )*};
    (@rust text) => { &str };
    (@rust bytes) => { &[u8] };
    (@rust place) => { &mut [u8] };
    (@rust $type:ident) => { $type };
    // Declares the import with a pointer and a length for each slice, and calls it.
    (@import $import:literal [$($declared:tt)*] [$($passed:tt)*] [$arg:ident: text $(, $($rest:tt)*)?] -> $gives:ident) => {
        with_memory!(@import $import [$($declared)* *const u8, usize,] [$($passed)* $arg.as_ptr(), $arg.len(),] [$($($rest)*)?] -> $gives)
    };
    (@import $import:literal [$($declared:tt)*] [$($passed:tt)*] [$arg:ident: bytes $(, $($rest:tt)*)?] -> $gives:ident) => {
        with_memory!(@import $import [$($declared)* *const u8, usize,] [$($passed)* $arg.as_ptr(), $arg.len(),] [$($($rest)*)?] -> $gives)
    };
    (@import $import:literal [$($declared:tt)*] [$($passed:tt)*] [$arg:ident: place $(, $($rest:tt)*)?] -> $gives:ident) => {
        with_memory!(@import $import [$($declared)* *mut u8, usize,] [$($passed)* $arg.as_mut_ptr(), $arg.len(),] [$($($rest)*)?] -> $gives)
    };
    (@import $import:literal [$($declared:tt)*] [$($passed:tt)*] [$arg:ident: $type:ident $(, $($rest:tt)*)?] -> $gives:ident) => {
        with_memory!(@import $import [$($declared)* $type,] [$($passed)* $arg,] [$($($rest)*)?] -> $gives)
    };
    (@import $import:literal [$($declared:ty,)*] [$($passed:expr,)*] [] -> $gives:ident) => {{
        #[link(wasm_import_module = "probe1")]
        unsafe extern "C" {
            #[link_name = $import]
            fn import($(_: $declared),*) -> $gives;
        }
        // SAFETY: each pointer and length are those of a slice that is borrowed for the call, and the host keeps none.
        unsafe { import($($passed),*) }
    }};
}

plain! {
    "arg" arg(i: i32) -> Value;
    "nargs" nargs() -> i32;
    "retval" retval() -> Value;
    "exception" exception() -> Value;
    "int" int(v: Value, default: i64) -> i64;
    "float" float(v: Value, default: f64) -> f64;
    "truthy" truthy(v: Value) -> i32;
    "len" len(v: Value) -> i32;
    "typename" type_name(v: Value) -> Value;
    "ident" ident(v: Value) -> i64;
    "type" class(v: Value) -> Value;
    "is" is(a: Value, b: Value) -> i32;
    "eq" eq(a: Value, b: Value) -> i32;
    "cmp" cmp(a: Value, b: Value) -> i32;
    "str_hash" str_hash(v: Value) -> i64;
    "in" within(v: Value, of: Value) -> i32;
    "add" add(a: Value, b: Value) -> Value;
    "sub" sub(a: Value, b: Value) -> Value;
    "mul" mul(a: Value, b: Value) -> Value;
    "div" div(a: Value, b: Value) -> Value;
    "mod" rem(a: Value, b: Value) -> Value;
    "neg" neg(v: Value) -> Value;
    "to_int" to_int(v: Value) -> Value;
    "to_float" to_float(v: Value) -> Value;
    "to_str" to_str(v: Value) -> Value;
    "item" item(v: Value, key: Value) -> Value;
    "at" at(v: Value, i: i32) -> Value;
    "slice" slice(v: Value, from: i32, to: i32) -> Value;
    "entry_key" entry_key(v: Value, i: i32) -> Value;
    "entry_val" entry_val(v: Value, i: i32) -> Value;
    "int_new" int_new(n: i64) -> Value;
    "tuple2" tuple2(a: Value, b: Value) -> Value;
    "tuple3" tuple3(a: Value, b: Value, c: Value) -> Value;
    "tuple4" tuple4(a: Value, b: Value, c: Value, d: Value) -> Value;
    "field_limits" field_limits(limits: i32) -> Nothing;
    "emit" emit() -> Status;
    "discard" discard() -> Status;
    "speculate" speculate() -> Status;
    "commit" commit() -> Status;
    "forget" forget() -> Status;
    "stack" stack(frames: i32, flags: i32) -> Value;
    "now_mono" now_mono() -> i64;
    "now_wall" now_wall() -> i64;
    "elapsed" elapsed() -> i64;
    "pid" pid() -> i32;
    "line" line() -> i32;
    "depth" depth() -> i32;
    "tid" tid() -> i64;
    "invocation" invocation() -> i64;
    "firing" firing() -> i64;
    "task" task() -> Value;
    "request" request() -> Value;
    "thread_name" thread_name() -> Value;
    "fn_name" fn_name() -> Value;
    "module_name" module_name() -> Value;
    "file_name" file_name() -> Value;
    "rand" rand() -> f64;
    "sample" sample(p: f64) -> i32;
    "every" every(n: i32) -> i32;
    "rate" rate(n: i32) -> i32;
    "log_value" log_value(level: i32, v: Value) -> Status;
    "abi" abi() -> i32;
}

with_memory! {
    "get" get(path: text) -> Value;
    "local" local(name: text) -> Value;
    "global" global(name: text) -> Value;
    "str" str_copy(v: Value, to: place) -> i32;
    "bytes" bytes(v: Value, to: place) -> i32;
    "show" show(v: Value, to: place) -> i32;
    "str_eq" str_eq(v: Value, to: text) -> i32;
    "str_test" str_test(v: Value, what: text, how: i32) -> i32;
    "attr" attr(v: Value, name: text) -> Value;
    "path" path(v: Value, steps: text) -> Value;
    "str_new" str_new(of: text) -> Value;
    "bytes_new" bytes_new(of: bytes) -> Value;
    "lit" lit(of: text) -> Value;
    "snapshot" snapshot(v: Value, to: place, limits: i32) -> i32;
    "field" field(name: text, v: Value) -> Status;
    "field_str" field_str(name: text, v: text) -> Status;
    "field_f64" field_f64(name: text, x: f64) -> Status;
    "emit_msgpack" emit_msgpack(record: bytes) -> Status;
    "log" log(level: i32, line: text) -> Status;
    "has" has(name: text) -> i32;
}
