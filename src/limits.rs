//! Every bound waspect keeps, by name and unit: what the operator sees in `waspect limits`, what a budget may lower.
//!
//! In: nothing. Out: constants, the table of them, [`Profile`], which column of it a module is held to, and [`Budget`], the
//! values one probe module runs under.
//! Never here: a bound that is not in the table, or a number without a unit in its name.

use serde::{Deserialize, Serialize};

/// One row of the table: its default, its unit and what reaching it does; [`Limit::name`] is what users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    shouted: &'static str,
    pub value: u64,
    /// The same of [`Profile::Large`].
    pub large: u64,
    pub unit: &'static str,
    pub on_reaching: &'static str,
}

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $konst:ident = $value:expr $(=> $large:expr)?, $unit:literal, $then:literal;)*) => {
        $($(#[doc = $doc])* pub const $konst: u64 = $value;)*
        /// The same constants as [`Profile::Large`] has them; most are no others.
        pub mod large {
            $(pub const $konst: u64 = last!(super::$konst $(, $large)?);)*
        }
        /// Every limit, in the order of a module's life.
        pub const TABLE: &[Limit] = &[$(Limit {
            shouted: stringify!($konst), value: $konst, large: large::$konst, unit: $unit, on_reaching: $then,
        },)*];
    };
}

macro_rules! last {
    ($default:expr) => {
        $default
    };
    ($default:expr, $large:expr) => {
        $large
    };
}

/// Which column of the table a module is held to while it is checked, compiled and instantiated. Whoever loads it chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Profile {
    #[default]
    Default,
    /// For what brings a language's whole runtime along, as Go does.
    Large,
}

impl Profile {
    pub const ALL: [Self; 2] = [Self::Default, Self::Large];

    /// As users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Large => "large",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Of a limit's two values, its own.
    pub const fn of(self, default: u64, large: u64) -> u64 {
        match self {
            Self::Default => default,
            Self::Large => large,
        }
    }
}

limits! {
    /// Bytes of a module before anything else is looked at.
    MODULE_BYTES_MAX = 256 << 10 => 4 << 20, "bytes", "refused at load";
    /// The same of a module in text form.
    MODULE_TEXT_BYTES_MAX = 2 << 20, "bytes of text", "refused at load";
    MODULE_FUNCTIONS_MAX = 2_000 => 10_000, "functions", "refused at load";
    MODULE_TYPES_MAX = 1_000, "types", "refused at load";
    /// Every call and block of such a type makes so many values for the compiler to hold.
    TYPE_VALUES_MAX = 64, "parameters and results", "refused at load";
    MODULE_GLOBALS_MAX = 1_000, "globals", "refused at load";
    MODULE_EXPORTS_MAX = 256, "exports", "refused at load";
    /// An export may be placed several times.
    MODULE_PROBES_MAX = 1_000, "probes", "refused at load";
    MODULE_IMPORTS_MAX = 256, "imports", "refused at load";
    MODULE_SEGMENTS_MAX = 1_000, "data and element segments", "refused at load";
    MODULE_TABLE_ELEMENTS_MAX = 4_096, "elements", "refused at load";
    MODULE_CUSTOM_BYTES_MAX = 64 << 10 => 1 << 20, "bytes of custom sections", "refused at load";
    FUNCTION_BODY_BYTES_MAX = 32 << 10 => 64 << 10, "bytes of code", "refused at load";
    FUNCTION_LOCALS_MAX = 256, "locals", "refused at load";
    FUNCTION_LOOP_NESTING_MAX = 8, "nested loops", "refused at load";
    FUNCTION_LOOPS_X_LOCALS_MAX = 4_096, "loops x locals", "refused at load";
    MODULE_LOOPS_X_LOCALS_MAX = 65_536, "loops x locals", "refused at load";
    FUNCTION_BLOCKS_X_LOCALS_MAX = 65_536, "blocks x locals", "refused at load";
    FUNCTION_BLOCK_DEPTH_MAX = 512, "nested blocks", "refused at load";
    /// What instructions give a compiler to do, each by its kind: a plain one is 1, a load 35, a call through a table 250.
    MODULE_CODE_WEIGHT_MAX = 1_000_000 => 10_000_000, "of weight of its code", "refused at load";
    BR_TABLE_TARGETS_MAX = 1_024, "br_table targets", "refused at load";
    NAME_BYTES_MAX = waspect_grammar::NAME_BYTES_MAX as u64, "bytes", "refused at load";
    /// Buckets of an `lquantize`.
    LINEAR_BUCKETS_MAX = 1_000, "buckets", "refused at load";
    /// The compiling child: CPU seconds, address space, wall clock.
    COMPILE_CPU_SECONDS_MAX = 3 => 20, "seconds", "compilation ends with an error";
    COMPILE_MEMORY_BYTES_MAX = 1 << 30, "bytes", "compilation ends with an error";
    COMPILE_WALL_SECONDS_MAX = 10 => 60, "seconds", "compilation ends with an error";
    /// A program of the probe language, before anything is looked at.
    PROBE_TEXT_BYTES_MAX = 1 << 20, "bytes of program", "refused";
    PROBE_TOKENS_MAX = 100_000, "words and signs", "refused";
    PROBE_CLAUSES_MAX = 256, "clauses", "refused";
    /// Parentheses, conditions and blocks inside each other.
    PROBE_NESTING_MAX = 64, "levels", "refused";
    PROBE_NAME_BYTES_MAX = 256, "bytes in one name", "refused";
    PROBE_STR_BYTES_MAX = 4096, "bytes in one text", "refused";
    /// What makes the tree of one expression higher.
    PROBE_OPERATORS_MAX = 500, "operators in one statement", "refused";
    /// Machine code kept in the user's cache directory.
    CACHE_BYTES_MAX = 256 << 20, "bytes", "the oldest is removed";
    /// Linear memory of one instance; bounds the declared minimum too.
    GUEST_MEMORY_BYTES_MAX = 2 << 20 => 8 << 20, "bytes", "refused at load; `memory.grow` gives -1";
    GUEST_STACK_BYTES = 64 << 10, "bytes", "fault `stack`";
    /// Native stack that must be left before a probe fires: the guest's stack and the trap path.
    STACK_HEADROOM_BYTES = 128 << 10, "bytes", "firing skipped, counted `stack_headroom`";
    FUEL_PER_FIRE = 100_000, "fuel", "fault `out_of_fuel`";
    HOST_BYTES_PER_FIRE_MAX = 64 << 10, "bytes", "fault `host_budget`";
    /// What `_initialize` of an instance may use.
    INITIALIZE_FUEL_MAX = 10_000_000, "fuel", "refused at load; later the module is disarmed";
    /// Between two renewals of a module with `_initialize`, and for the main thread to come and do one.
    RENEWAL_SECONDS = 1, "seconds", "firings are skipped until then, and the next renews the instance";
    WASI_IOVECS_MAX = 64, "pieces of text in one `fd_write`", "the rest is not written, and the guest told so";
    RECORD_BYTES_MAX = 32 << 10, "bytes", "field truncated, marked and counted";
    RECORD_FIELDS_MAX = 64, "fields", "field dropped and counted";
    RECORDS_PER_FIRE_MAX = 16, "records", "record dropped `per_fire`";
    /// Paths and names from guest memory that a module's instance remembers.
    ASKED_NAMES_MAX = 256, "paths and names", "all are forgotten and prepared anew";
    VALUE_DEPTH_MAX = 3, "levels", "truncated with the reason";
    VALUE_ITEMS_MAX = 100, "items", "truncated with the reason";
    VALUE_STR_BYTES_MAX = 1_024, "bytes", "truncated with the reason";
    /// Digits that are shown of a `decimal.Decimal`.
    DECIMAL_DIGITS_MAX = 400, "digits", "the rest is an ellipsis";
    /// Frames of one `stack`, whatever the module asks for.
    STACK_FRAMES_MAX = 64, "frames", "the outermost are left out";
    STACK_BYTES_MAX = 16 << 10, "bytes", "truncated with the reason";
    SLOT_BYTES_MAX = 4_096, "bytes per invocation and slot", "`slot.set` gives -LIMIT";
    REQUEST_VALUES_MAX = 64, "values per request", "`req.set` gives -LIMIT";
    REQUEST_BYTES_MAX = 16 << 10, "bytes per request", "`req.set` gives -LIMIT";
    /// Records that a request holds back, for one session.
    SPECULATION_BYTES_MAX = 256 << 10, "bytes per request", "record dropped `speculation_full`";
    /// Keys of one `print`.
    PRINT_ROWS_MAX = 100, "keys", "the rest is left off and counted";
    WORK_ITEMS_MAX = 65_536, "waiting work items", "the work runs outside its request";
    /// Of a str that is not ASCII: how far `str` counts what it does not copy.
    TEXT_COUNTED_BYTES_MAX = 16 << 10, "bytes", "`str` gives what was counted";
    TEXT_SEARCHED_BYTES_MAX = 64 << 10, "bytes", "`str_test` gives -LIMIT, `str_hash` 0; LIMIT as a key";
    /// Of text, bytes and the digits of ints.
    COMPARED_BYTES_MAX = 64 << 10, "bytes", "`eq`, `cmp` and `in` give LIMIT";
    COMPARED_POINTS_MAX = 16 << 10, "code points of text that is not ASCII", "`eq`, `cmp` and `in` give LIMIT";
    COMPARED_ITEMS_MAX = 4_096, "items over all levels", "`eq` and `cmp` give LIMIT";
    /// What `add` and `str_new` make, and each part of a tuple together.
    MADE_BYTES_MAX = 4_096, "bytes per value made by a module", "LIMIT";
    LITERALS_MAX = 1_024, "texts made by `lit` per module", "LIMIT";
    FIELD_NAMES_MAX = 256, "computed field names per module", "field dropped and counted, -LIMIT";
    EVENTS_PER_SECOND = 5_000, "events per second and probe", "record dropped `rate`";
    EVENTS_PER_SECOND_PROCESS = 50_000, "events per second and process", "record dropped `rate`";
    FAULTS_TO_DISARM = 3, "traps in the window", "disarmed";
    OUT_OF_FUEL_TO_DISARM = 10, "out-of-fuel faults in the window", "disarmed";
    FAULT_WINDOW_SECONDS = 60, "seconds", "faults older than this are forgotten";
    RING_BYTES = 8 << 20, "bytes", "record dropped `ring_full`";
    /// What `--ring` may ask for: room for some records of the largest kind, and what a process has memory for.
    RING_BYTES_MIN = 256 << 10, "bytes", "`--ring` refused";
    RING_BYTES_MAX = 1 << 30, "bytes", "`--ring` refused";
    /// Of a module whose probes execute on frames that are handed over, one at a time.
    FRAMES_RING_BYTES = 1 << 20, "bytes", "record dropped `ring_full`";
    /// Between an operator and each `waspect tail` of its session.
    TAIL_BYTES_MAX = 4 << 20, "bytes", "the rest is not told to that reader, who is told how much";
    LEDGER_BYTES = 64 << 20, "bytes", "key dropped `map_full`";
    MAP_ENTRIES_MAX = 4_096, "keys per aggregation or map", "key dropped `map_full`";
    MAP_BYTES_MAX = 1 << 20, "bytes per aggregation or map", "key dropped `map_full`; `map.set` gives -LIMIT";
    TOP_VALUE_BYTES_MAX = 96, "bytes of a value in `top`", "value truncated";
    KEY_BYTES_MAX = 1_024, "bytes", "key truncated";
    FUNCTIONS_PER_PROBE_MAX = 100_000, "functions", "the rest is not attached, and said";
}

impl Limit {
    /// The name as users write it: `fuel_per_fire`.
    pub fn name(&self) -> String {
        self.shouted.to_ascii_lowercase()
    }

    /// Its value for modules of a profile.
    pub const fn of(&self, profile: Profile) -> u64 {
        profile.of(self.value, self.large)
    }
}

/// What one module may spend. Every field starts at its limit, which the operator alone may raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub fuel_per_fire: u64,
    pub events_per_second: u64,
    pub record_bytes_max: u64,
    pub value_depth_max: u64,
    pub value_items_max: u64,
    pub value_str_bytes_max: u64,
}

impl Budget {
    /// The defaults of the table.
    pub const DEFAULT: Self = Self {
        fuel_per_fire: FUEL_PER_FIRE,
        events_per_second: EVENTS_PER_SECOND,
        record_bytes_max: RECORD_BYTES_MAX,
        value_depth_max: VALUE_DEPTH_MAX,
        value_items_max: VALUE_ITEMS_MAX,
        value_str_bytes_max: VALUE_STR_BYTES_MAX,
    };
}
