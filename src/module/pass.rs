//! The one pass over a module's bytes: validation, caps and facts together.
//!
//! In: bytes. Out: [`Facts`]. Never here: what a name means, or a second look at the code.
//!
//! Counts are capped before what they count is read, so a number in the bytes never buys time or memory.

use wasmparser::{
    BlockType, ElementItems, Encoding, ExternalKind, FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody,
    Operator, Parser, Payload, TypeRef, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::shape::{self, Shape, cap};
use super::weight::weight;
use super::{ModuleError, Place, at, custom, signed};
use crate::limits::Profile;
use crate::signature::Signed;
use crate::spec::Memory;
use crate::spec::words::shown_lines;

/// What the rest of the checks need to know of a module.
#[derive(Default)]
pub(super) struct Facts<'a> {
    /// The caps it is held to.
    pub(super) profile: Profile,
    pub(super) types: Vec<FuncType>,
    pub(super) imports: Vec<Import<'a>>,
    /// Type index of each function of the module's own.
    pub(super) functions: Vec<u32>,
    pub(super) exports: Vec<Export<'a>>,
    pub(super) memory: Option<Memory>,
    /// Functions in tables: what an indirect call may reach.
    pub(super) in_tables: Vec<u32>,
    /// Per function of the module's own.
    pub(super) calls: Vec<Calls>,
    /// The custom section `probe1.at`.
    pub(super) at: Option<&'a [u8]>,
    /// The custom section `probe1.sig`.
    pub(super) signed: Option<Signed>,
    /// Where the last section ended.
    behind: usize,
    segments: u64,
    custom_bytes: u64,
    loops_x_locals: u64,
    weight: u64,
}

/// A function import; other kinds are refused.
pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) type_index: u32,
}

pub(super) struct Export<'a> {
    pub(super) name: &'a str,
    pub(super) kind: ExternalKind,
    pub(super) index: u32,
}

/// Whom a function calls.
#[derive(Default)]
pub(super) struct Calls {
    /// Indices, sorted, each once; and the constant right before a call, where there is one.
    pub(super) direct: Vec<(u32, Option<i32>)>,
    pub(super) indirect: bool,
}

impl Facts<'_> {
    pub(super) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let type_index = match index.checked_sub(self.imports.len()) {
            Some(own) => *self.functions.get(own)?,
            None => self.imports.get(index)?.type_index,
        };
        self.types.get(type_index as usize)
    }
}

/// Reads and validates the whole module.
pub(super) fn read(bytes: &[u8], profile: Profile) -> Result<Facts<'_>, ModuleError> {
    cap!(profile, MODULE_BYTES_MAX, Place::Module, bytes.len())?;
    walk(bytes, profile).map_err(|e| custom::name_function(bytes, e))
}

fn walk(bytes: &[u8], profile: Profile) -> Result<Facts<'_>, ModuleError> {
    let mut facts = Facts { profile, behind: HEAD_BYTES, ..Facts::default() };
    let mut validator = Validator::new_with_features(WasmFeatures::LIME1);
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::LIME1);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|e| invalid(Place::Module, &e))?;
        before(&mut facts, &payload)?;
        signatures(&mut facts, bytes, &payload)?;
        match validator.payload(&payload).map_err(|e| invalid(Place::Module, &e))? {
            ValidPayload::Func(function, body) => {
                allocations = code(&mut facts, function, &body, allocations)?;
            }
            _ => after(&mut facts, payload)?,
        }
    }
    Ok(facts)
}

fn invalid(place: Place, e: &wasmparser::Error) -> ModuleError {
    ModuleError::Invalid { place, message: shown_lines(e.message()), offset: e.offset() }
}

/// Of the version and what it is, before the first section.
const HEAD_BYTES: usize = 8;

/// Nothing comes behind the signatures: they are over all bytes before them.
fn signatures(facts: &mut Facts<'_>, bytes: &[u8], payload: &Payload<'_>) -> Result<(), ModuleError> {
    let Some((_, range)) = payload.as_section() else { return Ok(()) };
    if facts.signed.is_some() {
        return Err(ModuleError::Signatures("not the last section, as it must be"));
    }
    if let Payload::CustomSection(section) = payload
        && section.name() == signed::SECTION
    {
        let unsigned = bytes.get(..facts.behind).unwrap_or_default();
        facts.signed = Some(signed::read(section.data(), unsigned)?);
    }
    facts.behind = signed::place(range.end);
    Ok(())
}

/// What is refused by a section's header alone.
fn before(facts: &mut Facts<'_>, payload: &Payload<'_>) -> Result<(), ModuleError> {
    use Payload as P;
    let module = Place::Module;
    match payload {
        P::Version { encoding: Encoding::Component, .. } => Err(ModuleError::Component),
        P::TypeSection(s) => cap!(facts.profile, MODULE_TYPES_MAX, module, s.count()),
        P::ImportSection(s) => cap!(facts.profile, MODULE_IMPORTS_MAX, module, s.count()),
        P::FunctionSection(s) => cap!(facts.profile, MODULE_FUNCTIONS_MAX, module, s.count()),
        P::GlobalSection(s) => cap!(facts.profile, MODULE_GLOBALS_MAX, module, s.count()),
        P::ExportSection(s) => cap!(facts.profile, MODULE_EXPORTS_MAX, module, s.count()),
        P::ElementSection(s) => segments(facts, s.count()),
        P::DataSection(s) => segments(facts, s.count()),
        P::DataCountSection { count, .. } => cap!(facts.profile, MODULE_SEGMENTS_MAX, module, *count),
        P::StartSection { .. } => Err(ModuleError::Start),
        P::CustomSection(s) => {
            facts.custom_bytes += s.data().len() as u64;
            cap!(facts.profile, MODULE_CUSTOM_BYTES_MAX, module, facts.custom_bytes)
        }
        _ => Ok(()),
    }
}

fn segments(facts: &mut Facts<'_>, count: u32) -> Result<(), ModuleError> {
    facts.segments += u64::from(count);
    cap!(facts.profile, MODULE_SEGMENTS_MAX, Place::Module, facts.segments)
}

/// What a valid section tells.
fn after<'a>(facts: &mut Facts<'a>, payload: Payload<'a>) -> Result<(), ModuleError> {
    use Payload as P;
    let bad = |e: wasmparser::Error| invalid(Place::Module, &e);
    match payload {
        P::TypeSection(s) => types(facts, s.into_iter_err_on_gc_types()),
        P::ImportSection(s) => s.into_imports().try_for_each(|import| push_import(facts, import.map_err(bad)?)),
        P::FunctionSection(s) => {
            facts.functions = s.into_iter().collect::<Result<_, _>>().map_err(bad)?;
            Ok(())
        }
        P::TableSection(s) => s.into_iter().try_for_each(|table| {
            cap!(facts.profile, MODULE_TABLE_ELEMENTS_MAX, Place::Table, table.map_err(bad)?.ty.initial)
        }),
        P::MemorySection(s) => s.into_iter().try_for_each(|memory| push_memory(facts, memory.map_err(bad)?)),
        P::ExportSection(s) => s.into_iter().try_for_each(|export| {
            let export = export.map_err(bad)?;
            facts.exports.push(Export { name: export.name, kind: export.kind, index: export.index });
            Ok(())
        }),
        P::ElementSection(s) => s.into_iter().try_for_each(|segment| {
            elements(facts, segment.map_err(bad)?.items).map_err(bad)?;
            cap!(facts.profile, MODULE_TABLE_ELEMENTS_MAX, Place::Table, facts.in_tables.len())
        }),
        P::CustomSection(s) if s.name() == at::SECTION => {
            facts.at = Some(s.data());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn types(
    facts: &mut Facts<'_>,
    all: impl Iterator<Item = Result<FuncType, wasmparser::Error>>,
) -> Result<(), ModuleError> {
    for (index, ty) in (0..).zip(all) {
        let ty = ty.map_err(|e| invalid(Place::Type(index), &e))?;
        cap!(facts.profile, TYPE_VALUES_MAX, Place::Type(index), ty.params().len() + ty.results().len())?;
        facts.types.push(ty);
    }
    Ok(())
}

fn push_import<'a>(facts: &mut Facts<'a>, import: wasmparser::Import<'a>) -> Result<(), ModuleError> {
    let place = || Place::Import(import.module.to_owned(), import.name.to_owned());
    let found = match import.ty {
        TypeRef::Func(type_index) => {
            facts.imports.push(Import { module: import.module, name: import.name, type_index });
            return cap!(facts.profile, MODULE_IMPORTS_MAX, Place::Module, facts.imports.len());
        }
        TypeRef::Memory(_) => "memory",
        TypeRef::Table(_) => "table",
        TypeRef::Global(_) => "global",
        TypeRef::Tag(_) => "tag",
        TypeRef::FuncExact(_) => "function of exact type",
    };
    Err(ModuleError::NotFunction { place: place(), found })
}

fn push_memory(facts: &mut Facts<'_>, memory: wasmparser::MemoryType) -> Result<(), ModuleError> {
    cap!(facts.profile, GUEST_MEMORY_BYTES_MAX, Place::Memory, memory.initial.saturating_mul(64 << 10))?;
    facts.memory = Some(Memory { pages_min: memory.initial, pages_max: memory.maximum });
    Ok(())
}

fn elements(facts: &mut Facts<'_>, items: ElementItems<'_>) -> Result<(), wasmparser::Error> {
    match items {
        ElementItems::Functions(indices) => indices.into_iter().try_for_each(|index| {
            facts.in_tables.push(index?);
            Ok(())
        }),
        ElementItems::Expressions(_, exprs) => exprs.into_iter().try_for_each(|expr| {
            for op in expr?.get_operators_reader() {
                facts.in_tables.extend(referenced(&op?));
            }
            Ok(())
        }),
    }
}

fn referenced(op: &Operator<'_>) -> Option<u32> {
    if let Operator::RefFunc { function_index } = op { Some(*function_index) } else { None }
}

/// One body: caps before each operator is validated, calls noted on the way.
fn code(
    facts: &mut Facts<'_>,
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> Result<FuncValidatorAllocations, ModuleError> {
    let index = function.index;
    let bad = |e: wasmparser::Error| invalid(shape::place(index), &e);
    cap!(facts.profile, FUNCTION_BODY_BYTES_MAX, shape::place(index), body.range().end - body.range().start)?;
    let params = facts.function_type(index).map_or(0, |ty| ty.params().len() as u64);
    let mut shape = Shape::new(facts.profile, index, params + locals(body).map_err(bad)?)?;
    let mut validator = function.into_validator(allocations);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(bad)?;
    let mut calls = Calls::default();
    let mut weighs = 0;
    let mut before = None;
    let mut ops = wasmparser::OperatorsReader::new(reader);
    while !ops.eof() {
        let (op, at) = ops.read_with_offset().map_err(bad)?;
        shape.count(&op, |block| arity(&facts.types, block))?;
        weighs += weight(&op);
        validator.op(at, &op).map_err(bad)?;
        before = note(&mut calls, &op, before);
    }
    ops.finish().map_err(bad)?;
    facts.loops_x_locals += shape.loops_x_locals;
    cap!(facts.profile, MODULE_LOOPS_X_LOCALS_MAX, Place::Module, facts.loops_x_locals)?;
    facts.weight += weighs;
    cap!(facts.profile, MODULE_CODE_WEIGHT_MAX, Place::Module, facts.weight)?;
    calls.direct.sort_unstable();
    calls.direct.dedup();
    facts.calls.push(calls);
    Ok(validator.into_allocations())
}

/// Declared locals: runs of equal types, so that few bytes may claim many.
fn locals(body: &FunctionBody<'_>) -> Result<u64, wasmparser::Error> {
    body.get_locals_reader()?.into_iter().map(|run| run.map(|(count, _)| u64::from(count))).sum()
}

fn arity(types: &[FuncType], block: BlockType) -> u64 {
    match block {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(index) => {
            types.get(index as usize).map_or(0, |t| (t.params().len() + t.results().len()) as u64)
        }
    }
}

/// Notes a call; gives the constant that the next operator finds on the stack, if this one put it there.
fn note(calls: &mut Calls, op: &Operator<'_>, before: Option<i32>) -> Option<i32> {
    match op {
        Operator::I32Const { value } => return Some(*value),
        Operator::Call { function_index } => calls.direct.push((*function_index, before)),
        Operator::CallIndirect { .. } => calls.indirect = true,
        _ => {}
    }
    None
}
