//! The numbers and names that probes and their host share: value layout, kinds, error codes, imports.
//!
//! In: nothing. Out: constants and tables; `docs/ABI.md` and every SDK are compared with them by a test.
//! Never here: code that reads or does anything, but for looking a row up.
#![no_std]

mod imports;
mod wasi;
pub use imports::{AGGREGATIONS, Arg, IMPORTS, Import, Reads, fuel, import_named};
pub use wasi::{Answer, Stub, WASI, WASI_MODULE, errno, stub_named};

/// Minor version of `probe1`; new functions only add names.
pub const MINOR: i32 = 0;
/// Import module of the core functions.
pub const CORE: &str = "probe1";

/// Top 16 bits below this are a plain IEEE float.
pub const TAG_NONE: u64 = 0xFFF8;
pub const TAG_INT: u64 = 0xFFF9;
pub const TAG_HANDLE: u64 = 0xFFFA;
pub const TAG_ERROR: u64 = 0xFFFB;
/// The only NaN a guest may be shown.
pub const NAN: u64 = 0x7FF8_0000_0000_0000;
pub const NONE: u64 = TAG_NONE << 48;
pub const FALSE: u64 = NONE | 2;
pub const TRUE: u64 = NONE | 3;
/// A handle's `len` when it does not fit 16 bits: ask `len`.
pub const LEN_ASK: u64 = 0xFFFF;

macro_rules! numbered {
    ($(#[$m:meta])* $name:ident: $repr:ty { $($(#[doc = $doc:literal])* $variant:ident = $n:literal $text:literal,)* }) => {
        $(#[$m])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr($repr)]
        pub enum $name { $($(#[doc = $doc])* $variant = $n,)* }
        impl $name {
            /// All of them, by number.
            pub const ALL: &[$name] = &[$($name::$variant,)*];
            /// As the documentation and every output call it.
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $text,)* } }
            /// The one of a number; none where nothing has it.
            pub const fn from_number(n: $repr) -> Option<Self> { match n { $($n => Some($name::$variant),)* _ => None } }
        }
    };
}

numbered! {
    /// What a value is, as the guest sees it.
    Kind: u8 {
        None = 0 "none", Bool = 1 "bool", Int = 2 "int", Float = 3 "float", Str = 4 "str", Bytes = 5 "bytes",
        List = 6 "list", Tuple = 7 "tuple", Dict = 8 "dict", Set = 9 "set", FrozenSet = 10 "frozenset",
        Exception = 11 "exception", Type = 12 "type", Function = 13 "function", Module = 14 "module",
        Object = 15 "object", ByteArray = 16 "bytearray", Complex = 17 "complex", Coroutine = 18 "coroutine",
        Frame = 19 "frame", Decimal = 20 "decimal", DateTime = 21 "datetime", Error = 255 "error",
    }
}

numbered! {
    /// Why a read has no value; as a value `FFFB|code`, as an i32 `-code`.
    Code: u8 {
        /// No such argument, key, attribute or index; end of an iteration.
        Absent = 1 "ABSENT",
        /// The operation is not for this kind.
        Kind = 2 "KIND",
        /// Reading it would run code of the application.
        Code = 3 "CODE",
        /// More than a bound allows.
        Limit = 4 "LIMIT",
        /// A handle kept from an earlier firing.
        Stale = 5 "STALE",
        /// Policy or redaction withholds it.
        Denied = 6 "DENIED",
        /// Not at this point: `retval` at entry.
        Point = 7 "POINT",
        /// A bad guest pointer.
        Memory = 8 "MEMORY",
        /// A number that does not fit, or a division by zero.
        Range = 9 "RANGE",
        /// A mistake of the host's.
        Internal = 10 "INTERNAL",
        /// A record that was not delivered; it is counted.
        Dropped = 11 "DROPPED",
    }
}

impl Code {
    /// The error as a value.
    pub const fn value(self) -> u64 {
        TAG_ERROR << 48 | self as u64
    }
    /// The error as a status.
    pub const fn status(self) -> i32 {
        -(self as i32)
    }
}
