//! When a value of one type may stand where another is expected. All types here are closed.
//!
//! [Spec](https://webassembly.github.io/spec/core/valid/matching.html)

use super::*;

/// `t1 <: t2` for value types.
#[inline]
pub fn match_valtype(types: &impl Resolve, t1: ValType, t2: ValType) -> bool {
    t1 == t2
        || match (t1, t2) {
            (ValType::Ref(rt1), ValType::Ref(rt2)) => match_reftype(types, rt1, rt2),
            _ => false,
        }
}

/// `rt1 <: rt2`
pub fn match_reftype(types: &impl Resolve, rt1: RefType, rt2: RefType) -> bool {
    (!rt1.nullable || rt2.nullable) && match_heaptype(types, rt1.heap, rt2.heap)
}

/// `ht1 <: ht2`
pub fn match_heaptype(types: &impl Resolve, ht1: HeapType, ht2: HeapType) -> bool {
    use HeapType::*;
    match (ht1, ht2) {
        _ if ht1 == ht2 => true,
        (Bot, _) => true,
        (Eq | I31 | Struct | Array, Any) | (I31 | Struct | Array, Eq) => true,
        (None, _) => match_heaptype(types, ht2, Any),
        (NoFunc, _) => match_heaptype(types, ht2, Func),
        (NoExtern, _) => match_heaptype(types, ht2, Extern),
        (NoExn, _) => match_heaptype(types, ht2, Exn),
        (Def(dt1) | ExactDef(dt1), Def(dt2)) => match_deftype(types, dt1, dt2),
        (Def(dt) | ExactDef(dt), _) => matches!(
            (&types.info(dt).sub.comp, ht2),
            (CompType::Struct(_), Struct | Eq | Any)
                | (CompType::Array(_), Array | Eq | Any)
                | (CompType::Func(_), Func)
        ),
        _ => false,
    }
}

/// `dt1 <: dt2`: one look into the display of `dt1`, whatever the depth.
pub fn match_deftype(types: &impl Resolve, dt1: DefType, dt2: DefType) -> bool {
    dt1 == dt2 || {
        let depth = types.info(dt2).supers.len();
        types.info(dt1).supers.get(depth) == Some(&dt2)
    }
}

/// `[t1*] <: [t2*]`
pub fn match_resulttype(types: &impl Resolve, ts1: &[ValType], ts2: &[ValType]) -> bool {
    ts1.len() == ts2.len() && ts1.iter().zip(ts2).all(|(t1, t2)| match_valtype(types, *t1, *t2))
}

/// `ft1 <: ft2` for composite types.
pub fn match_comptype(types: &impl Resolve, ct1: &CompType, ct2: &CompType) -> bool {
    match (ct1, ct2) {
        (CompType::Func(ft1), CompType::Func(ft2)) => match_functype(types, ft1, ft2),
        (CompType::Array(f1), CompType::Array(f2)) => match_fieldtype(types, *f1, *f2),
        (CompType::Struct(fs1), CompType::Struct(fs2)) => {
            fs1.len() >= fs2.len() && fs1.iter().zip(fs2).all(|(f1, f2)| match_fieldtype(types, *f1, *f2))
        }
        _ => false,
    }
}

/// Parameters the other way round, results the same way.
pub fn match_functype(types: &impl Resolve, ft1: &FuncType, ft2: &FuncType) -> bool {
    match_resulttype(types, &ft2.params, &ft1.params) && match_resulttype(types, &ft1.results, &ft2.results)
}

/// A field that may be written must match both ways.
pub fn match_fieldtype(types: &impl Resolve, f1: FieldType, f2: FieldType) -> bool {
    f1.mutable == f2.mutable
        && match_storagetype(types, f1.storage, f2.storage)
        && (!f1.mutable || match_storagetype(types, f2.storage, f1.storage))
}

/// `zt1 <: zt2`
pub fn match_storagetype(types: &impl Resolve, z1: StorageType, z2: StorageType) -> bool {
    match (z1, z2) {
        (StorageType::Val(t1), StorageType::Val(t2)) => match_valtype(types, t1, t2),
        _ => z1 == z2,
    }
}

/// At least as large at the start, at most as large in the end.
pub fn match_limits(l1: Limits, l2: Limits) -> bool {
    l1.min >= l2.min
        && match (l1.max, l2.max) {
            (_, None) => true,
            (Some(max1), Some(max2)) => max1 <= max2,
            (None, Some(_)) => false,
        }
}

/// `mt1 <: mt2`
pub fn match_memtype(mt1: MemType, mt2: MemType) -> bool {
    mt1.addr == mt2.addr
        && mt1.shared == mt2.shared
        && mt1.page_size_log2 == mt2.page_size_log2
        && match_limits(mt1.limits, mt2.limits)
}

/// `tt1 <: tt2`: elements may be read and written, so they match both ways.
pub fn match_tabletype(types: &impl Resolve, tt1: TableType, tt2: TableType) -> bool {
    tt1.addr == tt2.addr
        && match_limits(tt1.limits, tt2.limits)
        && match_reftype(types, tt1.elem, tt2.elem)
        && match_reftype(types, tt2.elem, tt1.elem)
}

/// `gt1 <: gt2`
pub fn match_globaltype(types: &impl Resolve, gt1: GlobalType, gt2: GlobalType) -> bool {
    gt1.mutable == gt2.mutable
        && match_valtype(types, gt1.val, gt2.val)
        && (!gt1.mutable || match_valtype(types, gt2.val, gt1.val))
}

/// `xt1 <: xt2`: may something of type `xt1` be imported as `xt2`?
pub fn match_externtype(types: &impl Resolve, xt1: ExternType, xt2: ExternType) -> bool {
    match (xt1, xt2) {
        (ExternType::Func(dt1) | ExternType::FuncExact(dt1), ExternType::Func(dt2)) => {
            match_deftype(types, dt1, dt2)
        }
        (ExternType::FuncExact(dt1), ExternType::FuncExact(dt2)) => dt1 == dt2,
        (ExternType::Table(tt1), ExternType::Table(tt2)) => match_tabletype(types, tt1, tt2),
        (ExternType::Mem(mt1), ExternType::Mem(mt2)) => match_memtype(mt1, mt2),
        (ExternType::Global(gt1), ExternType::Global(gt2)) => match_globaltype(types, gt1, gt2),
        (ExternType::Tag(dt1), ExternType::Tag(dt2)) => dt1 == dt2,
        _ => false,
    }
}
