//! Probes for [waspect](https://github.com/waspect/waspect) in Rust: small WebAssembly functions that watch functions of a
//! running Python program.
//!
//! In: the call that is being watched. Out: records, numbers by key, logs. Never here: an allocator, a panic on what an
//! application holds (what cannot be read is an error *value*), or anything that could change the application.
//!
//! ```
//! use waspect_probe::{Firing, capture, elapsed, get, probe, quantize};
//!
//! /// How long calls take, by function.
//! #[probe("fn:shop.cart.*:exit#latency")]
//! fn latency() {
//!     quantize!("latency_ns", get!("$fn"), elapsed());
//! }
//!
//! /// What the slow ones were given.
//! #[probe("fn:shop.cart.*:exit?min=5ms#slow")]
//! fn slow() {
//!     capture!(args = get!("args"), duration_ns = elapsed());
//! }
//!
//! let told = Firing::new().arg("item", "book").elapsed_ns(7_000_000).fire(slow);
//! assert_eq!(told.field("duration_ns"), Some(&7_000_000.into()));
//! ```
//!
//! The crate of a probe is a `cdylib` that begins with `#![cfg_attr(target_family = "wasm", no_std)]`; `waspect new rust NAME` writes one,
//! `waspect build NAME` builds and checks it. `cargo test` runs its functions natively, over calls made by [`Firing`].
//!
//! Names in macros (`get!("arg0.user.email")`, `count!("calls", …)`) are static: they stand in the module's import section, where
//! an operator reads what a probe can see, they cost nothing when it fires, and a wrong one is a compile error that shows
//! the byte. What is computed goes through functions instead: [`arg`], [`get_at`], [`field`].
#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs)]

#[cfg(not(target_family = "wasm"))]
pub mod testing;

mod call;
mod number;
mod read;
#[cfg_attr(
    target_family = "wasm",
    expect(unsafe_code, reason = "declares the imports, and hands pieces of this memory to them")
)]
mod sys;
mod text;
mod value;
mod write;

pub use call::*;
pub use number::{IntoNumber, IntoValue};
pub use read::{Entries, Limits};
#[cfg(not(target_family = "wasm"))]
pub use testing::{Firing, Py, Told};
pub use text::Text;
pub use value::{Outcome, Status, Value, status};
pub use waspect_abi::{Code, Kind};
pub use write::*;

/// Attaches a function to the place that a spec names: `fn:MODULE.FUNCTION:POINT[?OPTIONS][#TAG]`, or `begin`, `end` or `tick:5s`.
///
/// The function has no parameters and gives nothing, an `i32`, or a `Result<(), Code>`, whose error is counted as a fault of the
/// probe and shown. It stays an ordinary function, which tests call.
///
/// ```
/// # use waspect_probe::{Code, capture, get, probe};
/// #[probe("fn:shop.cart.Cart.add:entry?sample=0.01#added")]
/// fn added() -> Result<(), Code> {
///     let price = get!("item.price").ok()?;
///     capture!(price);
///     Ok(())
/// }
/// ```
///
/// A spec that the host would refuse does not compile:
///
/// ```compile_fail
/// # use waspect_probe::probe;
/// #[probe("fn:shop.cart.add:exot")] // expected point `entry`, `exit`, `return` or `raise`, found `exot`
/// fn added() {}
/// ```
pub use waspect_probe_macros::probe;

/// Writes a record: `name = value`, or the name of a variable; gives the [`Status`] of `emit`.
///
/// ```
/// # use waspect_probe::{Firing, capture, get, nargs};
/// # fn f() {
/// let n = nargs();
/// capture!(first = get!("arg0"), n);
/// # }
/// # assert_eq!(Firing::new().arg("x", 1).fire(f).field("first"), Some(&1.into()));
/// ```
pub use waspect_probe_macros::capture;

/// A path on the call: `get!("arg0.user[\"email\"]")`, `get!("retval")`, `get!("$fn")`.
///
/// ```
/// # use waspect_probe::{Firing, Py, get};
/// # fn f() {
/// assert_eq!(get!("user.name").len(), Ok(3));
/// assert_eq!(get!("user.age").error(), Some(waspect_probe::Code::Absent));
/// # }
/// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(f);
/// ```
pub use waspect_probe_macros::get;

/// Steps from a value: `path!(".user[0]", value)`.
///
/// ```
/// # use waspect_probe::{Firing, Py, arg, path};
/// # fn f() {
/// assert_eq!(path!("[1]", arg(0)).as_int(), Some(20));
/// # }
/// # Firing::new().arg("x", Py::list([10, 20])).fire(f);
/// ```
pub use waspect_probe_macros::path;

/// An attribute of a value: `attr!("email", user)`. [`Value::attr`] takes a computed name.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
/// assert_eq!(attr!("name", arg(0)).is_text("Ada"), Ok(true));
/// # });
/// ```
pub use waspect_probe_macros::attr;
/// An item by str key: `key!("email", user)`. [`Value::item`] takes any key.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("stock", Py::dict([("book", 3)])).fire(|| {
/// assert_eq!(key!("book", arg(0)).as_int(), Some(3));
/// assert_eq!(key!("pen", arg(0)).error(), Some(Code::Absent));
/// # });
/// ```
pub use waspect_probe_macros::key;
/// A text of the module as a value that never expires: `lit!("checkout")`.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert_eq!(lit!("checkout").is_text("checkout"), Ok(true));
/// # });
/// ```
pub use waspect_probe_macros::lit;

/// Adds a field to the record that [`emit`] will write: `field!("price", value)`. A computed name goes through [`field`](fn@field).
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().fire(|| {
/// field!("price", 7);
/// emit();
/// # });
/// assert_eq!(told.field("price"), Some(&7.into()));
/// ```
pub use waspect_probe_macros::field;
/// The same from a `&str` of the probe, without making a value of it: `field_str!("note", "free")`.
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().fire(|| {
/// field_str!("note", "free");
/// emit();
/// # });
/// assert_eq!(told.field("note"), Some(&"free".into()));
/// ```
pub use waspect_probe_macros::field_str;

/// What the running request keeps under a name; None outside of requests: `req!("user")`.
///
/// ```
/// # use waspect_probe::{Firing, arg, req, req_add, req_set};
/// # fn f() {
/// req_set!("user", arg(0));
/// assert_eq!(req_add!("calls", 1).as_int(), Some(1));
/// assert_eq!(req!("user").as_int(), Some(7));
/// # }
/// # Firing::new().arg("x", 7).in_request().fire(f);
/// ```
pub use waspect_probe_macros::req;
/// Adds to what the request keeps, 0 at first, and gives the sum. See [`req!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().in_request().fire(|| {
/// req_add!("queries", 1);
/// assert_eq!(req_add!("queries", 1).as_int(), Some(2));
/// # });
/// ```
pub use waspect_probe_macros::req_add;
/// Keeps a copy for the request. See [`req!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("user", "ada").in_request().fire(|| {
/// assert_eq!(req_set!("user", arg(0)).ok(), Ok(()));
/// assert_eq!(req!("user").is_text("ada"), Ok(true));
/// # });
/// ```
pub use waspect_probe_macros::req_set;

/// What this call kept, from its entry to its exit: `slot!("started")`.
///
/// ```
/// # use waspect_probe::{Firing, arg, slot, slot_set};
/// # fn entry() {
/// slot_set!("before", arg(0));
/// # }
/// # fn exit() {
/// assert_eq!(slot!("before").as_int(), Some(7));
/// # }
/// # Firing::new().arg("x", 7).fire(|| { entry(); exit() });
/// ```
pub use waspect_probe_macros::slot;
/// Keeps a copy for this call. See [`slot!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("before", 3).fire(|| {
/// assert_eq!(slot_set!("before", arg(0)).ok(), Ok(()));
/// assert_eq!(slot!("before").as_int(), Some(3));
/// # });
/// ```
pub use waspect_probe_macros::slot_set;

/// Adds to a map's number and gives the sum: `map_add!("stock", key, 1)`.
///
/// ```
/// # use waspect_probe::{Firing, map_add, map_del, map_get, map_set};
/// # fn f() {
/// map_set!("stock", "book", 3);
/// assert_eq!(map_add!("stock", "book", 4).as_int(), Some(7));
/// assert_eq!(map_get!("stock", "book").as_int(), Some(7));
/// assert_eq!(map_del!("stock", "book").number(), 1);
/// # }
/// # Firing::new().fire(f);
/// ```
pub use waspect_probe_macros::map_add;
/// Deletes a key; the status is 1 where there was one. See [`map_add!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().map("stock", "book", 3).fire(|| {
/// assert_eq!((map_del!("stock", "book").number(), map_del!("stock", "book").number()), (1, 0));
/// # });
/// ```
pub use waspect_probe_macros::map_del;
/// What a map of the session has under a key, or ABSENT. See [`map_add!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().map("stock", "book", 3).fire(|| {
/// assert_eq!(map_get!("stock", "book").as_int(), Some(3));
/// assert_eq!(map_get!("stock", "pen").error(), Some(Code::Absent));
/// # });
/// ```
pub use waspect_probe_macros::map_get;
/// Sets a key of a map to a copy. See [`map_add!`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// assert_eq!(map_set!("stock", ("book", 2), 3).ok(), Ok(()));
/// # });
/// ```
pub use waspect_probe_macros::map_set;

/// Average of a number, by key. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// avg!("time_ns", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::avg;
/// Lets an aggregation of this module begin anew in this process. See [`print!`].
pub use waspect_probe_macros::clear;
/// Counts, by key: `count!("calls", get!("$fn"))`. The key may be anything that is a value, `()` for none, a tuple for several.
///
/// ```
/// # use waspect_probe::{Firing, count, get, uniq};
/// # fn f() {
/// count!("calls", (get!("$fn"), true));
/// uniq!("callers", (), get!("arg0"));
/// # }
/// # let told = Firing::new().function("shop.cart.add").arg("x", 1).fire(f);
/// # assert_eq!(told.count("calls", ("shop.cart.add", true)), 1);
/// ```
pub use waspect_probe_macros::count;
/// Linear histogram by key, `lquantize!("latency_ms,0,100,10", key, number)`: name, low, high, step. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// lquantize!("time_ns,0,1000,100", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::lquantize;
/// Largest number, by key. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// max!("time_ns", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::max;
/// Smallest number, by key. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// min!("time_ns", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::min;
/// Shows the operator what an aggregation of this module holds now, as a table of its own.
///
/// ```
/// use waspect_probe::{Firing, clear, count, get, print, probe};
///
/// #[probe("fn:shop.cart.*:entry#calls")]
/// fn calls() {
///     count!("calls", get!("$fn"));
/// }
///
/// /// Each five seconds, what was called since.
/// #[probe("tick:5s")]
/// fn every_five_seconds() {
///     print!("calls");
///     clear!("calls");
/// }
///
/// let told = Firing::without_call().fire(|| { count!("calls", 1); every_five_seconds(); });
/// assert_eq!(told.prints[0].0, "calls");
/// assert_eq!(told.count("calls", 1), 0);
/// ```
pub use waspect_probe_macros::print;
/// Power-of-two histogram of a number, by key.
///
/// ```
/// # use waspect_probe::{Firing, elapsed, quantize, sum};
/// # fn f() {
/// quantize!("latency_ns", (), elapsed());
/// sum!("time_ns", (), elapsed());
/// # }
/// # assert_eq!(Firing::new().elapsed_ns(900).fire(f).numbers("latency_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::quantize;
/// Standard deviation of a number, by key. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// stddev!("time_ns", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::stddev;
/// Sum of a number, by key. See [`quantize!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().elapsed_ns(900).fire(|| {
/// sum!("time_ns", (), elapsed());
/// # });
/// assert_eq!(told.numbers("time_ns", ()), [900.0]);
/// ```
pub use waspect_probe_macros::sum;

/// Most frequent values, by key. See [`count!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().arg("item", "book").fire(|| {
/// top!("items", (), arg(0));
/// # });
/// assert_eq!(told.values["items"], [(().into(), "book".into())]);
/// ```
pub use waspect_probe_macros::top;
/// Number of distinct values, by key. See [`count!`].
///
/// ```
/// # use waspect_probe::*;
/// # let told = Firing::new().arg("user", "ada").fire(|| {
/// uniq!("users", (), arg(0));
/// # });
/// assert_eq!(told.values["users"], [(().into(), "ada".into())]);
/// ```
pub use waspect_probe_macros::uniq;

/// The guide's examples are compiled and run as those of this crate are.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/PROBES.md")]
mod guide {}

/// A panic is a trap: the firing ends as a fault, the application's call goes through.
#[cfg(all(target_family = "wasm", feature = "panic-handler"))]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
