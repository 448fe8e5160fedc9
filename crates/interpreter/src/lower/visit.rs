//! Each instruction to its rule.

use super::Lowering;
use super::control::Structure;
use super::trace::{Watch, bits, watch};
use crate::exec::atomic::ops as atomics;
use crate::exec::memory::{LoadTable, StoreTable};
use crate::exec::numeric::Table;
use crate::exec::operand::Class;
use crate::exec::vector::{Lane, Ternary, TestTable};
use crate::exec::{aggregate, memory as mem_ops, ops, reference, vector, vector_ops};
use crate::trace::AccessKind;
use std::convert::Infallible;
use std::marker::PhantomData;
use terrane_syntax::types::{BlockType, HeapType, RefType, ValType};
use terrane_syntax::{
    BrCast, Catch, DataIdx, ElemIdx, F32Bits, F64Bits, FieldIdx, FuncIdx, GlobalIdx, Instr, LabelIdx,
    LaneIdx, LocalIdx, MemArg, MemIdx, TableIdx, TagIdx, TypeIdx, V128Bits, Visit, ZeroByte, for_each_instr,
};
use terrane_validation::Context;

/// Lowers the instructions of a function, each after `validator` has accepted it.
pub struct Visitor<'l, V> {
    lowering: &'l mut Lowering,
    context: &'l Context,
    /// Sees each instruction first.
    pub validator: V,
}

/// A validator of instructions that were validated before: it never gives an error, of whatever type the
/// reader of the instructions wants.
#[derive(Clone, Copy, Debug)]
pub struct Trusted<E = Infallible>(PhantomData<E>);

impl<E> Default for Trusted<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl Lowering {
    /// Lowers the instructions that it visits, each after `validator` has accepted it; the final `end`
    /// included. With [`Trusted`] for a function that was validated before.
    pub fn visitor<'l, V>(&'l mut self, context: &'l Context, validator: V) -> Visitor<'l, V> {
        Visitor { lowering: self, context, validator }
    }

    /// Lowers an instruction that the validator has just accepted. `offset` is where it stands in the module.
    pub fn instr(&mut self, context: &Context, offset: usize, instr: &Instr<'_>) {
        let Ok(()) = instr.visit(offset, &mut self.visitor(context, Trusted::<Infallible>::default()));
    }
}

/// What an instruction is to the structure of the code, by its rule.
macro_rules! structure {
    (block) => {
        Structure::Begins
    };
    (loop_) => {
        Structure::Begins
    };
    (if_) => {
        Structure::Begins
    };
    (try_) => {
        Structure::Begins
    };
    (try_table) => {
        Structure::Begins
    };
    (else_) => {
        Structure::Else
    };
    (end) => {
        Structure::Ends
    };
    (delegate) => {
        Structure::Ends
    };
    (catch) => {
        Structure::Else
    };
    (catch_all) => {
        Structure::Else
    };
    ($rule:ident) => {
        Structure::None
    };
}

/// Of the accesses to memory that move one lane, the parts, by the width of the lane.
macro_rules! lane {
    (load 8) => {
        LoadTable::of::<mem_ops::I32Load8U>()
    };
    (load 16) => {
        LoadTable::of::<mem_ops::I32Load16U>()
    };
    (load 32) => {
        LoadTable::of::<mem_ops::I32Load>()
    };
    (load 64) => {
        LoadTable::of::<mem_ops::I64Load>()
    };
    (replace 8) => {
        vector::replaces::<vector_ops::I8x16ReplaceLane>()
    };
    (replace 16) => {
        vector::replaces::<vector_ops::I16x8ReplaceLane>()
    };
    (replace 32) => {
        vector::replaces::<vector_ops::I32x4ReplaceLane>()
    };
    (replace 64) => {
        vector::replaces::<vector_ops::I64x2ReplaceLane>()
    };
    (extract 8) => {
        Lane::of::<vector_ops::I8x16ExtractLaneU>()
    };
    (extract 16) => {
        Lane::of::<vector_ops::I16x8ExtractLaneU>()
    };
    (extract 32) => {
        Lane::of::<vector_ops::I32x4ExtractLane>()
    };
    (extract 64) => {
        Lane::of::<vector_ops::I64x2ExtractLane>()
    };
    (store 8) => {
        StoreTable::of::<mem_ops::I32Store8>()
    };
    (store 16) => {
        StoreTable::of::<mem_ops::I32Store16>()
    };
    (store 32) => {
        StoreTable::of::<mem_ops::I32Store>()
    };
    (store 64) => {
        StoreTable::of::<mem_ops::I64Store>()
    };
}

/// What an instruction becomes, by its validation rule.
macro_rules! lower_rule {
    ($s:ident $c:ident; unop $name:ident $args:tt) => {
        $s.unary(&Table::<ops::$name>::UNARY)
    };
    ($s:ident $c:ident; cvtop I64ExtendI32U $args:tt) => {
        $s.retype()
    };
    ($s:ident $c:ident; cvtop $name:ident $args:tt) => {
        $s.unary(&Table::<ops::$name>::UNARY)
    };
    ($s:ident $c:ident; binop $name:ident $args:tt) => {
        $s.binary(&Table::<ops::$name>::BINARY)
    };
    ($s:ident $c:ident; relop $name:ident $args:tt) => {
        $s.relation(&Table::<ops::$name>::RELATION)
    };
    ($s:ident $c:ident; wide_binop $name:ident $args:tt) => {
        $s.wide::<4>(Table::<ops::$name>::WIDE)
    };
    ($s:ident $c:ident; wide_mul $name:ident $args:tt) => {
        $s.wide::<2>(Table::<ops::$name>::WIDE)
    };
    ($s:ident $c:ident; testop $name:ident (I32)) => {
        $s.eqz(&Table::<ops::I32Eq>::RELATION)
    };
    ($s:ident $c:ident; testop $name:ident (I64)) => {
        $s.eqz(&Table::<ops::I64Eq>::RELATION)
    };
    ($s:ident $c:ident; const_ $name:ident (I32) $x:ident) => {
        $s.push_const(Class::Int, u64::from($x as u32))
    };
    ($s:ident $c:ident; const_ $name:ident (I64) $x:ident) => {
        $s.push_const(Class::Int, $x as u64)
    };
    ($s:ident $c:ident; const_ $name:ident (F32) $x:ident) => {
        $s.push_const(Class::F32, u64::from($x.0))
    };
    ($s:ident $c:ident; const_ $name:ident (F64) $x:ident) => {
        $s.push_const(Class::F64, $x.0)
    };
    ($s:ident $c:ident; load $name:ident $args:tt $m:ident) => {
        $s.load(&const { LoadTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; load_pack $name:ident $args:tt $m:ident) => {
        $s.load(&const { LoadTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; store $name:ident $args:tt $m:ident) => {
        $s.store(&const { StoreTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; store_pack $name:ident $args:tt $m:ident) => {
        $s.store(&const { StoreTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; atomic_load $name:ident $args:tt $m:ident) => {
        $s.atomic_access::<atomics::$name>($m)
    };
    ($s:ident $c:ident; atomic_rmw $name:ident $args:tt $m:ident) => {
        $s.atomic_access::<atomics::$name>($m)
    };
    ($s:ident $c:ident; atomic_cmpxchg $name:ident $args:tt $m:ident) => {
        $s.atomic_access::<atomics::$name>($m)
    };
    ($s:ident $c:ident; atomic_store $name:ident $args:tt $m:ident) => {
        $s.atomic_store::<atomics::$name>($m)
    };
    ($s:ident $c:ident; atomic_notify $name:ident $args:tt $m:ident) => {
        $s.atomic_notify($m)
    };
    ($s:ident $c:ident; atomic_wait $name:ident (I32, 32) $m:ident) => {
        $s.atomic_wait::<u32>($m)
    };
    ($s:ident $c:ident; atomic_wait $name:ident (I64, 64) $m:ident) => {
        $s.atomic_wait::<u64>($m)
    };
    ($s:ident $c:ident; atomic_fence $($rest:tt)*) => {
        $s.atomic_fence()
    };
    ($s:ident $c:ident; vload $name:ident $args:tt $m:ident) => {
        $s.load(&const { LoadTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; vstore $name:ident $args:tt $m:ident) => {
        $s.store(&const { StoreTable::of::<mem_ops::$name>() }, $m, $c)
    };
    ($s:ident $c:ident; vload_lane $name:ident ($width:tt) $m:ident $l:ident) => {
        $s.load_lane(&const { lane!(load $width) }, &const { lane!(replace $width) }, $m, $l, $c)
    };
    ($s:ident $c:ident; vstore_lane $name:ident ($width:tt) $m:ident $l:ident) => {{
        $s.extract_lane(&const { lane!(extract $width) }, $l);
        $s.store(&const { lane!(store $width) }, $m, $c)
    }};
    ($s:ident $c:ident; vconst $name:ident $args:tt $x:ident) => {
        $s.vconst($x)
    };
    ($s:ident $c:ident; vshuffle $name:ident $args:tt $ls:ident) => {
        $s.shuffle($ls)
    };
    ($s:ident $c:ident; vsplat $name:ident $args:tt) => {
        $s.unary(&Table::<vector_ops::$name>::UNARY)
    };
    ($s:ident $c:ident; vunop $name:ident $args:tt) => {
        $s.unary(&Table::<vector_ops::$name>::UNARY)
    };
    ($s:ident $c:ident; vtestop $name:ident $args:tt) => {
        $s.test(&TestTable::<vector_ops::$name>::TESTED)
    };
    ($s:ident $c:ident; vbitmask $name:ident $args:tt) => {
        $s.unary(&Table::<vector_ops::$name>::UNARY)
    };
    ($s:ident $c:ident; vbinop I8x16Swizzle $args:tt) => {
        $s.swizzle()
    };
    ($s:ident $c:ident; vbinop I8x16RelaxedSwizzle $args:tt) => {
        $s.swizzle()
    };
    ($s:ident $c:ident; vbinop $name:ident $args:tt) => {
        $s.binary(&Table::<vector_ops::$name>::BINARY)
    };
    ($s:ident $c:ident; vternop $name:ident $args:tt) => {
        $s.ternary(&const { Ternary::of::<vector_ops::$name>() })
    };
    ($s:ident $c:ident; vshiftop $name:ident $args:tt) => {
        $s.shift(&const { vector::shifts::<vector_ops::$name>() })
    };
    ($s:ident $c:ident; vextract_lane $name:ident $args:tt $l:ident) => {
        $s.extract_lane(&const { Lane::of::<vector_ops::$name>() }, $l)
    };
    ($s:ident $c:ident; vreplace_lane $name:ident $args:tt $l:ident) => {
        $s.replace_lane(&const { vector::replaces::<vector_ops::$name>() }, $l)
    };
    ($s:ident $c:ident; unreachable $($rest:tt)*) => {
        $s.unreachable_()
    };
    ($s:ident $c:ident; nop $($rest:tt)*) => {
        ()
    };
    ($s:ident $c:ident; block $name:ident $args:tt $bt:ident) => {
        $s.block($c, $bt)
    };
    ($s:ident $c:ident; loop_ $name:ident $args:tt $bt:ident) => {
        $s.loop_($c, $bt)
    };
    ($s:ident $c:ident; if_ $name:ident $args:tt $bt:ident) => {
        $s.if_($c, $bt)
    };
    ($s:ident $c:ident; else_ $($rest:tt)*) => {
        $s.else_($c)
    };
    ($s:ident $c:ident; end $($rest:tt)*) => {
        $s.end($c)
    };
    ($s:ident $c:ident; br $name:ident $args:tt $l:ident) => {
        $s.br($c, $l)
    };
    ($s:ident $c:ident; br_if $name:ident $args:tt $l:ident) => {
        $s.br_if($c, $l)
    };
    ($s:ident $c:ident; br_table $name:ident $args:tt $ls:ident $l:ident) => {
        $s.br_table($c, $ls, $l)
    };
    ($s:ident $c:ident; return_ $($rest:tt)*) => {
        $s.return_($c)
    };
    ($s:ident $c:ident; call $name:ident $args:tt $x:ident) => {
        $s.call($c, $x)
    };
    ($s:ident $c:ident; call_indirect $name:ident $args:tt $y:ident $x:ident) => {
        $s.call_indirect($c, $y, $x)
    };
    ($s:ident $c:ident; return_call $name:ident $args:tt $x:ident) => {
        $s.return_call($c, $x)
    };
    ($s:ident $c:ident; return_call_indirect $name:ident $args:tt $y:ident $x:ident) => {
        $s.return_call_indirect($c, $y, $x)
    };
    ($s:ident $c:ident; try_table $name:ident $args:tt $bt:ident $cs:ident) => {
        $s.try_table($c, $bt, $cs)
    };
    ($s:ident $c:ident; throw $name:ident $args:tt $x:ident) => {
        $s.throw($c, $x)
    };
    ($s:ident $c:ident; throw_ref $($rest:tt)*) => {
        $s.throw_ref()
    };
    ($s:ident $c:ident; try_ $name:ident $args:tt $bt:ident) => {
        $s.try_($c, $bt)
    };
    ($s:ident $c:ident; catch $name:ident $args:tt $x:ident) => {
        $s.catch($c, Some($x))
    };
    ($s:ident $c:ident; catch_all $($rest:tt)*) => {
        $s.catch($c, None)
    };
    ($s:ident $c:ident; delegate $name:ident $args:tt $l:ident) => {
        $s.delegate($c, $l)
    };
    ($s:ident $c:ident; rethrow $name:ident $args:tt $l:ident) => {
        $s.rethrow($l)
    };
    ($s:ident $c:ident; drop $($rest:tt)*) => {
        $s.drop_()
    };
    ($s:ident $c:ident; select $($rest:tt)*) => {
        $s.select()
    };
    ($s:ident $c:ident; select_t $($rest:tt)*) => {
        $s.select()
    };
    ($s:ident $c:ident; local_get $name:ident $args:tt $x:ident) => {
        $s.local_get($x)
    };
    ($s:ident $c:ident; local_set $name:ident $args:tt $x:ident) => {
        $s.local_set($x)
    };
    ($s:ident $c:ident; local_tee $name:ident $args:tt $x:ident) => {
        $s.local_tee($x)
    };
    ($s:ident $c:ident; global_get $name:ident $args:tt $x:ident) => {
        $s.global_get($c, $x)
    };
    ($s:ident $c:ident; global_set $name:ident $args:tt $x:ident) => {
        $s.global_set($c, $x)
    };
    ($s:ident $c:ident; memory_size $name:ident $args:tt $x:ident) => {
        $s.memory_size($x)
    };
    ($s:ident $c:ident; memory_grow $name:ident $args:tt $x:ident) => {
        $s.memory_grow($c, $x)
    };
    ($s:ident $c:ident; memory_fill $name:ident $args:tt $x:ident) => {
        $s.memory_fill($c, $x)
    };
    ($s:ident $c:ident; memory_copy $name:ident $args:tt $x:ident $y:ident) => {
        $s.memory_copy($c, $x, $y)
    };
    ($s:ident $c:ident; memory_init $name:ident $args:tt $y:ident $x:ident) => {
        $s.memory_init($x, $y)
    };
    ($s:ident $c:ident; data_drop $name:ident $args:tt $x:ident) => {
        $s.data_drop($x)
    };
    ($s:ident $c:ident; table_get $name:ident $args:tt $x:ident) => {
        $s.table_get($x)
    };
    ($s:ident $c:ident; table_set $name:ident $args:tt $x:ident) => {
        $s.table_set($x)
    };
    ($s:ident $c:ident; table_size $name:ident $args:tt $x:ident) => {
        $s.table_size($x)
    };
    ($s:ident $c:ident; table_grow $name:ident $args:tt $x:ident) => {
        $s.table_grow($c, $x)
    };
    ($s:ident $c:ident; table_fill $name:ident $args:tt $x:ident) => {
        $s.table_fill($x)
    };
    ($s:ident $c:ident; table_copy $name:ident $args:tt $x:ident $y:ident) => {
        $s.table_copy($x, $y)
    };
    ($s:ident $c:ident; table_init $name:ident $args:tt $y:ident $x:ident) => {
        $s.table_init($x, $y)
    };
    ($s:ident $c:ident; elem_drop $name:ident $args:tt $x:ident) => {
        $s.elem_drop($x)
    };
    ($s:ident $c:ident; ref_null $($rest:tt)*) => {
        $s.push_const(Class::Int, 0)
    };
    ($s:ident $c:ident; ref_is_null $($rest:tt)*) => {
        $s.eqz(&Table::<ops::I64Eq>::RELATION)
    };
    ($s:ident $c:ident; ref_func $name:ident $args:tt $x:ident) => {
        $s.ref_func($x)
    };
    ($s:ident $c:ident; ref_eq $($rest:tt)*) => {
        $s.relation(&Table::<ops::I64Eq>::RELATION)
    };
    ($s:ident $c:ident; ref_as_non_null $($rest:tt)*) => {
        $s.ref_as_non_null()
    };
    ($s:ident $c:ident; br_on_null $name:ident $args:tt $l:ident) => {
        $s.br_on_null($c, $l)
    };
    ($s:ident $c:ident; br_on_non_null $name:ident $args:tt $l:ident) => {
        $s.br_on_non_null($c, $l)
    };
    ($s:ident $c:ident; call_ref $name:ident $args:tt $x:ident) => {
        $s.call_ref($c, $x)
    };
    ($s:ident $c:ident; return_call_ref $name:ident $args:tt $x:ident) => {
        $s.return_call_ref($c, $x)
    };
    ($s:ident $c:ident; ref_test $name:ident ($nullable:literal) $ht:ident) => {
        $s.ref_test($c, RefType { nullable: $nullable, heap: $ht })
    };
    ($s:ident $c:ident; ref_cast $name:ident ($nullable:literal) $ht:ident) => {
        $s.ref_cast($c, RefType { nullable: $nullable, heap: $ht })
    };
    ($s:ident $c:ident; br_on_cast $name:ident $args:tt $cast:ident) => {
        $s.br_on_cast($c, $cast, true)
    };
    ($s:ident $c:ident; br_on_cast_fail $name:ident $args:tt $cast:ident) => {
        $s.br_on_cast($c, $cast, false)
    };
    ($s:ident $c:ident; ref_get_desc $($rest:tt)*) => {
        $s.unary(&reference::REF_GET_DESC)
    };
    ($s:ident $c:ident; ref_cast_desc_eq $name:ident ($nullable:literal) $ht:ident) => {
        $s.ref_cast_desc_eq($nullable)
    };
    ($s:ident $c:ident; br_on_cast_desc_eq $name:ident $args:tt $cast:ident) => {
        $s.br_on_cast_desc_eq($c, $cast, true)
    };
    ($s:ident $c:ident; br_on_cast_desc_eq_fail $name:ident $args:tt $cast:ident) => {
        $s.br_on_cast_desc_eq($c, $cast, false)
    };
    ($s:ident $c:ident; any_convert_extern $($rest:tt)*) => {
        $s.retype()
    };
    ($s:ident $c:ident; extern_convert_any $($rest:tt)*) => {
        $s.retype()
    };
    ($s:ident $c:ident; ref_i31 $($rest:tt)*) => {
        $s.unary(&Table::<reference::RefI31>::UNARY)
    };
    ($s:ident $c:ident; i31_get $name:ident $($rest:tt)*) => {
        $s.unary(&Table::<reference::$name>::UNARY)
    };
    ($s:ident $c:ident; struct_new $name:ident $args:tt $x:ident) => {
        $s.struct_new($c, $x)
    };
    ($s:ident $c:ident; struct_new_desc $name:ident $args:tt $x:ident) => {
        $s.struct_new_desc($c, $x)
    };
    ($s:ident $c:ident; struct_new_default_desc $name:ident $args:tt $x:ident) => {
        $s.struct_new_default_desc($x)
    };
    ($s:ident $c:ident; struct_new_default $name:ident $args:tt $x:ident) => {
        $s.struct_new_default($x)
    };
    ($s:ident $c:ident; struct_get $name:ident $args:tt $x:ident $f:ident) => {
        $s.struct_get($x, $f, false)
    };
    ($s:ident $c:ident; struct_get_packed StructGetS $args:tt $x:ident $f:ident) => {
        $s.struct_get($x, $f, true)
    };
    ($s:ident $c:ident; struct_get_packed StructGetU $args:tt $x:ident $f:ident) => {
        $s.struct_get($x, $f, false)
    };
    ($s:ident $c:ident; struct_set $name:ident $args:tt $x:ident $f:ident) => {
        $s.struct_set($x, $f)
    };
    ($s:ident $c:ident; array_get $name:ident $args:tt $x:ident) => {
        $s.array_get($x, false)
    };
    ($s:ident $c:ident; array_get_packed ArrayGetS $args:tt $x:ident) => {
        $s.array_get($x, true)
    };
    ($s:ident $c:ident; array_get_packed ArrayGetU $args:tt $x:ident) => {
        $s.array_get($x, false)
    };
    ($s:ident $c:ident; array_set $name:ident $args:tt $x:ident) => {
        $s.array_set($x)
    };
    ($s:ident $c:ident; array_len $($rest:tt)*) => {
        $s.unary(&aggregate::ARRAY_LEN)
    };
    ($s:ident $c:ident; array_new $name:ident $args:tt $x:ident) => {
        $s.array_new($x)
    };
    ($s:ident $c:ident; array_new_default $name:ident $args:tt $x:ident) => {
        $s.array_new_default($x)
    };
    ($s:ident $c:ident; array_new_fixed $name:ident $args:tt $x:ident $n:ident) => {
        $s.array_new_fixed($x, $n)
    };
    ($s:ident $c:ident; array_new_data $name:ident $args:tt $x:ident $y:ident) => {
        $s.array_new_data($x, $y)
    };
    ($s:ident $c:ident; array_new_elem $name:ident $args:tt $x:ident $y:ident) => {
        $s.array_new_elem($x, $y)
    };
    ($s:ident $c:ident; array_fill $name:ident $args:tt $x:ident) => {
        $s.array_fill($x)
    };
    ($s:ident $c:ident; array_copy $name:ident $args:tt $x:ident $y:ident) => {
        $s.array_copy()
    };
    ($s:ident $c:ident; array_init_data $name:ident $args:tt $x:ident $y:ident) => {
        $s.array_init_data($y)
    };
    ($s:ident $c:ident; array_init_elem $name:ident $args:tt $x:ident $y:ident) => {
        $s.array_init_elem($y)
    };
}

macro_rules! define_visitor {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* } => $rule:ident $args:tt: $feature:ident;)*) => {
        #[allow(non_snake_case, reason = "the names are those of the variants")]
        #[allow(unused_variables, reason = "not every rule needs every immediate")]
        impl<'a, E, V: Visit<'a, Output = Result<(), E>>> Visit<'a> for Visitor<'_, V> {
            type Output = Result<(), E>;
            $(
                #[inline]
                fn $name(&mut self, offset: usize, $($imm: $ty),*) -> Result<(), E> {
                    self.validator.$name(offset, $($imm),*)?;
                    let (lowering, context) = (&mut *self.lowering, self.context);
                    if lowering.enter_instr(offset, structure!($rule)) {
                        if lowering.config.tracing {
                            let opcode = Instr::$name { $($imm),* }.opcode();
                            lowering.trace(offset, opcode, structure!($rule), watch!($rule $args $($imm)*));
                        }
                        lower_rule!(lowering context; $rule $name $args $($imm)*);
                    }
                    Ok(())
                }
            )*
        }

        #[allow(non_snake_case, reason = "the names are those of the variants")]
        impl<'a, E> Visit<'a> for Trusted<E> {
            type Output = Result<(), E>;
            $(
                #[inline]
                fn $name(&mut self, _: usize, $(_: $ty),*) -> Result<(), E> {
                    Ok(())
                }
            )*
        }
    };
}

for_each_instr!(define_visitor);
