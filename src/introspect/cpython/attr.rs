//! `o.name`, as far as it can be answered without running code; what a class means for a name is learnt once per site.
//!
//! In: an object and a prepared name. Out: what `getattr` would give, or ABSENT, or CODE. Never here: `__getattr__`,
//! `__getattribute__`, a property, a descriptor's `__get__`, an exception, a dict made for the occasion.
//!
//! A site remembers one verdict, for one class under one `tp_version_tag`; CPython gives a class a new tag whenever it,
//! its bases or its order of resolution change. What may change without a new tag is looked at on every read: the
//! class attribute itself and whether *its* class has got a `__get__` or `__set__` since.

use pyo3::ffi;
use waspect_abi::Code;

use super::dict::Table;
use super::layout::{self, Class, MANAGED_DICT, class_of, part, pointer_at};
use super::name::known;
use super::{Name, Obj, steps};

/// `PyMemberDef.type`: an object that is `None` while unset, and one that is absent.
const T_OBJECT: i32 = 6;
const T_OBJECT_EX: i32 = 16;
/// `PyMemberDef.flags`: the offset is not from the object's start.
const RELATIVE_OFFSET: i32 = 8;

/// What one read site learnt.
#[derive(Clone, Copy)]
pub(super) struct Site {
    class: Option<Class>,
    tag: u32,
    verdict: Verdict,
}

impl Site {
    pub(super) const EMPTY: Self = Self { class: None, tag: 0, verdict: Verdict::Refuse };
}

/// How instances of a class answer to a name.
#[derive(Clone, Copy)]
enum Verdict {
    /// Only by running code.
    Refuse,
    /// Not learnt for an attribute: instances are subscripted as the builtin.
    Subscript,
    /// An object pointer at this offset; unset is `None` or absent.
    Slot(Slot),
    /// `__class__`.
    Class,
    /// The instance's own attribute, else the class attribute in `class_dict`, else what `otherwise` says.
    Instance { class_dict: Option<Obj>, otherwise: Otherwise },
}

/// Where instances keep one object.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) offset: isize,
    unset_is_none: bool,
}

/// Who is asked for an attribute that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    Nobody,
    /// The class's `__getattr__`.
    Class,
    /// The module's `__getattr__`, if it has one.
    Module,
}

#[inline]
pub(super) fn attr(o: Obj, name: &Name) -> Result<Obj, Code> {
    let class = class_of(o);
    let site = name.site.get();
    if site.class == Some(class) && site.tag == class.get(|t| t.tp_version_tag) {
        return read(o, class, name, site.verdict);
    }
    learn(o, class, name)
}

/// A first read of this class here. A class without tag is asked again each time.
#[cold]
fn learn(o: Obj, class: Class, name: &Name) -> Result<Obj, Code> {
    if class.has(ffi::Py_TPFLAGS_TYPE_SUBCLASS) {
        return of_type(o, class, name);
    }
    let verdict = resolve(class, name);
    let tag = class.get(|t| t.tp_version_tag);
    if tag != 0 {
        name.site.set(Site { class: Some(class), tag, verdict });
    }
    read(o, class, name, verdict)
}

#[inline]
fn read(o: Obj, class: Class, name: &Name, verdict: Verdict) -> Result<Obj, Code> {
    match verdict {
        Verdict::Instance { class_dict: None, otherwise } => {
            own(o, class, name)?.map_or_else(|| missing(o, class, otherwise), Ok)
        }
        Verdict::Instance { class_dict: Some(dict), otherwise } => shared(o, class, name, dict, otherwise),
        Verdict::Slot(Slot { offset, unset_is_none }) => {
            // SAFETY: `slot` checked that instances of this class have an object pointer there.
            part(unsafe { pointer_at(o, offset) }).or_else(|| unset_is_none.then(none)?).ok_or(Code::Absent)
        }
        Verdict::Class => Ok(class.as_obj()),
        Verdict::Refuse => Err(Code::Code),
        Verdict::Subscript => learn(o, class, name),
    }
}

/// Whether instances of `class` are subscripted by the code of `builtin`, as far as the MRO tells; learnt once per site.
pub(super) fn subscripted_as(class: Class, builtin: Class, name: &Name) -> bool {
    let (site, tag) = (name.site.get(), class.get(|t| t.tp_version_tag));
    if site.class == Some(class) && site.tag == tag && matches!(site.verdict, Verdict::Subscript) {
        return true;
    }
    let same = inherits_getitem(class, builtin);
    if same && tag != 0 {
        name.site.set(Site { class: Some(class), tag, verdict: Verdict::Subscript });
    }
    same
}

/// Whether the class's `__getitem__` is the builtin's own.
pub(super) fn inherits_getitem(class: Class, builtin: Class) -> bool {
    let own = builtin.dict().and_then(Table::of_dict).and_then(|dict| dict.get_str(known().getitem.key()).ok()?);
    matches!(find(class, &known().getitem), Ok(Some((found, _))) if own == Some(found))
}

fn none() -> Option<Obj> {
    // SAFETY: the address of a static object.
    part(unsafe { ffi::Py_None() })
}

/// An attribute that the class has too: a data descriptor comes before the instance's, anything else after.
fn shared(o: Obj, class: Class, name: &Name, dict: Obj, otherwise: Otherwise) -> Result<Obj, Code> {
    let found = match Table::of_dict(dict) {
        Some(table) => table.get_str(name.key())?,
        None => None,
    };
    let Some(found) = found else {
        return own(o, class, name)?.map_or_else(|| missing(o, class, otherwise), Ok);
    };
    if has_set(found) {
        return Err(Code::Code);
    }
    match own(o, class, name)? {
        Some(value) => Ok(value),
        None if has_get(found) => Err(Code::Code),
        None => Ok(found),
    }
}

fn missing(o: Obj, class: Class, otherwise: Otherwise) -> Result<Obj, Code> {
    let asks = match otherwise {
        Otherwise::Nobody => false,
        Otherwise::Class => true,
        Otherwise::Module => own(o, class, &known().getattr)?.is_some(),
    };
    Err(if asks { Code::Code } else { Code::Absent })
}

/// The instance's own attribute.
#[inline]
fn own(o: Obj, class: Class, name: &Name) -> Result<Option<Obj>, Code> {
    match storage(o, class) {
        Some(table) => table.get(name),
        None => Ok(None),
    }
}

fn has_get(o: Obj) -> bool {
    class_of(o).get(|t| t.tp_descr_get.is_some())
}

fn has_set(o: Obj) -> bool {
    class_of(o).get(|t| t.tp_descr_set.is_some())
}

/// Where an instance keeps its attributes now; `None` when it has none yet, or never.
#[inline]
pub(super) fn storage(o: Obj, class: Class) -> Option<Table> {
    if class.has(ffi::Py_TPFLAGS_MANAGED_DICT) {
        return managed(o, class);
    }
    let offset = class.get(|t| t.tp_dictoffset);
    let offset = if offset < 0 { behind_items(o, class, offset)? } else { offset };
    // SAFETY: the class says that its instances have a dict pointer, or null, at this offset.
    let dict = (offset != 0).then(|| part(unsafe { pointer_at(o, offset) }))??;
    of_any_dict(dict)
}

/// The interpreter itself reads what is assigned to `__dict__` as a dict, whatever its class overrides.
fn of_any_dict(dict: Obj) -> Option<Table> {
    class_of(dict).has(ffi::Py_TPFLAGS_DICT_SUBCLASS).then(|| Table::of_dict(dict))?
}

/// 3.11: values until there is a dict, each at its place.
#[cfg(not(Py_3_12))]
#[inline]
fn managed(o: Obj, class: Class) -> Option<Table> {
    // SAFETY: instances of a class with managed dict have these two words before their head.
    unsafe {
        match std::ptr::NonNull::new(pointer_at(o, layout::MANAGED_VALUES)) {
            Some(values) => Table::of_values(class, values.cast()),
            None => of_any_dict(part(pointer_at(o, MANAGED_DICT))?),
        }
    }
}

/// 3.12: one word, values when its lowest bit is set.
#[cfg(all(Py_3_12, not(Py_3_13)))]
#[inline]
fn managed(o: Obj, class: Class) -> Option<Table> {
    // SAFETY: instances of a class with managed dict have this word before their head.
    let word = unsafe { pointer_at(o, MANAGED_DICT) };
    if word.addr() & 1 == 1 {
        return Table::of_values(class, std::ptr::NonNull::new(word.wrapping_byte_add(1))?.cast());
    }
    of_any_dict(part(word)?)
}

/// 3.13: a dict once there is one, before that values inside the instance.
#[cfg(Py_3_13)]
#[inline]
fn managed(o: Obj, class: Class) -> Option<Table> {
    // SAFETY: instances of a class with managed dict have this word before their head.
    if let Some(dict) = part(unsafe { pointer_at(o, MANAGED_DICT) }) {
        return of_any_dict(dict);
    }
    if !class.has(layout::INLINE_VALUES) {
        return None;
    }
    let values = std::ptr::NonNull::new(o.as_ptr().wrapping_add(1))?.cast::<layout::Values>();
    // SAFETY: instances of a class with inline values have them right behind their head.
    let valid = unsafe { (*values.as_ptr()).valid } != 0;
    valid.then(|| Table::of_values(class, values))?
}

/// A dict pointer behind the items of an object of variable size; the size of an int is not kept where others keep it.
fn behind_items(o: Obj, class: Class, offset: isize) -> Option<isize> {
    let items = if class.has(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
        layout::long(o).1.len()
    } else {
        // SAFETY: a class with a negative offset has instances of variable size.
        unsafe { (*o.as_ptr().cast::<ffi::PyVarObject>()).ob_size }.unsigned_abs()
    };
    let (basic, item) = class.get(|t| (t.tp_basicsize, t.tp_itemsize));
    let end = basic.checked_add(item.checked_mul(items.cast_signed())?)?.checked_add(7)? & !7;
    Some(end + offset).filter(|offset| *offset > 0)
}

/// What a class means for a name: its way of looking attributes up, then the first class of the MRO that has it.
fn resolve(class: Class, name: &Name) -> Verdict {
    let Some(otherwise) = way(class) else { return Verdict::Refuse };
    match find(class, name) {
        Err(_) => Verdict::Refuse,
        Ok(None) => Verdict::Instance { class_dict: None, otherwise },
        Ok(Some((found, class_dict))) => {
            slot(class, found).unwrap_or(Verdict::Instance { class_dict: Some(class_dict), otherwise })
        }
    }
}

/// Who is asked in the end; `None` when the class looks attributes up in a way of its own.
fn way(class: Class) -> Option<Otherwise> {
    let getattro = class.get(|t| t.tp_getattro)? as usize;
    if getattro == ffi::PyObject_GenericGetAttr as *const () as usize {
        return Some(Otherwise::Nobody);
    }
    let module = Class::of_static(&raw const ffi::PyModule_Type)?;
    if Some(getattro) == module.get(|t| t.tp_getattro.map(|f| f as usize)) {
        return Some(Otherwise::Module);
    }
    let object = Class::of_static(&raw const ffi::PyBaseObject_Type)?;
    let generic = Table::of_dict(object.dict()?)?.get_str(known().getattribute.key()).ok()??;
    let (getattribute, _) = find(class, &known().getattribute).ok()??;
    (getattribute == generic && class.heap().is_some()).then_some(Otherwise::Class)
}

/// The first class attribute of that name along the MRO, and the dict it is in.
fn find(class: Class, name: &Name) -> Result<Option<(Obj, Obj)>, Code> {
    let mut any = false;
    for (i, base) in class.mro().enumerate() {
        any = true;
        steps::at(i, steps::CLASS_DICT);
        let dict = base.dict().ok_or(Code::Code)?;
        if let Some(found) = Table::of_dict(dict).ok_or(Code::Code)?.get_str(name.key())? {
            return Ok(Some((found, dict)));
        }
    }
    if any { Ok(None) } else { Err(Code::Code) }
}

/// Descriptors of C that only read a pointer: members (`__slots__` among them), `__class__`, an exception's parts.
fn slot(class: Class, found: Obj) -> Option<Verdict> {
    if class_of(found).is(&raw const ffi::PyMemberDescr_Type) {
        return member(class, found);
    }
    if !class_of(found).is(&raw const ffi::PyGetSetDescr_Type) {
        return None;
    }
    let descriptor = found.as_ptr().cast::<ffi::PyDescrObject>();
    // SAFETY: a live descriptor.
    let (owner, name) = unsafe { ((*descriptor).d_type, part((*descriptor).d_name)?) };
    let name = super::scalar::ascii(name)?;
    if std::ptr::eq(owner, &raw const ffi::PyBaseObject_Type) && name == b"__class__" {
        return Some(Verdict::Class);
    }
    // SAFETY: the address of a static type.
    let exception = unsafe { ffi::PyExc_BaseException };
    if std::ptr::eq(owner.cast(), exception) && class.has(ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS) {
        let offset = exception_part(name)?;
        return Some(Verdict::Slot(Slot { offset, unset_is_none: true }));
    }
    None
}

fn exception_part(name: &[u8]) -> Option<isize> {
    use std::mem::offset_of;
    let offset = match name {
        b"args" => offset_of!(ffi::PyBaseExceptionObject, args),
        b"__traceback__" => offset_of!(ffi::PyBaseExceptionObject, traceback),
        b"__context__" => offset_of!(ffi::PyBaseExceptionObject, context),
        b"__cause__" => offset_of!(ffi::PyBaseExceptionObject, cause),
        _ => return None,
    };
    Some(offset.cast_signed())
}

/// A member descriptor that was made for a class whose layout this one extends, and that keeps an object.
fn member(class: Class, found: Obj) -> Option<Verdict> {
    let descriptor = found.as_ptr().cast::<ffi::PyMemberDescrObject>();
    // SAFETY: a live member descriptor and the definition it was made from.
    let (owner, definition) = unsafe { ((*descriptor).d_common.d_type, &*(*descriptor).d_member) };
    class.extends(owner).then(|| object_member(class, definition))?.map(Verdict::Slot)
}

/// Where a member keeps its object, if it keeps one.
pub(super) fn object_member(class: Class, m: &ffi::PyMemberDef) -> Option<Slot> {
    let whole = m.flags & RELATIVE_OFFSET == 0 && m.offset >= 16 && m.offset + 8 <= class.get(|t| t.tp_basicsize);
    match m.type_code {
        T_OBJECT if whole => Some(Slot { offset: m.offset, unset_is_none: true }),
        T_OBJECT_EX if whole => Some(Slot { offset: m.offset, unset_is_none: false }),
        _ => None,
    }
}

/// `Cart.name`: the metaclass's data descriptors first, then the classes of the MRO, then the rest of the metaclass.
fn of_type(o: Obj, meta: Class, name: &Name) -> Result<Obj, Code> {
    let plain = Class::of_static(&raw const ffi::PyType_Type).ok_or(Code::Internal)?;
    let way = |class: Class| class.get(|t| t.tp_getattro.map(|f| f as usize));
    let class = Class::of_type(o).filter(|_| way(meta) == way(plain)).ok_or(Code::Code)?;
    let of_meta = find(meta, name)?.map(|(found, _)| found);
    if of_meta.is_some_and(has_set) {
        return Err(Code::Code);
    }
    let found = find(class, name)?.map(|(found, _)| found).or(of_meta).ok_or(Code::Absent)?;
    let bare_function = class_of(found).is(&raw const ffi::PyFunction_Type) && Some(found) != of_meta;
    if bare_function || !has_get(found) { Ok(found) } else { Err(Code::Code) }
}
