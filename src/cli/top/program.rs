//! The programs that the dashboard loads, made for one name each.
//!
//! In: a name that is well formed. Out: text of the probe language. Never here: a program that costs more than the few
//! instructions that its columns need.

use super::fleet::Slow;

/// Times of every call, by function: a name may be a pattern. Calls and errors are counted without a program.
pub fn counting(name: &str) -> String {
    format!("fn:{name}:exit {{ @latency[fn] = quantize(elapsed); }}")
}

/// A record of a slow call, few enough to be read.
pub fn recording(slow: &Slow) -> String {
    let min = if slow.min_ns > 0 { format!("&min={}ns", slow.min_ns) } else { String::new() };
    format!("fn:{}:exit?rate=5/s{min} {{ capture(elapsed, args, kwargs, exception); }}", slow.function)
}
