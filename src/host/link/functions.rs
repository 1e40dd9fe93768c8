//! The functions of `probe1`, each with its types and what it does.
//!
//! In: nothing. Out: rows by name. Never here: how it is done; `host` has a file for each kind of work.

use waspect_abi::{MINOR, NONE};

use super::call::{Row, rows};
use super::places::{computed_text, fill, given, lent, made, named, status, told};
use crate::host::State;
use crate::host::frame::dynamic_arg;
use crate::host::navigate::Form;
use crate::host::number::Operation;
use crate::introspect::Introspect;
use crate::path::Context;

pub(super) struct Functions<I>(std::marker::PhantomData<I>);

impl<I: Introspect> Functions<I> {
    /// What the probed call is and has.
    pub(super) const CALL: &'static [Row<I>] = rows! {
        "arg" (i: i32) -> u64 = |host, _| dynamic_arg(host.data_mut(), i);
        "nargs" () -> i32 = |host, _| host.data().arg_count();
        "get" (p: i32, n: i32) -> u64 = |host, _| named(host, (p, n), |state, text| state.ask(Form::Path, NONE, text));
        "local" (p: i32, n: i32) -> u64 = |host, _| named(host, (p, n), |state, text| state.ask(Form::Local, NONE, text));
        "global" (p: i32, n: i32) -> u64 =
            |host, _| named(host, (p, n), |state, text| state.ask(Form::Global, NONE, text));
        "retval" () -> u64 = |host, _| host.data_mut().retval();
        "exception" () -> u64 = |host, _| host.data_mut().exception();
        "now_mono" () -> i64 = |host, _| host.data().now_mono();
        "now_wall" () -> i64 = |_host, _| crate::clock::wall_ns().cast_signed();
        "elapsed" () -> i64 = |host, _| host.data().elapsed();
        "pid" () -> i32 = |_host, _| std::process::id().cast_signed();
        "tid" () -> i64 = |_host, _| i64::from(crate::thread::id());
        "stack" (max: i32, flags: i32) -> u64 = |host, _| host.data_mut().stack(max, flags);
        "line" () -> i32 = |host, _| host.data().here().map_or_else(|| host.data().no_call().status(), I::line);
        "depth" () -> i32 = |host, _| host.data_mut().depth();
        "invocation" () -> i64 = |host, _| host.data().firing.invocation.cast_signed();
        "firing" () -> i64 = |host, _| host.data_mut().firing_number().cast_signed();
        "task" () -> u64 = |host, _| host.data_mut().context(Context::Task);
        "request" () -> u64 = |host, _| host.data_mut().context(Context::Request);
        "thread_name" () -> u64 = |host, _| host.data_mut().context(Context::Thread);
        "fn_name" () -> u64 = |host, _| host.data_mut().context(Context::Qualname);
        "module_name" () -> u64 = |host, _| host.data_mut().context(Context::Module);
        "file_name" () -> u64 = |host, _| host.data_mut().context(Context::File);
        "rand" () -> f64 = |host, _| host.data_mut().random();
        "sample" (p: f64) -> i32 = |host, _| host.data_mut().sample(p);
        "every" (n: i32) -> i32 = |host, _| host.data().every(n);
        "rate" (n: i32) -> i32 = |host, _| host.data().rate(n);
        "abi" () -> i32 = |_host, _| MINOR;
        "has" (p: i32, n: i32) -> i32 = |host, _| told(host, (p, n), |_, name| Ok(i32::from(super::has::<I>(name))));
    };

    /// What a value is, and what is inside it.
    pub(super) const VALUES: &'static [Row<I>] = rows! {
        "kind" (v: u64) -> i32 = |host, _| host.data().kind(v);
        "int" (v: u64, default: i64) -> i64 = |host, _| host.data().int(v, default);
        "float" (v: u64, default: f64) -> f64 = |host, _| host.data().float(v, default);
        "truthy" (v: u64) -> i32 = |host, _| host.data().truthy(v);
        "len" (v: u64) -> i32 = |host, _| host.data_mut().len(v);
        "type" (v: u64) -> u64 = |host, _| host.data_mut().class(v);
        "typename" (v: u64) -> u64 = |host, _| host.data_mut().type_name(v);
        "ident" (v: u64) -> i64 = |host, _| host.data().ident(v);
        "is" (a: u64, b: u64) -> i32 = |host, _| host.data().is(a, b);
        "eq" (a: u64, b: u64) -> i32 = |host, _| host.data_mut().eq(a, b);
        "cmp" (a: u64, b: u64) -> i32 = |host, _| host.data_mut().cmp(a, b);
        "in" (v: u64, of: u64) -> i32 = |host, _| host.data_mut().is_in(v, of);
        "attr" (v: u64, p: i32, n: i32) -> u64 =
            |host, _| named(host, (p, n), |state, text| state.ask(Form::Attr, v, text));
        "path" (v: u64, p: i32, n: i32) -> u64 =
            |host, _| named(host, (p, n), |state, text| state.ask(Form::Steps, v, text));
        "item" (v: u64, k: u64) -> u64 = |host, _| host.data_mut().item(v, k);
        "at" (v: u64, i: i32) -> u64 = |host, _| host.data_mut().at(v, i64::from(i));
        "slice" (v: u64, start: i32, stop: i32) -> u64 = |host, _| host.data_mut().slice(v, start, stop);
        "entry_key" (v: u64, i: i32) -> u64 = |host, _| host.data_mut().entry(v, i, true);
        "entry_val" (v: u64, i: i32) -> u64 = |host, _| host.data_mut().entry(v, i, false);
    };

    /// Text and numbers, read and made.
    pub(super) const MADE: &'static [Row<I>] = rows! {
        "str" (v: u64, p: i32, n: i32) -> i32 =
            |host, _| fill(host, (v, 0), (p, n), |state, (v, _), cap, out| state.str(v, cap, out));
        "bytes" (v: u64, p: i32, n: i32) -> i32 =
            |host, _| fill(host, (v, 0), (p, n), |state, (v, _), cap, out| state.bytes(v, cap, out));
        "show" (v: u64, p: i32, n: i32) -> i32 =
            |host, _| fill(host, (v, 0), (p, n), |state, (v, _), cap, out| state.show(v, cap, out));
        "snapshot" (v: u64, p: i32, n: i32, bits: i32) -> i32 =
            |host, _| fill(host, (v, bits), (p, n), |state, (v, bits), _, out| state.snapshot(v, bits, out));
        "str_eq" (v: u64, p: i32, n: i32) -> i32 =
            |host, _| given(host, v, (p, n), |state, text| state.str_eq(v, text));
        "str_test" (v: u64, p: i32, n: i32, mode: i32) -> i32 =
            |host, _| given(host, v, (p, n), |state, text| state.str_test(v, text, mode));
        "str_hash" (v: u64) -> i64 = |host, _| host.data_mut().str_hash(v);
        "str_new" (p: i32, n: i32) -> u64 = |host, _| made(host, (p, n), State::str_new);
        "bytes_new" (p: i32, n: i32) -> u64 = |host, _| made(host, (p, n), State::bytes_new);
        "lit" (p: i32, n: i32) -> u64 = |host, _| made(host, (p, n), State::lit);
        "int_new" (n: i64) -> u64 = |host, _| host.data_mut().int_new(n);
        "tuple2" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().tuple(&[a, b]);
        "tuple3" (a: u64, b: u64, c: u64) -> u64 = |host, _| host.data_mut().tuple(&[a, b, c]);
        "tuple4" (a: u64, b: u64, c: u64, d: u64) -> u64 = |host, _| host.data_mut().tuple(&[a, b, c, d]);
        "add" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().arithmetic(Operation::Add, a, b);
        "sub" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().arithmetic(Operation::Sub, a, b);
        "mul" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().arithmetic(Operation::Mul, a, b);
        "div" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().arithmetic(Operation::Div, a, b);
        "mod" (a: u64, b: u64) -> u64 = |host, _| host.data_mut().arithmetic(Operation::Mod, a, b);
        "neg" (v: u64) -> u64 = |host, _| host.data_mut().neg(v);
        "to_int" (v: u64) -> u64 = |host, _| host.data_mut().integral(v);
        "to_float" (v: u64) -> u64 = |host, _| host.data_mut().floating(v);
        "to_str" (v: u64) -> u64 = |host, _| host.data_mut().textual(v);
    };

    /// What leaves the module.
    pub(super) const WRITES: &'static [Row<I>] = rows! {
        "field" (p: i32, n: i32, v: u64) -> i32 =
            |host, _| told(host, (p, n), |state, name| state.computed_field(name, v));
        "field_str" (p: i32, n: i32, q: i32, m: i32) -> i32 = |host, _| computed_text(host, (p, n), (q, m));
        "field_f64" (p: i32, n: i32, x: f64) -> i32 =
            |host, _| told(host, (p, n), |state, name| state.computed_float(name, x));
        "field_limits" (bits: i32) -> () = |host, _| host.data_mut().field_limits(bits);
        "emit" () -> i32 = |host, _| host.data_mut().emit();
        "speculate" () -> i32 = |host, _| host.data_mut().speculate();
        "commit" () -> i32 = |host, _| host.data_mut().decide(true);
        "forget" () -> i32 = |host, _| host.data_mut().decide(false);
        "discard" () -> i32 = |host, _| host.data_mut().discard();
        "emit_msgpack" (p: i32, n: i32) -> i32 = |host, _| told(host, (p, n), State::emit_msgpack);
        "log" (level: i32, p: i32, n: i32) -> i32 =
            |host, _| lent(host, (p, n), |state, text| Ok(state.log(level, Ok(text)))).map(status);
        "log_value" (level: i32, v: u64) -> i32 = |host, _| host.data_mut().log_value(level, v);
    };
}
