//! The families, whose name is an argument: what each does once the argument is resolved.
//!
//! In: nothing. Out: rows by the family's module. Never here: a name; `link` made a number of it.

use waspect_abi::Code;

use super::call::{Argument, Row, rows};
use super::places::field_text;
use crate::introspect::Introspect;
use crate::request::Key;

fn key(argument: Argument) -> Key {
    Key { session: argument.session, name: argument.name }
}

pub(super) struct Families<I>(std::marker::PhantomData<I>);

impl<I: Introspect> Families<I> {
    /// `probe1.get` of a positional argument alone.
    pub(super) const ARG: &'static [Row<I>] = rows! {
        "probe1.get" () -> u64 = |host, of| host.data_mut().arg(of.position);
    };
    /// `probe1.get` of a `$` alone.
    pub(super) const CONTEXT: &'static [Row<I>] = rows! {
        "probe1.get" () -> u64 =
            |host, of| of.context.map_or(Ok(Code::Internal.value()), |what| host.data_mut().context(what));
    };
    pub(super) const ROWS: &'static [Row<I>] = rows! {
        "probe1.get" () -> u64 = |host, of| host.data_mut().get(of.number);
        "probe1.path" (v: u64) -> u64 = |host, of| host.data_mut().route(of.number, v);
        "probe1.attr" (v: u64) -> u64 = |host, of| host.data_mut().route(of.number, v);
        "probe1.key" (v: u64) -> u64 = |host, of| host.data_mut().route(of.number, v);
        "probe1.str" () -> u64 = |_host, of| of.value;
        "probe1.field" (v: u64) -> () = |host, of| host.data_mut().field(of.name, v);
        "probe1.field.str" (p: i32, n: i32) -> () = |host, of| field_text(host, of.name, (p, n));
        "probe1.req" () -> u64 = |host, of| host.data_mut().req(key(of));
        "probe1.req.set" (v: u64) -> i32 = |host, of| host.data_mut().req_set(key(of), v);
        "probe1.req.add" (v: u64) -> u64 = |host, of| host.data_mut().req_add(key(of), v);
        "probe1.slot" () -> u64 = |host, of| host.data_mut().slot(of.name);
        "probe1.slot.set" (v: u64) -> i32 = |host, of| host.data_mut().slot_set(of.name, v);
        "probe1.map.get" (k: u64) -> u64 = |host, of| host.data_mut().map_get(of.number, k);
        "probe1.map.set" (k: u64, v: u64) -> i32 = |host, of| host.data_mut().map_set(of.number, k, v);
        "probe1.map.del" (k: u64) -> i32 = |host, of| host.data_mut().map_del(of.number, k);
        "probe1.map.add" (k: u64, v: u64) -> u64 = |host, of| host.data_mut().map_add(of.number, k, v);
        "probe1.count" (k: u64) -> () = |host, of| host.data_mut().aggregate(of.number, k, 0.0);
        "probe1.sum" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.min" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.max" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.avg" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.stddev" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.quantize" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.lquantize" (k: u64, x: f64) -> () = |host, of| host.data_mut().aggregate(of.number, k, x);
        "probe1.print" () -> i32 = |host, of| host.data_mut().print_group(of.number);
        "probe1.clear" () -> i32 = |host, of| host.data_mut().clear_group(of.number);
        "probe1.uniq" (k: u64, v: u64) -> () = |host, of| host.data_mut().aggregate_value(of.number, k, v);
        "probe1.top" (k: u64, v: u64) -> () = |host, of| host.data_mut().aggregate_value(of.number, k, v);
    };
}
