//! Structures and arrays, from the host.

use crate::{ELSEWHERE, both, ended, instance, limited, refused};
use std::sync::Arc;
use terrane::{
    AnyRef, ArrayRef, ArrayRefPre, ArrayType, Caller, Config, Engine, EqRef, ExternRef, FieldType, Func,
    GcHeapOutOfMemory, HeapType, I31, Instance, Linker, Module, Mutability, NoExtern, NoFunc, NoneRef,
    OwnedRooted, Ref, RefType, RootScope, Rooted, StorageType, Store, StoreLimitsBuilder, StructRef,
    StructRefPre, StructType, Trap, V128, Val, ValType,
};

fn var(ty: impl Into<StorageType>) -> FieldType {
    FieldType::new(Mutability::Var, ty.into())
}

fn struct_pre<T>(store: &mut Store<T>, fields: impl IntoIterator<Item = FieldType>) -> StructRefPre {
    let ty = StructType::new(store.engine(), fields).unwrap();
    StructRefPre::new(store, ty)
}

fn array_pre<T>(store: &mut Store<T>, field: FieldType) -> ArrayRefPre {
    let ty = ArrayType::new(store.engine(), field);
    ArrayRefPre::new(store, ty)
}

fn i32s(vals: impl Iterator<Item = Val>) -> Vec<i32> {
    vals.map(|val| val.unwrap_i32()).collect()
}

#[test]
fn fields_are_as_they_were_written() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let all = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::ANYREF];
        let fields = all.map(var).into_iter().chain([var(StorageType::I8), var(StorageType::I16)]);
        let pre = struct_pre(&mut store, fields.chain([FieldType::new(Mutability::Const, StorageType::I8)]));
        let vector = V128::from(u128::MAX / 3);
        let seven = AnyRef::from_i31(&mut store, I31::wrapping_i32(7));
        let vals =
            [(-1).into(), (-2i64).into(), 1.5f32.into(), (-0.0f64).into(), vector.into(), seven.into()];
        let packed = [Val::I32(-1), Val::I32(0x12_3456), Val::I32(0x1ff)];
        let s = StructRef::new(&mut store, &pre, &[&vals[..], &packed].concat()).unwrap();
        store.gc(None).unwrap();

        let found: Vec<Val> = s.fields(&mut store).unwrap().collect();
        assert_eq!(found.len(), 9);
        assert_eq!((found[0].i32(), found[1].i64()), (Some(-1), Some(-2)));
        assert_eq!((found[2].f32(), found[3].f64().map(f64::to_bits)), (Some(1.5), Some(1 << 63)));
        assert_eq!(found[4].v128(), Some(vector));
        assert_eq!(found[5].unwrap_anyref().unwrap().unwrap_i31(&store).unwrap().get_i32(), 7);
        assert_eq!(i32s(found[6..].iter().copied()), [0xff, 0x3456, 0xff], "zero-extended");

        s.set_field(&mut store, 4, Val::V128(V128::from(1))).unwrap();
        s.set_field(&mut store, 7, Val::I32(-2)).unwrap();
        s.set_field(&mut store, 5, Val::null_any_ref()).unwrap();
        assert_eq!(s.field(&mut store, 4).unwrap().unwrap_v128().as_u128(), 1);
        assert_eq!(s.field(&mut store, 7).unwrap().unwrap_i32(), 0xfffe);
        assert!(s.field(&mut store, 5).unwrap().unwrap_anyref().is_none());

        refused(s.set_field(&mut store, 8, Val::I32(0)), "field 8 is immutable");
        refused(s.field(&mut store, 9), "there is no field 9 in a structure of 9 fields");
        refused(s.set_field(&mut store, 9, Val::I32(0)), "there is no field 9 in a structure of 9 fields");
        let message = "type mismatch: field 0 must be of type i32, found i64";
        refused(s.set_field(&mut store, 0, Val::I64(0)), message);
        refused(StructRef::new(&mut store, &pre, &[Val::I64(0); 9]), message);
        refused(StructRef::new(&mut store, &pre, &vals), "expected 9 fields, found 6");
        let func = Func::wrap(&mut store, || {});
        let message = "type mismatch: field 5 must be of type anyref, found (ref type#";
        let error = s.set_field(&mut store, 5, func.into()).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    });
}

#[test]
fn elements_are_as_they_were_written() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let types = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::EQREF];
        for (i, ty) in types.into_iter().enumerate() {
            let pre = array_pre(&mut store, var(ty.clone()));
            let i31 = EqRef::from_i31(&mut store, I31::wrapping_i32(i as i32));
            let val = match i {
                0 => Val::I32(9),
                1 => Val::I64(9),
                2 => Val::from(9.0f32),
                3 => Val::from(9.0f64),
                4 => Val::V128(V128::from(9)),
                _ => i31.into(),
            };
            let zero = ty.default_value().unwrap();
            let array = ArrayRef::new(&mut store, &pre, &zero, 5).unwrap();
            array.set(&mut store, 3, val).unwrap();
            store.gc(None).unwrap();
            let found: Vec<String> = array.elems(&mut store).unwrap().map(|val| format!("{val:?}")).collect();
            let [zero, nine] = &[zero, val].map(|val| format!("{val:?}"));
            assert_eq!(found.iter().collect::<Vec<_>>(), [zero, zero, zero, nine, zero]);
            let fixed = ArrayRef::new_fixed(&mut store, &pre, &[val, val]).unwrap();
            assert_eq!(format!("{:?}", fixed.get(&mut store, 1).unwrap()), *nine);
            assert_eq!(fixed.len(&store).unwrap(), 2);
        }
        let pre = array_pre(&mut store, var(ValType::I32));
        let array = ArrayRef::new_fixed(&mut store, &pre, &[1.into(), 2.into(), 3.into()]).unwrap();
        assert_eq!(i32s(array.elems(&mut store).unwrap().skip(1)), [2, 3]);
        assert_eq!(array.elems(&mut store).unwrap().len(), 3);
        refused(array.get(&mut store, 3), "there is no element 3 in an array of 3 elements");
        refused(
            array.set(&mut store, u32::MAX, Val::I32(0)),
            "there is no element 4294967295 in an array of 3 elements",
        );
        let message = "type mismatch: element 1 must be of type i32, found f32";
        refused(array.set(&mut store, 1, 1f32.into()), message);
        refused(ArrayRef::new_fixed(&mut store, &pre, &[1.into(), 1f32.into()]), message);
        let message = "type mismatch: the element must be of type i32, found f32";
        refused(ArrayRef::new(&mut store, &pre, &1f32.into(), 1), message);
        let constant = array_pre(&mut store, FieldType::new(Mutability::Const, ValType::I32.into()));
        let array = ArrayRef::new(&mut store, &constant, &Val::I32(4), 1).unwrap();
        refused(array.set(&mut store, 0, Val::I32(0)), "element 0 is immutable");
        let empty = ArrayRef::new_fixed(&mut store, &constant, &[]).unwrap();
        assert!(empty.is_empty(&store).unwrap() && empty.elems(&mut store).unwrap().next().is_none());
    });
}

#[test]
fn bytes_are_copied_at_once() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let pre = array_pre(&mut store, var(StorageType::I8));
        let text = b"bytes of an array \xff";
        let array = ArrayRef::new_from_i8_slice(&mut store, &pre, text).unwrap();
        assert_eq!(array.get(&mut store, 18).unwrap().unwrap_i32(), 255);
        let mut copy = [0; 19];
        array.copy_to_i8_slice(&mut store, &mut copy).unwrap();
        assert_eq!(&copy, text);
        let message = "expected space for the elements, which are 19, found space for 3";
        refused(array.copy_to_i8_slice(&mut store, &mut [0; 3]), message);
        let wide = array_pre(&mut store, var(StorageType::I16));
        let message = "type mismatch: expected an array of i8, found one of i16";
        refused(ArrayRef::new_from_i8_slice(&mut store, &wide, text), message);
        let array = ArrayRef::new(&mut store, &wide, &Val::I32(-1), 2).unwrap();
        refused(array.copy_to_i8_slice(&mut store, &mut [0; 2]), message);
        assert_eq!(i32s(array.elems(&mut store).unwrap()), [0xffff, 0xffff]);
    });
}

#[test]
fn references_know_their_types() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let point = StructType::with_finality_and_supertype(
            engine,
            terrane::Finality::NonFinal,
            None,
            [var(ValType::I32)],
        )
        .unwrap();
        let pixel = StructType::with_finality_and_supertype(
            engine,
            terrane::Finality::Final,
            Some(&point),
            [var(ValType::I32), var(ValType::I32)],
        )
        .unwrap();
        let pre = StructRefPre::new(&mut store, pixel.clone());
        let s = StructRef::new(&mut store, &pre, &[1.into(), 2.into()]).unwrap();
        let bytes = array_pre(&mut store, var(StorageType::I8));
        let a = ArrayRef::new(&mut store, &bytes, &Val::I32(0), 4).unwrap();
        let (any_s, any_a): (Rooted<AnyRef>, Rooted<AnyRef>) = (s.into(), a.to_anyref());
        let i31 = AnyRef::from_i31(&mut store, I31::wrapping_u32(5));
        let host = ExternRef::new(&mut store, "host").unwrap();
        let host = AnyRef::convert_extern(&mut store, host).unwrap();

        assert_eq!(s.ty(&store).unwrap(), pixel);
        assert!(s.matches_ty(&store, &point).unwrap() && s.matches_ty(&store, &pixel).unwrap());
        assert_eq!(any_s.ty(&store).unwrap(), pixel.clone().into());
        assert_eq!(any_a.ty(&store).unwrap(), a.ty(&store).unwrap().into());
        assert_eq!((i31.ty(&store).unwrap(), host.ty(&store).unwrap()), (HeapType::I31, HeapType::Any));
        for (value, kind) in [(any_s, 0), (any_a, 1), (i31, 2), (host, 3)] {
            let is = |ty: HeapType| value.matches_ty(&store, &ty).unwrap();
            assert_eq!(is(HeapType::Struct), kind == 0);
            assert_eq!(is(HeapType::Array), kind == 1);
            assert_eq!(is(HeapType::I31), kind == 2);
            assert_eq!(is(HeapType::Eq), kind != 3);
            assert_eq!(is(point.clone().into()), kind == 0);
            assert!(!is(HeapType::ExactStruct(point.clone())));
            assert_eq!(is(HeapType::ExactStruct(pixel.clone())), kind == 0);
            assert!(is(HeapType::Any) && !is(HeapType::None) && !is(HeapType::Extern));
            assert_eq!(value.is_struct(&store).unwrap(), kind == 0);
            assert_eq!(value.as_struct(&store).unwrap().is_some(), kind == 0);
            assert_eq!(value.as_array(&store).unwrap().is_some(), kind == 1);
            assert_eq!(value.as_i31(&store).unwrap().is_some(), kind == 2);
            assert_eq!(value.as_eqref(&mut store).unwrap().is_some(), kind != 3);
        }
        let back = any_s.unwrap_eqref(&mut store).unwrap().unwrap_struct(&store).unwrap();
        assert!(Rooted::ref_eq(&store, &back, &s).unwrap());
        assert_eq!(i32s(back.fields(&mut store).unwrap()), [1, 2]);
        assert_eq!(any_a.unwrap_array(&store).unwrap().len(&store).unwrap(), 4);

        let val = Val::from(s);
        assert_eq!(val.ty(&store).unwrap(), RefType::new(false, pixel.clone().into()).into());
        assert!(val.matches_ty(&store, &ValType::STRUCTREF).unwrap());
        assert!(!val.matches_ty(&store, &ValType::ARRAYREF).unwrap());
        assert!(Val::from(Option::<Rooted<StructRef>>::None).matches_ty(&store, &ValType::NULLREF).unwrap());
        assert_eq!(Ref::null(&pixel.into()).ty(&store).unwrap(), RefType::NULLREF);
        assert!(Ref::from(a).is_any() && Ref::from(a).is_non_null() && Ref::from(a).unwrap_any().is_some());
    });
}

const GUEST: &str = r#"(module
    (type $point (sub (struct (field $x (mut i32)) (field $y (mut i32)))))
    (type $bytes (array (mut i8)))
    (func (export "point") (param i32 i32) (result (ref $point))
        (struct.new $point (local.get 0) (local.get 1)))
    (func (export "sum") (param $p (ref $point)) (result i32)
        (i32.add (struct.get $point $x (local.get $p)) (struct.get $point $y (local.get $p))))
    (func (export "sum_or_null") (param $p (ref null $point)) (result i32)
        (if (result i32) (ref.is_null (local.get $p))
            (then (i32.const -1))
            (else (struct.get $point $x (local.get $p)))))
    (func (export "bytes") (param (ref $bytes)) (result (ref $bytes))
        (array.set $bytes (local.get 0) (i32.const 0) (i32.const 77))
        (local.get 0))
    (func (export "structs") (param structref) (result structref) (local.get 0))
    (func (export "i31") (param i31ref) (result (ref i31))
        (ref.i31 (i32.add (i32.const 1) (i31.get_s (local.get 0)))))
    (func (export "nulls") (param nullref nullexternref nullfuncref) (result nullref nullexternref nullfuncref)
        (local.get 0) (local.get 1) (local.get 2)))"#;

#[test]
fn typed_functions_take_objects() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let guest = instance(&mut store, GUEST);
        let point = guest.get_typed_func::<(i32, i32), Rooted<StructRef>>(&store, "point").unwrap();
        let sum = guest.get_typed_func::<Rooted<StructRef>, i32>(&store, "sum").unwrap();
        let p = point.call(&mut store, (40, 2)).unwrap();
        assert_eq!(sum.call(&mut store, p).unwrap(), 42);

        // A value of another type, in the same hierarchy, is found out at the call.
        let other = struct_pre(&mut store, [var(ValType::I32)]);
        let other = StructRef::new(&mut store, &other, &[Val::I32(1)]).unwrap();
        let error = sum.call(&mut store, other).unwrap_err();
        let message = "type mismatch: argument 0 must be of type (ref type#";
        assert!(error.to_string().starts_with(message), "{error}");
        let loose = guest.get_typed_func::<Option<Rooted<AnyRef>>, i32>(&store, "sum").unwrap();
        assert_eq!(loose.call(&mut store, Some(p.into())).unwrap(), 42);
        assert!(loose.call(&mut store, None).unwrap_err().to_string().ends_with("found nullref"));
        let i31 = AnyRef::from_i31(&mut store, I31::wrapping_i32(1));
        assert!(loose.call(&mut store, Some(i31)).unwrap_err().to_string().ends_with("found (ref i31)"));
        let or_null =
            guest.get_typed_func::<Option<OwnedRooted<StructRef>>, i32>(&store, "sum_or_null").unwrap();
        assert_eq!(or_null.call(&mut store, None).unwrap(), -1);
        let owned = p.to_owned_rooted(&mut store).unwrap();
        assert_eq!(or_null.call(&mut store, Some(owned)).unwrap(), 40);

        // In another hierarchy it never fits.
        assert!(guest.get_typed_func::<Rooted<ExternRef>, i32>(&store, "sum").is_err());
        assert!(guest.get_typed_func::<Option<Func>, i32>(&store, "sum").is_err());
        // Results are not looked at: their types must match.
        assert!(guest.get_typed_func::<(i32, i32), Rooted<ArrayRef>>(&store, "point").is_err());
        assert!(guest.get_typed_func::<Rooted<AnyRef>, Rooted<StructRef>>(&store, "structs").is_err());

        let pre = array_pre(&mut store, var(StorageType::I8));
        let array = ArrayRef::new(&mut store, &pre, &Val::I32(0), 1).unwrap();
        let bytes = guest.get_typed_func::<Rooted<ArrayRef>, OwnedRooted<ArrayRef>>(&store, "bytes").unwrap();
        let same = bytes.call(&mut store, array).unwrap();
        assert!(OwnedRooted::ref_eq(&store, &same, &array).unwrap());
        assert_eq!(same.get(&mut store, 0).unwrap().unwrap_i32(), 77);

        let i31 = guest.get_typed_func::<Option<I31>, I31>(&store, "i31").unwrap();
        assert_eq!(i31.call(&mut store, Some(I31::wrapping_i32(-8))).unwrap().get_i32(), -7);
        let error = i31.call(&mut store, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::NullI31Reference));
        type Nulls = (Option<NoneRef>, Option<NoExtern>, Option<NoFunc>);
        let nulls = guest.get_typed_func::<Nulls, Nulls>(&store, "nulls").unwrap();
        assert_eq!(
            nulls.call(&mut store, (None, NoExtern::null(), NoFunc::null())).unwrap(),
            (None, None, None)
        );
    });
}

#[test]
fn closures_take_and_return_objects() {
    both(|engine| {
        let mut store = Store::new(engine, Option::<StructRefPre>::None);
        let pre = struct_pre(&mut store, [var(ValType::I32), var(ValType::ANYREF)]);
        *store.data_mut() = Some(pre);
        let mut linker = Linker::new(engine);
        type Host = Option<StructRefPre>;
        linker
            .func_wrap(
                "",
                "cons",
                |mut caller: Caller<'_, Host>, head: i32, tail: Option<Rooted<StructRef>>| {
                    let pre = caller.data().clone().unwrap();
                    StructRef::new(&mut caller, &pre, &[head.into(), tail.into()])
                },
            )
            .unwrap()
            .func_wrap("", "inc", |x: Option<I31>| x.map(|x| I31::wrapping_i32(x.get_i32() + 1)))
            .unwrap()
            .func_wrap("", "eq", |caller: Caller<'_, Host>, a: OwnedRooted<EqRef>, b: Rooted<EqRef>| {
                OwnedRooted::ref_eq(&caller, &a, &b).map(i32::from)
            })
            .unwrap();
        let module = Module::new(
            engine,
            r#"(module
                (type $cons (struct (field (mut i32)) (field (mut anyref))))
                (import "" "cons" (func $cons (param i32 structref) (result (ref struct))))
                (import "" "inc" (func $inc (param i31ref) (result i31ref)))
                (import "" "eq" (func $eq (param (ref eq) (ref eq)) (result i32)))
                (func (export "list") (result i32) (local $l (ref null $cons))
                    (local.set $l (ref.cast (ref $cons) (call $cons (i32.const 1) (ref.null struct))))
                    (local.set $l (ref.cast (ref $cons) (call $cons (i32.const 2) (local.get $l))))
                    (i32.add
                        (i32.mul (struct.get $cons 0 (local.get $l)) (i32.const 10))
                        (struct.get $cons 0 (ref.cast (ref $cons) (struct.get $cons 1 (local.get $l))))))
                (func (export "inc") (result i32)
                    (i31.get_s (call $inc (ref.i31 (i32.const -1)))))
                (func (export "eq") (result i32)
                    (i32.add
                        (call $eq (ref.i31 (i32.const 3)) (ref.i31 (i32.const 3)))
                        (call $eq (call $cons (i32.const 1) (ref.null struct)) (ref.i31 (i32.const 3))))))"#,
        )
        .unwrap();
        let guest = linker.instantiate(&mut store, &module).unwrap();
        for (name, expected) in [("list", 21), ("inc", 0), ("eq", 1)] {
            let f = guest.get_typed_func::<(), i32>(&store, name).unwrap();
            assert_eq!(f.call(&mut store, ()).unwrap(), expected, "{name}");
        }
    });
}

#[test]
fn a_full_heap_is_an_error_of_its_own() {
    both(|engine| {
        let mut store = limited(engine, StoreLimitsBuilder::new().gc_heap_size(1 << 20).build());
        let pre = array_pre(&mut store, var(ValType::I64));
        let error = ArrayRef::new(&mut store, &pre, &Val::I64(0), u32::MAX).unwrap_err();
        let full = error.downcast_ref::<GcHeapOutOfMemory<()>>().expect("the heap is full");
        assert!(full.to_string().ends_with("did not make room for 34359738376 bytes"), "{full}");
        store.gc(Some(full)).unwrap();

        // Held by handles, objects fill it; given up, they make room.
        let mut scope = RootScope::new(&mut store);
        let mut made = 0;
        let error = loop {
            match ArrayRef::new(&mut scope, &pre, &Val::I64(7), 1000) {
                Ok(_) => made += 1,
                Err(error) => break error,
            }
        };
        assert!(error.is::<GcHeapOutOfMemory<()>>() && made > 80, "{made}: {error}");
        drop(scope);
        ArrayRef::new(&mut store, &pre, &Val::I64(7), 1000).unwrap();
        assert!(store.gc_heap_size() <= 1 << 20);
        let pre = struct_pre(&mut store, [var(ValType::I32)]);
        StructRef::new(&mut store, &pre, &[Val::I32(1)]).unwrap();
    });
}

#[test]
fn makers_belong_to_a_store_and_an_engine() {
    let engine = Engine::default();
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let pre = struct_pre(&mut store, []);
    let ty = StructType::new(&Engine::default(), []).unwrap();
    let panics =
        |f: &mut dyn FnMut()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).expect_err("a panic");
    panics(&mut || drop(StructRef::new(&mut other, &pre, &[])));
    panics(&mut || drop(StructRefPre::new(&mut store, ty.clone())));
    StructRef::new(&mut store, &pre, &[]).unwrap();
}

#[test]
fn only_guests_make_objects_with_descriptors() {
    let engine = Engine::new(Config::new().wasm_custom_descriptors(true)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (rec
                (type $s (descriptor $d) (struct))
                (type $d (describes $s) (struct)))
            (global (export "s") (ref null $s) (ref.null none)))"#,
    )
    .unwrap();
    let global = module.get_export("s").unwrap().unwrap_global().clone();
    let ty = global.content().unwrap_ref().heap_type().unwrap_concrete_struct().clone();
    let mut store = Store::new(&engine, ());
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| StructRefPre::new(&mut store, ty)));
    let message = made.err().and_then(|payload| payload.downcast::<String>().ok()).expect("a panic");
    assert_eq!(*message, "objects of a type with a descriptor are made by guests only");
}

#[test]
fn values_of_fields_are_checked() {
    both(|engine| {
        let mut other = Store::new(engine, ());
        let mut store = Store::new(engine, ());
        let pre = struct_pre(&mut store, [var(ValType::EXTERNREF), var(ValType::FUNCREF)]);
        let foreign = ExternRef::new(&mut other, 1).unwrap();
        let foreign_func = Func::wrap(&mut other, || {});
        let gone = ExternRef::new(&mut RootScope::new(&mut store), 1).unwrap();
        let null = Val::null_func_ref();
        refused(StructRef::new(&mut store, &pre, &[foreign.into(), null]), ELSEWHERE);
        ended(StructRef::new(&mut store, &pre, &[gone.into(), null]));
        let s = StructRef::new(&mut store, &pre, &[Val::null_extern_ref(), null]).unwrap();
        refused(s.set_field(&mut store, 0, foreign.into()), ELSEWHERE);
        refused(s.set_field(&mut store, 1, foreign_func.into()), ELSEWHERE);
        ended(s.set_field(&mut store, 0, gone.into()));

        // What a field holds is kept alive by the structure alone.
        let value = Arc::new(());
        {
            let mut scope = RootScope::new(&mut store);
            let held = ExternRef::new(&mut scope, value.clone()).unwrap();
            s.set_field(&mut scope, 0, held.into()).unwrap();
        }
        store.gc(None).unwrap();
        assert_eq!(Arc::strong_count(&value), 2);
        s.set_field(&mut store, 0, Val::null_extern_ref()).unwrap();
        store.gc(None).unwrap();
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn host_and_guest_share_objects() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let module = Module::new(
            engine,
            r#"(module
                (type $s (struct (field (mut i32))))
                (global (export "g") (mut (ref null $s)) (ref.null $s))
                (table (export "t") 2 (ref null $s))
                (func (export "get") (result i32) (struct.get $s 0 (global.get 0)))
                (func (export "set") (param i32) (struct.set $s 0 (table.get 0 (i32.const 1)) (local.get 0))))"#,
        )
        .unwrap();
        let guest = Instance::new(&mut store, &module, &[]).unwrap();
        let pre = struct_pre(&mut store, [var(ValType::I32)]);
        let s = {
            let mut scope = RootScope::new(&mut store);
            let s = StructRef::new(&mut scope, &pre, &[Val::I32(5)]).unwrap();
            guest.get_global(&mut scope, "g").unwrap().set(&mut scope, s.into()).unwrap();
            guest.get_table(&mut scope, "t").unwrap().set(&mut scope, 1, s.into()).unwrap();
            s.to_owned_rooted(&mut scope).unwrap()
        };
        let get = guest.get_typed_func::<(), i32>(&store, "get").unwrap();
        let set = guest.get_typed_func::<i32, ()>(&store, "set").unwrap();
        store.gc(None).unwrap();
        assert_eq!(get.call(&mut store, ()).unwrap(), 5);
        set.call(&mut store, 6).unwrap();
        assert_eq!(s.field(&mut store, 0).unwrap().unwrap_i32(), 6);
        drop(s);
        store.gc(None).unwrap();
        assert_eq!(get.call(&mut store, ()).unwrap(), 6);
    });
}
