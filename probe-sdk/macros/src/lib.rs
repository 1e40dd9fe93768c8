//! The macros of `waspect-probe`: names of exports and imports, checked while the probe is compiled.
//!
//! In: a literal and what stands behind it. Out: an export or a call of an import, or an error at the literal that shows
//! the byte at which it went wrong. Never here: a meaning of its own; `waspect_probe` documents and re-exports them all.

mod capture;
mod import;
mod literal;
mod name;
mod probe;

use proc_macro::TokenStream;

/// See `waspect_probe`.
#[proc_macro_attribute]
pub fn probe(spec: TokenStream, function: TokenStream) -> TokenStream {
    literal::answer(probe::expand(spec, function))
}

/// See `waspect_probe`.
#[proc_macro]
pub fn capture(fields: TokenStream) -> TokenStream {
    literal::answer(capture::expand(fields))
}

/// One macro for each row: its name, the import's module, the kind of name, the types of what follows, what it gives.
macro_rules! imports {
    ($($macro:ident $module:literal $name:ident ($($type:ident),*) -> $gives:ident;)*) => {$(
        /// See `waspect_probe`.
        #[proc_macro]
        pub fn $macro(given: TokenStream) -> TokenStream {
            let import = import::Import {
                called: stringify!($macro),
                module: $module,
                name: name::Kind::$name,
                takes: &[$(import::Type::$type),*],
                gives: import::Type::$gives,
            };
            literal::answer(import.expand(given))
        }
    )*};
}

imports! {
    get "probe1.get" Path () -> Value;
    path "probe1.path" Steps (Value) -> Value;
    attr "probe1.attr" Key (Value) -> Value;
    key "probe1.key" Key (Value) -> Value;
    lit "probe1.str" Text () -> Value;
    field "probe1.field" Key (Value) -> Nothing;
    field_str "probe1.field.str" Key (Text) -> Nothing;
    req "probe1.req" Key () -> Value;
    req_set "probe1.req.set" Key (Value) -> Status;
    req_add "probe1.req.add" Key (Value) -> Value;
    slot "probe1.slot" Key () -> Value;
    slot_set "probe1.slot.set" Key (Value) -> Status;
    map_get "probe1.map.get" Key (Value) -> Value;
    map_set "probe1.map.set" Key (Value, Value) -> Status;
    map_del "probe1.map.del" Key (Value) -> Status;
    map_add "probe1.map.add" Key (Value, Value) -> Value;
    count "probe1.count" Key (Value) -> Nothing;
    sum "probe1.sum" Key (Value, Number) -> Nothing;
    min "probe1.min" Key (Value, Number) -> Nothing;
    max "probe1.max" Key (Value, Number) -> Nothing;
    avg "probe1.avg" Key (Value, Number) -> Nothing;
    stddev "probe1.stddev" Key (Value, Number) -> Nothing;
    quantize "probe1.quantize" Key (Value, Number) -> Nothing;
    lquantize "probe1.lquantize" Linear (Value, Number) -> Nothing;
    uniq "probe1.uniq" Key (Value, Value) -> Nothing;
    top "probe1.top" Key (Value, Value) -> Nothing;
    print "probe1.print" Key () -> Status;
    clear "probe1.clear" Key () -> Status;
}
