//! Types of structures, arrays and functions.

use crate::refused;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use terrane::{
    ArrayType, Engine, FieldType, Finality, FuncType, Global, GlobalType, HeapType, Module, Mutability, Ref,
    RefType, StorageType, Store, StructType, Table, TableType, Val, ValType,
};

fn var(ty: impl Into<StorageType>) -> FieldType {
    FieldType::new(Mutability::Var, ty.into())
}

fn constant(ty: impl Into<StorageType>) -> FieldType {
    FieldType::new(Mutability::Const, ty.into())
}

fn open(
    engine: &Engine,
    supertype: Option<&StructType>,
    fields: &[FieldType],
) -> terrane::Result<StructType> {
    StructType::with_finality_and_supertype(engine, Finality::NonFinal, supertype, fields.iter().cloned())
}

#[test]
fn abstract_types_form_four_hierarchies() {
    use HeapType::*;
    let all = [Any, Eq, I31, Struct, Array, None, Func, NoFunc, Extern, NoExtern, Exn, NoExn];
    let chains: [&[HeapType]; 6] = [
        &[None, I31, Eq, Any],
        &[None, Struct, Eq, Any],
        &[None, Array, Eq, Any],
        &[NoFunc, Func],
        &[NoExtern, Extern],
        &[NoExn, Exn],
    ];
    for a in &all {
        for b in &all {
            let below = |chain: &&[HeapType]| {
                let place = |t| chain.iter().position(|u| u == t);
                matches!((place(a), place(b)), (Some(i), Some(j)) if i <= j)
            };
            assert_eq!(a.matches(b), chains.iter().any(below), "{a} <: {b}");
        }
        assert!(a.matches(&a.top()) && a.bottom().matches(a));
        assert!(a.top().is_top() && a.bottom().is_bottom() && a.is_abstract());
    }
    assert!(!ValType::ANYREF.matches(&RefType::new(false, Any).into()));
    assert!(ValType::NULLREF.matches(&ValType::STRUCTREF));
    assert!(ValType::I31REF.matches(&ValType::EQREF) && !ValType::I32.matches(&ValType::I64));
    assert_eq!(ValType::EXNREF.to_string(), "exnref");
    assert!(ValType::ANYREF.is_anyref() && !ValType::EQREF.is_anyref() && ValType::V128.is_v128());
    assert!(matches!(ValType::NULLEXNREF.default_value(), Some(Val::ExnRef(Option::None))));
    assert!(ValType::Ref(RefType::new(false, Eq)).default_value().is_none());
}

#[test]
fn types_of_the_host_are_those_of_guests() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (type $a (array (mut i16)))
            (type $s (sub (struct (field (mut i8)) (field (ref null $a)))))
            (type $t (sub final $s (struct (field (mut i8)) (field (ref $a)) (field f64))))
            (global (export "a") (ref null $a) (ref.null none))
            (global (export "s") (ref null $s) (ref.null none))
            (global (export "t") (ref null $t) (ref.null none)))"#,
    )
    .unwrap();
    let heap = |name| {
        let ty = module.get_export(name).unwrap().unwrap_global().clone();
        ty.content().unwrap_ref().heap_type().clone()
    };
    let array = ArrayType::new(&engine, var(StorageType::I16));
    let element = |nullable| RefType::new(nullable, array.clone().into());
    let s = open(&engine, None, &[var(StorageType::I8), constant(element(true))]).unwrap();
    let fields = [var(StorageType::I8), constant(element(false)), constant(ValType::F64)];
    let t =
        StructType::with_finality_and_supertype(&engine, Finality::Final, Some(&s), fields.clone()).unwrap();
    assert_eq!(heap("a"), array.clone().into());
    assert_eq!(heap("s"), s.clone().into());
    assert_eq!(heap("t").unwrap_concrete_struct(), &t);
    assert!(heap("t").matches(&heap("s")) && !heap("s").matches(&heap("t")));
    assert_eq!((t.supertype(), s.supertype()), (Some(s.clone()), None));
    assert!(t.finality().is_final() && s.finality().is_non_final());
    assert_eq!(t.fields().collect::<Vec<_>>(), fields);
    assert_eq!((t.field(2), t.field(3)), (Some(constant(ValType::F64)), None));
    assert_eq!(HashSet::from([t.clone(), s.clone(), t.clone()]).len(), 2);
    assert!(
        heap("t").is_concrete() && heap("t").matches(&HeapType::Struct) && heap("a").matches(&HeapType::Eq)
    );
    assert!(!heap("a").matches(&HeapType::Struct) && HeapType::None.matches(&heap("a")));
}

#[test]
fn fields_that_may_be_written_do_not_vary() {
    let [sub, sup] = [ValType::I31REF, ValType::ANYREF];
    assert!(constant(sub.clone()).matches(&constant(sup.clone())));
    assert!(!var(sub.clone()).matches(&var(sup.clone())) && var(sub.clone()).matches(&var(sub.clone())));
    assert!(!var(sub.clone()).matches(&constant(sub)));
    assert!(!StorageType::I8.matches(&StorageType::I16) && StorageType::I8.unpack() == &ValType::I32);
}

#[test]
fn supertypes_must_fit() {
    let engine = Engine::default();
    let x = open(&engine, None, &[constant(ValType::I32)]).unwrap();
    refused(
        open(&engine, Some(&x), &[constant(ValType::I64)]),
        "a type must match its supertype: expected a subtype of struct i32, found struct i64",
    );
    assert!(open(&engine, Some(&x), &[]).is_err());
    let last = StructType::new(&engine, []).unwrap();
    refused(open(&engine, Some(&last), &[]), "the supertype is final: struct");
    let many = std::iter::repeat_n(constant(ValType::I32), 10_001);
    refused(StructType::new(&engine, many), "expected at most 10000 fields, found 10001");

    let mut deep = x.clone();
    for _ in 0..63 {
        deep = open(&engine, Some(&deep), &[constant(ValType::I32)]).unwrap();
    }
    assert!(deep.matches(&x));
    refused(
        open(&engine, Some(&deep), &[constant(ValType::I32)]),
        "the chain of supertypes is longer than 63",
    );

    let bytes =
        ArrayType::with_finality_and_supertype(&engine, Finality::NonFinal, None, constant(ValType::ANYREF));
    let i31s = |field| {
        ArrayType::with_finality_and_supertype(
            &engine,
            Finality::Final,
            Some(bytes.as_ref().unwrap()),
            constant(field),
        )
    };
    assert!(i31s(ValType::I31REF).is_ok() && i31s(ValType::EXTERNREF).is_err());
}

#[test]
fn function_types_have_supertypes() {
    let engine = Engine::default();
    let new = |sup: Option<&FuncType>, param, result| {
        FuncType::with_finality_and_supertype(&engine, Finality::NonFinal, sup, [param], [result])
    };
    let sup = new(None, ValType::EQREF, ValType::ANYREF).unwrap();
    let sub = new(Some(&sup), ValType::ANYREF, ValType::EQREF).unwrap();
    assert_eq!(sub.supertype().as_ref(), Some(&sup));
    assert!(HeapType::from(sub.clone()).matches(&sup.clone().into()));
    assert!(new(Some(&sup), ValType::I31REF, ValType::EQREF).is_err());

    // Alike, but not declared: it could stand in its place, but it is no subtype.
    let alike = FuncType::new(&engine, [ValType::ANYREF], [ValType::EQREF]);
    assert!(alike.matches(&sup) && !HeapType::from(alike).matches(&sup.into()));
}

#[test]
fn types_of_another_engine_are_refused() {
    let (engine, other) = (Engine::default(), Engine::default());
    let foreign = StructType::with_finality_and_supertype(&other, Finality::NonFinal, None, []).unwrap();
    let rt = RefType::new(true, foreign.clone().into());
    refused(
        StructType::new(&engine, [constant(ValType::I32), constant(rt.clone())]),
        "the type of field 1 is of another engine",
    );
    refused(open(&engine, Some(&foreign), &[]), "the supertype is a type of another engine");
    let array = |field| ArrayType::with_finality_and_supertype(&engine, Finality::Final, None, field);
    refused(array(constant(rt.clone())), "the type of field 0 is of another engine");
    let func = |param| FuncType::with_finality_and_supertype(&engine, Finality::Final, None, [param], []);
    refused(func(rt.clone().into()), "the type of parameter 0 is of another engine");

    let mut store = Store::new(&engine, ());
    let ty = GlobalType::new(rt.clone().into(), Mutability::Var);
    refused(Global::new(&mut store, ty, Val::null_any_ref()), "the type of the global is of another engine");
    refused(
        Table::new(&mut store, TableType::new(rt, 0, None), Ref::Any(None)),
        "the type of the elements is of another engine",
    );

    let own = StructType::new(&engine, []).unwrap();
    assert_ne!(own, StructType::new(&other, []).unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| own.matches(&foreign))).is_err());
    let field = constant(RefType::new(true, foreign.into()));
    assert!(catch_unwind(AssertUnwindSafe(|| ArrayType::new(&engine, field))).is_err());
}
