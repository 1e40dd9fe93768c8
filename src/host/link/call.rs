//! An import as the engine sees it: a type, what a call costs, and what it does.
//!
//! In: a row, which is an import's name, its Rust types and its body. Out: a function of the linker that pays its fuel and
//! then runs the body. Never here: machine code of its own for each import (one trampoline serves all of them), or a
//! parameter that is read as another type than the engine was told.

use std::mem::MaybeUninit;

use wasmtime::{AsContextMut, Engine, FuncType, Linker, Trap, ValRaw, ValType};

use super::{Host, LinkError};
use crate::host::{HostBudget, State};
use crate::introspect::Introspect;
use crate::limits;
use crate::path::Context;
use crate::spec::ImportUse;

/// The static argument of an import, as `link` resolved it: what its family has no use for is 0.
#[derive(Clone, Copy, Default)]
pub(super) struct Argument {
    /// The place of a path, route, map or aggregation.
    pub(super) number: usize,
    /// A name's number in the ledger, or a slot's.
    pub(super) name: u32,
    /// A literal.
    pub(super) value: u64,
    pub(super) session: u32,
    /// What a `$` path asks of the firing.
    pub(super) context: Option<Context>,
    /// Which positional argument.
    pub(super) position: i32,
}

/// Reads its parameters from the engine's words and leaves its result in the first.
pub(super) type Body<I> = fn(&mut Host<'_, I>, Argument, &mut [ValRaw]) -> Result<(), HostBudget>;

pub(super) struct Row<I: Introspect> {
    /// The function of `probe1`, or the module of a family.
    pub(super) name: &'static str,
    pub(super) signature: Signature,
    /// What a call costs.
    pub(super) fuel: u32,
    pub(super) body: Body<I>,
}

#[derive(Clone, Copy)]
pub(super) enum Type {
    Nothing,
    I32,
    I64,
    F64,
}

/// Parameters and one result, in place: a row is read at load only, and there are many.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    parameters: [Type; PARAMETERS_MAX],
    result: Type,
}

const PARAMETERS_MAX: usize = 5;

impl Signature {
    pub(super) const fn of(parameters: &[Type], result: Type) -> Self {
        let (mut all, mut i) = ([Type::Nothing; PARAMETERS_MAX], 0);
        while i < parameters.len() {
            all[i] = parameters[i];
            i += 1;
        }
        Self { parameters: all, result }
    }

    /// Of numbers that are not floats, as the table of the ABI spells it.
    pub(super) fn spelled(text: &str) -> Self {
        let mut parameters = [Type::Nothing; PARAMETERS_MAX];
        let words = text
            .split("->")
            .next()
            .unwrap_or_default()
            .split(['(', ',', ')'])
            .filter(|word| matches!(*word, "i32" | "i64"));
        for (to, word) in parameters.iter_mut().zip(words) {
            *to = if word == "i64" { Type::I64 } else { Type::I32 };
        }
        let result = if text.ends_with("()") { Type::Nothing } else { Type::I32 };
        Self { parameters, result }
    }

    fn of_engine(self, engine: &Engine) -> FuncType {
        let words = |types: &[Type]| -> Vec<ValType> { types.iter().copied().filter_map(Type::of_engine).collect() };
        FuncType::new(engine, words(&self.parameters), words(&[self.result]))
    }
}

impl Type {
    fn of_engine(self) -> Option<ValType> {
        match self {
            Self::Nothing => None,
            Self::I32 => Some(ValType::I32),
            Self::I64 => Some(ValType::I64),
            Self::F64 => Some(ValType::F64),
        }
    }
}

/// A parameter.
pub(super) trait Word: Copy {
    const TYPE: Type;
    fn read(word: &ValRaw) -> Self;
}

/// A result: one word, or none.
pub(super) trait Outcome {
    const TYPE: Type;
    fn write(self, words: &mut [ValRaw]);
}

macro_rules! word {
    ($rust:ty, $type:ident, |$read:ident| $get:expr, |$written:ident| $put:expr) => {
        impl Word for $rust {
            const TYPE: Type = Type::$type;
            #[inline(always)]
            fn read($read: &ValRaw) -> Self {
                $get
            }
        }
        impl Outcome for $rust {
            const TYPE: Type = Type::$type;
            #[inline(always)]
            fn write(self, words: &mut [ValRaw]) {
                let $written = self;
                if let Some(first) = words.first_mut() {
                    *first = $put;
                }
            }
        }
    };
}
word!(u64, I64, |w| w.get_u64(), |x| ValRaw::u64(x));
word!(i64, I64, |w| w.get_i64(), |x| ValRaw::i64(x));
word!(i32, I32, |w| w.get_i32(), |x| ValRaw::i32(x));
word!(f64, F64, |w| f64::from_bits(w.get_f64()), |x| ValRaw::f64(x.to_bits()));

impl Outcome for () {
    const TYPE: Type = Type::Nothing;
    #[inline(always)]
    fn write(self, _: &mut [ValRaw]) {}
}

/// What a body may give: the result, or that unless the budget was spent.
pub(super) trait Answer<R> {
    fn answer(self) -> Result<R, HostBudget>;
}
impl<R> Answer<R> for R {
    #[inline(always)]
    fn answer(self) -> Result<R, HostBudget> {
        Ok(self)
    }
}
impl<R> Answer<R> for Result<R, HostBudget> {
    #[inline(always)]
    fn answer(self) -> Result<R, HostBudget> {
        self
    }
}

/// Rows of imports: `"neg" (v: u64) -> u64 = |host, argument| …;`, as many as one likes.
macro_rules! rows {
    ($($name:literal ($($p:ident: $type:ty),*) -> $result:ty = |$host:ident, $argument:pat_param| $body:expr;)*) => {
        &[$($crate::host::link::call::Row {
            name: $name,
            signature: $crate::host::link::call::Signature::of(
                &[$(<$type as $crate::host::link::call::Word>::TYPE),*],
                <$result as $crate::host::link::call::Outcome>::TYPE,
            ),
            fuel: waspect_abi::fuel($name),
            body: |$host, $argument, words| {
                #[allow(irrefutable_let_patterns, reason = "a row without parameters")]
                let [$($p,)* ..] = &*words else { return Ok(()) };
                $(let $p = <$type as $crate::host::link::call::Word>::read($p);)*
                let answer = $crate::host::link::call::Answer::<$result>::answer($body)?;
                $crate::host::link::call::Outcome::write(answer, words);
                Ok(())
            },
        }),*]
    };
}
pub(super) use rows;

/// Defines one import by its row.
pub(super) fn define<I: Introspect>(
    linker: &mut Linker<State<I>>,
    import: &ImportUse,
    row: &Row<I>,
    argument: Argument,
) -> Result<(), LinkError> {
    let (body, fuel) = (row.body, u64::from(row.fuel));
    let bare = matches!(row.signature.parameters[0], Type::Nothing);
    let function = move |mut host: Host<'_, I>, words: &mut [MaybeUninit<ValRaw>]| {
        if host.data().owe(fuel) {
            settle(&mut host)?;
        }
        // There are as many words as the larger of parameters and results, and at most one result.
        if let Some(result) = words.first_mut().filter(|_| bare) {
            *result = MaybeUninit::new(ValRaw::i64(0));
        }
        // SAFETY: the engine wrote a word for each parameter; without any, the word of the result was written above.
        let words = unsafe { words.assume_init_mut() };
        body(&mut host, argument, words).map_err(|spent| ended(&mut host, spent))
    };
    let ty = row.signature.of_engine(linker.engine());
    // SAFETY: parameters and result are read and written by the same row that the type was made of.
    unsafe { linker.func_new_unchecked(&import.module, &import.name, ty, function) }?;
    Ok(())
}

/// Takes what the host's work is worth from the guest's fuel.
#[cold]
fn settle<I: Introspect>(host: &mut Host<'_, I>) -> wasmtime::Result<()> {
    let (owed, left) = (host.data().owed(), host.get_fuel()?);
    host.as_context_mut().set_fuel(left.saturating_sub(owed))?;
    if owed > left { Err(Trap::OutOfFuel.into()) } else { Ok(()) }
}

/// The body gave up: the module wanted to, or by which of the two bounds.
#[cold]
fn ended<I: Introspect>(host: &mut Host<'_, I>, spent: HostBudget) -> wasmtime::Error {
    if let Some(exit) = host.data_mut().exited.take() {
        return exit.into();
    }
    if host.data().host_bytes.get() > limits::HOST_BYTES_PER_FIRE_MAX { spent.into() } else { Trap::OutOfFuel.into() }
}
