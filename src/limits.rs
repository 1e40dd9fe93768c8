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
    /// In its section `probe1.sig`.
    MODULE_SIGNATURES_MAX = 16, "signatures", "refused at load";
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
    /// What a ring of the default size holds is read 50 times a second: a second's worth of all probes fits, so that an
    /// operator who comes a second late loses nothing that the rates let through.
    BYTES_PER_SECOND = 4 << 20, "bytes of records per second and probe", "record dropped `byte_rate`";
    BYTES_PER_SECOND_PROCESS = 8 << 20, "bytes of records per second and process", "record dropped `byte_rate`";
    /// Of one processor's time, as it passes: under the interpreter lock a process has no more of it for Python.
    TIME_SHARE_MAX = 5_000, "millionths of the time that passes, per probe", "throttled, then disarmed";
    TIME_SHARE_MAX_PROCESS = 10_000, "millionths of the time that passes, per process", "the costliest throttled, then one disarmed";
    /// Shares are judged so often, at firings; and at once where a probe took ten times its share of a window.
    TIME_WINDOW_MS = 1_000, "milliseconds", "shares are judged, and begin anew";
    TIME_BURST_WINDOWS = 10, "windows' shares in one window", "throttled at once";
    THROTTLED_TO_DISARM = 10, "windows over its share while throttled", "disarmed";
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
    /// Address space that must be left beside ring and ledger: what bringing a session to life takes at most, several times over.
    SPARE_BYTES_MIN = 16 << 20, "bytes", "session refused at load; a forked child goes on unobserved";
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

/// Names, defaults and maxima of a budget's fields. A rate is a matter of whoever loads the module; what bounds a single
/// firing holds for everybody, and only a policy has other maxima.
macro_rules! budget {
    ($($(#[doc = $doc:literal])* $field:ident, $short:literal, $default:expr, $least:literal..=$most:expr;)*) => {
        /// What one module may spend. Every field starts at its limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Budget {
            $($(#[doc = $doc])* pub $field: u64,)*
        }

        impl Budget {
            /// The defaults of the table.
            pub const DEFAULT: Self = Self { $($field: $default,)* };
            /// What may be asked for, in the order of the fields.
            pub const ROWS: &[Row] = &[$(Row { name: stringify!($field), short: $short, least: $least, most: $most },)*];

            fn fields(&mut self) -> [&mut u64; Self::ROWS.len()] {
                [$(&mut self.$field,)*]
            }
        }
    };
}

budget! {
    fuel_per_fire, "fuel", FUEL_PER_FIRE, 0..=FUEL_PER_FIRE;
    events_per_second, "events", EVENTS_PER_SECOND, 0..=u64::MAX;
    bytes_per_second, "bytes", BYTES_PER_SECOND, 0..=u64::MAX;
    /// In millionths; from [`WHOLE`] on nobody looks.
    time_share_max, "share", TIME_SHARE_MAX, 1..=WHOLE;
    faults_to_disarm, "faults", FAULTS_TO_DISARM, 1..=FAULTS_TO_DISARM;
    out_of_fuel_to_disarm, "out_of_fuel", OUT_OF_FUEL_TO_DISARM, 1..=OUT_OF_FUEL_TO_DISARM;
    record_bytes_max, "record_bytes", RECORD_BYTES_MAX, 0..=RECORD_BYTES_MAX;
    value_depth_max, "depth", VALUE_DEPTH_MAX, 0..=VALUE_DEPTH_MAX;
    value_items_max, "items", VALUE_ITEMS_MAX, 0..=VALUE_ITEMS_MAX;
    value_str_bytes_max, "str_bytes", VALUE_STR_BYTES_MAX, 0..=VALUE_STR_BYTES_MAX;
}

/// All of the time that passes, in millionths.
pub const WHOLE: u64 = 1_000_000;

/// A field of a budget: its limit's name and a short one, and between what a number for it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub name: &'static str,
    pub short: &'static str,
    pub least: u64,
    /// Without a policy.
    pub most: u64,
}

/// Why a budget is not given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    #[error("unknown budget `{name}`, expected one of {}", names())]
    Unknown { name: String },
    #[error("budget `{name}` of {text}, expected {expected}")]
    Form { name: &'static str, text: String, expected: &'static str },
    #[error("budget `{name}` of {asked}, expected {least} to {most}: only the operator's policy file raises `{name}`")]
    Over { name: &'static str, asked: String, least: String, most: String },
}

#[cold]
fn names() -> String {
    let all: Vec<&str> = Budget::ROWS.iter().map(|row| row.short).collect();
    all.join(", ")
}

/// A number that was asked for, by the name of its limit.
pub type Named = (&'static str, u64);

impl Row {
    /// The row of a name, long or short.
    ///
    /// # Errors
    /// A name that none has.
    #[inline(never)]
    pub fn of(name: &str) -> Result<&'static Self, BudgetError> {
        let row = Budget::ROWS.iter().find(|row| row.name == name || row.short == name);
        row.ok_or_else(|| BudgetError::Unknown { name: name.to_owned() })
    }

    /// What was asked for: `5000`, `4M` where bytes are meant, `0.5%` or `0.005` where a share is.
    ///
    /// # Errors
    /// When the text is no such number.
    #[inline(never)]
    pub fn asked(&self, text: &str) -> Result<Named, BudgetError> {
        let form = |expected| BudgetError::Form { name: self.name, text: text.to_owned(), expected };
        let number = if self.is_share() {
            share(text).ok_or(form("a share of the time, as `0.5%` or `0.005`"))
        } else if self.name.contains("bytes") {
            size(text).map_err(form)
        } else {
            text.parse().map_err(|_| form("a whole number"))
        };
        Ok((self.name, number?))
    }

    fn is_share(&self) -> bool {
        self.name == "time_share_max"
    }

    fn shown(&self, amount: u64) -> String {
        if self.is_share() { percent(amount) } else { amount.to_string() }
    }
}

impl Budget {
    /// Each by the name of its limit.
    pub fn by_name(&self) -> impl Iterator<Item = Named> {
        let mut own = *self;
        let values = own.fields().map(|value| *value);
        Self::ROWS.iter().map(|row| row.name).zip(values)
    }

    /// One by the name of its limit.
    pub fn field(&mut self, name: &str) -> Option<&mut u64> {
        let at = Self::ROWS.iter().position(|row| row.name == name)?;
        self.fields().into_iter().nth(at)
    }

    /// The defaults, but for what was asked. `maxima`, by the names of limits, are a policy's: they stand in place of the
    /// table's, lower or higher, and what starts above one starts there.
    ///
    /// # Errors
    /// The first number that is not between its least and its most.
    #[inline(never)]
    pub fn validated(asked: &[Named], maxima: &[(&str, u64)]) -> Result<Self, BudgetError> {
        let mut budget = Self::DEFAULT;
        for (row, field) in Self::ROWS.iter().zip(budget.fields()) {
            let most = maxima.iter().rfind(|(name, _)| *name == row.name).map_or(row.most, |(_, most)| *most);
            *field = (*field).min(most);
            for (_, asked) in asked.iter().filter(|(name, _)| *name == row.name) {
                if !(row.least..=most).contains(asked) {
                    let [asked, least, most] = [*asked, row.least, most].map(|n| row.shown(n));
                    return Err(BudgetError::Over { name: row.name, asked, least, most });
                }
                *field = *asked;
            }
        }
        Ok(budget)
    }
}

/// `0.5%` or `0.005`, in millionths; nothing is rounded to none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is judged then")]
#[inline(never)]
fn share(text: &str) -> Option<u64> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1e6), |percents| (percents.trim_end(), 1e4));
    let number: f64 = number.parse().ok()?;
    (number >= 0.0).then(|| (number * whole).ceil() as u64)
}

/// `4M`, `512K`, `1G`, or bytes.
///
/// # Errors
/// What is expected instead.
#[inline(never)]
pub fn size(text: &str) -> Result<u64, &'static str> {
    let (number, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    let is = |units: &[&str]| units.iter().any(|each| each.eq_ignore_ascii_case(unit));
    let units: [&[&str]; 4] = [&["", "B"], &["K", "KB", "KiB"], &["M", "MB", "MiB"], &["G", "GB", "GiB"]];
    let shift = units.into_iter().position(is).ok_or("a size as `4M`: a number, and `K`, `M` or `G`")?;
    let number: u64 = number.parse().map_err(|_| "a number before the unit, as in `4M`")?;
    Ok(number.saturating_mul(1 << (10 * shift)))
}

/// Millionths for people: `0.5 %`, `12 %`, `0.0031 %`.
#[inline(never)]
pub fn percent(millionths: u64) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    // Two digits that say something are enough.
    let digits = match (whole, rest) {
        (1.., ..1_000) | (10.., _) | (0, 0) => return [&whole.to_string(), " %"].concat(),
        (_, 1_000..) => 1,
        (0, 100..) => 2,
        _ => 4,
    };
    let rest = (10_000 + rest).to_string();
    [&whole.to_string(), ".", rest[1..=digits].trim_end_matches('0'), " %"].concat()
}
