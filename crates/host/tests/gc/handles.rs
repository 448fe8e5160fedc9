//! Handles that are held wrongly: each is an error, or does not compile (see the documentation of `Rooted`, `RootScope`
//! and `ExternRef`).

use crate::{ELSEWHERE, both, ended, instance, refused};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use terrane::{
    AnyRef, ArrayRef, ArrayRefPre, ArrayType, AsContextMut, Caller, Engine, EqRef, ExnRef, ExternRef,
    FieldType, Global, GlobalType, I31, Instance, Linker, Module, Mutability, OwnedRooted, Ref, RefType,
    RootScope, Rooted, Store, StructRef, StructRefPre, StructType, Table, TableType, Val, ValType,
};

fn struct_of<C: AsContextMut>(mut store: C, x: i32) -> Rooted<StructRef> {
    let engine = store.as_context().engine().clone();
    let field = FieldType::new(Mutability::Var, ValType::I32.into());
    let pre = StructRefPre::new(&mut store, StructType::new(&engine, [field]).unwrap());
    StructRef::new(&mut store, &pre, &[Val::I32(x)]).unwrap()
}

fn array_of<C: AsContextMut>(mut store: C, x: i32) -> Rooted<ArrayRef> {
    let engine = store.as_context().engine().clone();
    let field = FieldType::new(Mutability::Var, ValType::I32.into());
    let pre = ArrayRefPre::new(&mut store, ArrayType::new(&engine, field));
    ArrayRef::new(&mut store, &pre, &Val::I32(x), 3).unwrap()
}

const SAME: &str = r#"(module (func (export "same") (param anyref) (result anyref) (local.get 0)))"#;

#[test]
fn after_its_scope_a_handle_is_of_no_use() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let guest = instance(&mut store, SAME);
        type Value = Option<Rooted<AnyRef>>;
        let same = guest.get_typed_func::<Value, Value>(&store, "same").unwrap();
        let (s, a, e) = {
            let mut scope = RootScope::new(&mut store);
            let s = struct_of(&mut scope, 1);
            (s, array_of(&mut scope, 2), ExternRef::new(&mut scope, 3).unwrap())
        };
        // Others are now where they were.
        let (_t, b) = (struct_of(&mut store, 4), array_of(&mut store, 5));
        ended(s.ty(&store));
        ended(s.matches_ty(&store, &StructType::new(engine, []).unwrap()));
        ended(s.field(&mut store, 0));
        ended(s.set_field(&mut store, 0, Val::I32(0)));
        ended(s.fields(&mut store).map(|fields| fields.count()));
        ended(a.len(&store));
        ended(a.get(&mut store, 0));
        ended(a.set(&mut store, 0, Val::I32(0)));
        ended(a.elems(&mut store).map(|elems| elems.count()));
        ended(a.copy_to_i8_slice(&mut store, &mut []));
        ended(e.data(&store).map(|data| data.is_some()));
        ended(e.data_mut(&mut store).map(|data| data.is_some()));
        let any = s.to_anyref();
        ended(any.ty(&store));
        ended(any.is_struct(&store));
        ended(any.as_array(&store));
        ended(any.as_i31(&store));
        ended(any.as_eqref(&mut store));
        ended(any.matches_ty(&store, &terrane::HeapType::Any));
        ended(AnyRef::convert_extern(&mut store, e));
        ended(ExternRef::convert_any(&mut store, any));
        ended(s.to_owned_rooted(&mut store));
        ended(Rooted::ref_eq(&store, &b, &a));
        ended(s.ref_hash(&store, &mut DefaultHasher::new()));
        ended(Val::from(s).ty(&store));
        ended(Ref::from(a).matches_ty(&store, &RefType::ANYREF));
        ended(same.call(&mut store, Some(any)));
        ended(same.func().call(&mut store, &[s.into()], &mut [Val::null_any_ref()]));
        let ty = GlobalType::new(ValType::ANYREF, Mutability::Var);
        ended(Global::new(&mut store, ty.clone(), s.into()));
        ended(Global::new(&mut store, ty, Val::null_any_ref()).unwrap().set(&mut store, s.into()));
        let table = Table::new(&mut store, TableType::new(RefType::ANYREF, 1, None), Ref::Any(None)).unwrap();
        ended(table.set(&mut store, 0, s.into()));
        ended(table.grow(&mut store, 1, s.into()));
        ended(table.fill(&mut store, 0, s.into(), 1));
    });
}

#[test]
fn scopes_nest() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let outer = struct_of(&mut store, 0);
        let (first, second);
        {
            let mut one = RootScope::new(&mut store);
            one.reserve(2);
            first = struct_of(&mut one, 1);
            {
                let mut two = RootScope::new(&mut one);
                second = struct_of(&mut two, 2);
                for (s, x) in [(outer, 0), (first, 1), (second, 2)] {
                    assert_eq!(s.field(&mut two, 0).unwrap().unwrap_i32(), x);
                }
            }
            assert_eq!(first.field(&mut one, 0).unwrap().unwrap_i32(), 1);
            ended(second.field(&mut one, 0));
            // Leaked, a scope ends with the one around it.
            std::mem::forget(RootScope::new(&mut one));
        }
        ended(first.field(&mut store, 0));
        ended(second.field(&mut store, 0));
        assert_eq!(outer.field(&mut store, 0).unwrap().unwrap_i32(), 0);
    });
}

#[test]
fn a_handle_belongs_to_one_store() {
    both(|engine| {
        let (mut store, mut other) = (Store::new(engine, ()), Store::new(engine, ()));
        let s = struct_of(&mut store, 1);
        let owned = s.to_owned_rooted(&mut store).unwrap();
        let e = ExternRef::new(&mut store, 1).unwrap();
        // The same places are in use there.
        struct_of(&mut other, 9).to_owned_rooted(&mut other).unwrap();
        for _ in 0..2 {
            refused(s.field(&mut other, 0), ELSEWHERE);
            refused(owned.field(&mut other, 0), ELSEWHERE);
            refused(s.to_owned_rooted(&mut other), ELSEWHERE);
            refused(e.data(&other).map(|data| data.is_some()), ELSEWHERE);
            refused(Rooted::ref_eq(&other, &s, &owned), ELSEWHERE);
            let guest = instance(&mut other, SAME);
            let same = guest.get_func(&mut other, "same").unwrap();
            refused(same.call(&mut other, &[s.into()], &mut [Val::null_any_ref()]), ELSEWHERE);
            let typed = same.typed::<Option<OwnedRooted<StructRef>>, Option<Rooted<AnyRef>>>(&other).unwrap();
            refused(typed.call(&mut other, Some(owned.clone())), ELSEWHERE);
            // Nor is it of one that is made when its own is gone.
            store = Store::new(engine, ());
            std::mem::swap(&mut store, &mut other);
        }
    });
}

#[test]
#[should_panic = "another store"]
fn an_owner_cannot_be_rooted_elsewhere() {
    let mut store = Store::new(&Engine::default(), ());
    let owned = struct_of(&mut store, 1).to_owned_rooted(&mut store).unwrap();
    owned.to_rooted(Store::new(&Engine::default(), ()));
}

#[test]
fn owners_outlive_scopes_and_stores() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let value = Arc::new(());
        let owned = {
            let mut scope = RootScope::new(&mut store);
            ExternRef::new(&mut scope, value.clone()).unwrap().to_owned_rooted(&mut scope).unwrap()
        };
        store.gc(None).unwrap();
        assert_eq!(Arc::strong_count(&value), 2);
        assert!(owned.data(&store).unwrap().unwrap().is::<Arc<()>>());
        let clone = owned.clone();
        drop(owned);
        store.gc(None).unwrap();
        assert_eq!(Arc::strong_count(&value), 2, "the clone keeps it");
        // It does not keep the store; and a thread may drop it, or take it back with the store.
        let back = std::thread::spawn(move || {
            assert!(clone.data(&store).unwrap().is_some());
            (store, clone)
        });
        let (store, clone) = back.join().unwrap();
        drop(store);
        assert_eq!(Arc::strong_count(&value), 1);
        std::thread::spawn(move || drop(clone)).join().unwrap();
    });
}

#[test]
fn what_is_taken_out_of_an_owner_ends_with_it() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let owned: OwnedRooted<AnyRef> = {
            let mut scope = RootScope::new(&mut store);
            let s = struct_of(&mut scope, 7).to_owned_rooted(&mut scope).unwrap();
            s.into()
        };
        let s = owned.as_struct(&store).unwrap().unwrap();
        let bare: AnyRef = *owned;
        store.gc(None).unwrap();
        assert_eq!(s.field(&mut store, 0).unwrap().unwrap_i32(), 7);
        assert!(bare.is_struct(&store).unwrap());
        drop(owned);
        ended(s.field(&mut store, 0));
        // Its place is another's then.
        let mut scope = RootScope::new(&mut store);
        let arrays: Vec<_> =
            (0..100).map(|i| array_of(&mut scope, i).to_owned_rooted(&mut scope).unwrap()).collect();
        drop(scope);
        store.gc(None).unwrap();
        ended(s.field(&mut store, 0));
        ended(bare.is_struct(&store));
        for (i, array) in arrays.iter().enumerate() {
            assert_eq!(array.get(&mut store, 2).unwrap().unwrap_i32(), i as i32);
        }
    });
}

#[test]
fn identity_is_that_of_the_object() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let (a, b) = (struct_of(&mut store, 1), struct_of(&mut store, 1));
        let owned = a.to_owned_rooted(&mut store).unwrap();
        let again = owned.to_rooted(&mut store);
        assert!(
            Rooted::ref_eq(&store, &a, &owned).unwrap()
                && OwnedRooted::ref_eq(&store, &owned, &again).unwrap()
        );
        assert!(!Rooted::ref_eq(&store, &a, &b).unwrap());
        assert!(Rooted::rooted_eq(a, a) && !Rooted::rooted_eq(a, again));
        let hash = |f: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            f(&mut hasher);
            hasher.finish()
        };
        let by_object = |r: Rooted<StructRef>| hash(&|h| r.ref_hash(&store, h).unwrap());
        assert_eq!(by_object(a), by_object(again));
        assert_eq!(by_object(a), hash(&|h| owned.ref_hash(&store, h)));
        assert_ne!(by_object(a), by_object(b));
        let by_handle = |r: Rooted<StructRef>| hash(&|h| r.rooted_hash(h));
        assert_eq!(by_handle(a), by_handle(a));
        assert_ne!(by_handle(a), by_handle(again));
        assert_ne!(by_handle(a), hash(&|h| owned.rooted_hash(h)));
        assert_ne!(hash(&|h| 1.hash(h)), hash(&|h| 2.hash(h)));
    });
}

/// What host functions keep in the data of their store.
#[derive(Default)]
struct Kept {
    rooted: Option<Rooted<StructRef>>,
    owned: Option<OwnedRooted<StructRef>>,
}

const KEEPER: &str = r#"(module
    (type $s (struct (field (mut i32))))
    (import "" "keep" (func $keep (param (ref struct))))
    (import "" "stale" (func $stale (result structref)))
    (func (export "keep") (call $keep (struct.new $s (i32.const 42))))
    (func (export "stale") (drop (call $stale))))"#;

#[test]
fn a_host_function_is_a_scope() {
    both(|engine| {
        let mut linker = Linker::new(engine);
        linker
            .func_wrap(
                "",
                "keep",
                |mut caller: Caller<'_, Kept>, s: Rooted<StructRef>| -> terrane::Result<()> {
                    let owned = s.to_owned_rooted(&mut caller)?;
                    *caller.data_mut() = Kept { rooted: Some(s), owned: Some(owned) };
                    Ok(())
                },
            )
            .unwrap()
            .func_wrap("", "stale", |caller: Caller<'_, Kept>| caller.data().rooted)
            .unwrap();
        let mut store = Store::new(engine, Kept::default());
        let guest = linker.instantiate(&mut store, &Module::new(engine, KEEPER).unwrap()).unwrap();
        guest.get_typed_func::<(), ()>(&store, "keep").unwrap().call(&mut store, ()).unwrap();
        store.gc(None).unwrap();
        let Kept { rooted, owned } = std::mem::take(store.data_mut());
        ended(rooted.unwrap().field(&mut store, 0));
        assert_eq!(owned.unwrap().field(&mut store, 0).unwrap().unwrap_i32(), 42);

        // Returned too late, it is an error of the host function.
        store.data_mut().rooted = rooted;
        let stale = guest.get_typed_func::<(), ()>(&store, "stale").unwrap();
        ended(stale.call(&mut store, ()));
    });
}

#[test]
fn a_panic_ends_the_scopes_that_it_leaves() {
    both(|engine| {
        let mut linker = Linker::new(engine);
        linker
            .func_wrap("", "keep", |mut caller: Caller<'_, Kept>, _: Rooted<StructRef>| -> () {
                let s = struct_of(&mut caller, 3);
                caller.data_mut().rooted = Some(s);
                let mut scope = RootScope::new(caller);
                struct_of(&mut scope, 4);
                panic!("on purpose");
            })
            .unwrap()
            .func_wrap("", "stale", || Option::<Rooted<StructRef>>::None)
            .unwrap();
        let mut store = Store::new(engine, Kept::default());
        let module = Module::new(engine, KEEPER).unwrap();
        let guest: Instance = linker.instantiate(&mut store, &module).unwrap();
        let keep = guest.get_typed_func::<(), ()>(&store, "keep").unwrap();
        let call = || keep.call(&mut store, ());
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err());
        let s = store.data().rooted.unwrap();
        ended(s.field(&mut store, 0));
        guest.get_typed_func::<(), ()>(&store, "stale").unwrap().call(&mut store, ()).unwrap();
    });
}

#[test]
fn conversions_keep_the_object() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let s = struct_of(&mut store, 8);
        let (any, eq): (Rooted<AnyRef>, Rooted<EqRef>) = (s.into(), s.to_eqref());
        let owned = s.to_owned_rooted(&mut store).unwrap();
        let owned: OwnedRooted<AnyRef> = OwnedRooted::<EqRef>::from(owned).into();
        assert!(Rooted::ref_eq(&store, &any, &owned).unwrap());
        assert!(Rooted::ref_eq(&store, &any, &eq.to_anyref()).unwrap());

        let external = ExternRef::convert_any(&mut store, any).unwrap();
        assert!(external.data(&store).unwrap().is_none(), "it is no value of the host");
        store.gc(None).unwrap();
        let back = AnyRef::convert_extern(&mut store, external).unwrap();
        assert_eq!(back.unwrap_struct(&store).unwrap().field(&mut store, 0).unwrap().unwrap_i32(), 8);

        let value = ExternRef::new(&mut store, 5u8).unwrap();
        let internal = AnyRef::convert_extern(&mut store, value).unwrap();
        assert!(!internal.is_eqref(&store).unwrap());
        let value = ExternRef::convert_any(&mut store, internal).unwrap();
        assert_eq!(value.data(&store).unwrap().unwrap().downcast_ref(), Some(&5u8));
        *value.data_mut(&mut store).unwrap().unwrap().downcast_mut::<u8>().unwrap() += 1;
        assert_eq!(value.data(&store).unwrap().unwrap().downcast_ref(), Some(&6u8));
        let i31 = AnyRef::from_i31(&mut store, I31::wrapping_i32(3));
        let i31 = ExternRef::convert_any(&mut store, i31).unwrap();
        assert!(i31.data(&store).unwrap().is_none());
    });
}

#[test]
fn handles_may_change_threads() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<Rooted<AnyRef>>();
    sendable::<OwnedRooted<ExnRef>>();
    sendable::<OwnedRooted<StructRef>>();
    sendable::<StructRefPre>();
    sendable::<ArrayRefPre>();
}
