//! Objects that are collected: a list that the host makes and the guest sorts, a string of bytes, a value of the host in
//! the guest's hands, and how long each of them lives.
//!
//! ```text
//! cargo run --example gc
//! ```

use terrane::{
    ArrayRef, ArrayRefPre, ArrayType, Engine, ExternRef, FieldType, Instance, Module, Mutability,
    OwnedRooted, RefType, Result, RootScope, Rooted, StorageType, Store, StructRef, StructRefPre, StructType,
    Val, ValType,
};

/// Entries have a key, a name and a value of the host; `sort` sorts an array of them by key.
const GUEST: &str = r#"(module
    (type $name (array i8))
    (type $entry (struct (field $key i32) (field $name (ref $name)) (field $value externref)))
    (type $entries (array (mut (ref null $entry))))
    (func $key (param $a (ref $entries)) (param $i i32) (result i32)
        (struct.get $entry $key (array.get $entries (local.get $a) (local.get $i))))
    (func (export "sort") (param $a (ref $entries)) (local $i i32) (local $j i32) (local $x (ref null $entry))
        (loop $outer
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (if (i32.ge_u (local.get $i) (array.len (local.get $a))) (then (return)))
            (local.set $x (array.get $entries (local.get $a) (local.get $i)))
            (local.set $j (local.get $i))
            (block $found
                (loop $inner
                    (br_if $found (i32.eqz (local.get $j)))
                    (br_if $found (i32.le_s
                        (call $key (local.get $a) (i32.sub (local.get $j) (i32.const 1)))
                        (struct.get $entry $key (local.get $x))))
                    (array.set $entries (local.get $a) (local.get $j)
                        (array.get $entries (local.get $a) (i32.sub (local.get $j) (i32.const 1))))
                    (local.set $j (i32.sub (local.get $j) (i32.const 1)))
                    (br $inner)))
            (array.set $entries (local.get $a) (local.get $j) (local.get $x))
            (br $outer))))"#;

/// A value of the host that says when it is dropped.
struct Noisy(&'static str);

impl Drop for Noisy {
    #[allow(clippy::print_stdout)]
    fn drop(&mut self) {
        println!("  {} is dropped", self.0);
    }
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, GUEST)?, &[])?;
    let sort = instance.get_typed_func::<Rooted<ArrayRef>, ()>(&mut store, "sort")?;

    // The guest's types: types that are alike are the same.
    let constant = |ty| FieldType::new(Mutability::Const, ty);
    let name = ArrayType::new(&engine, constant(StorageType::I8));
    let name_ref = RefType::new(false, name.clone().into());
    let fields = [ValType::I32.into(), name_ref.into(), ValType::EXTERNREF.into()].map(constant);
    let entry = StructType::new(&engine, fields)?;
    let entry_ref = RefType::new(true, entry.clone().into());
    let entries = ArrayType::new(&engine, FieldType::new(Mutability::Var, entry_ref.into()));
    let name = ArrayRefPre::new(&mut store, name);
    let entry = StructRefPre::new(&mut store, entry);
    let entries = ArrayRefPre::new(&mut store, entries);

    let first: OwnedRooted<StructRef> = {
        // What is made in here is held only until the end of the scope.
        let mut scope = RootScope::new(&mut store);
        let mut made = Vec::new();
        for (key, text) in [(3, "three"), (1, "one"), (2, "two")] {
            let text_ref = ArrayRef::new_from_i8_slice(&mut scope, &name, text.as_bytes())?;
            let value = ExternRef::new(&mut scope, Noisy(text))?;
            let fields = [Val::I32(key), text_ref.into(), value.into()];
            made.push(Val::from(StructRef::new(&mut scope, &entry, &fields)?));
        }
        let array = ArrayRef::new_fixed(&mut scope, &entries, &made)?;
        sort.call(&mut scope, array)?;

        println!("sorted:");
        for i in 0..array.len(&scope)? {
            let entry = array.get(&mut scope, i)?;
            let entry = entry.unwrap_anyref().expect("not null").unwrap_struct(&scope)?;
            let key = entry.field(&mut scope, 0)?.unwrap_i32();
            println!("  {key} {}", text(&mut scope, entry)?);
        }
        let first = array.get(&mut scope, 0)?;
        first.unwrap_anyref().expect("not null").unwrap_struct(&scope)?.to_owned_rooted(&mut scope)?
    };

    println!("after the scope, with the first kept:");
    store.gc(None)?;
    let first_entry = first.to_rooted(&mut store);
    println!("  {} is still there", text(&mut store, first_entry)?);

    println!("with the store:");
    drop(store);
    Ok(())
}

/// The name of an entry.
fn text(mut store: impl terrane::AsContextMut, entry: Rooted<StructRef>) -> Result<String> {
    let name = entry.field(&mut store, 1)?;
    let name = name.unwrap_anyref().expect("not null").unwrap_array(&store)?;
    let mut bytes = vec![0; name.len(&store)? as usize];
    name.copy_to_i8_slice(&mut store, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
