//! The validation of a function body, one instruction after the other.
//!
//! [Spec](https://webassembly.github.io/spec/core/appendix/algorithm.html)

use alloc::vec::Vec;
use terrane_syntax::types::{BlockType, HeapType, ValType};
use terrane_syntax::{
    BrCast, Catch, DataIdx, ElemIdx, Error, F32Bits, F64Bits, Feature, FieldIdx, FuncIdx, GlobalIdx, Instr,
    LabelIdx, LaneIdx, LocalIdx, MemArg, MemIdx, TableIdx, TagIdx, TypeIdx, V128Bits, Visit, ZeroByte,
    for_each_instr, limits,
};

use crate::Result;
use crate::context::{Context, TypeList};
use crate::invalid::Invalid;
use crate::locals::Locals;
use crate::packed::Packed;
use crate::stack::{Ctrl, CtrlKind};

/// Validates a function body, an instruction at a time.
///
/// Between two instructions the state of the algorithm can be read: lowering runs in the same pass.
///
/// # Examples
///
/// ```
/// use terrane_syntax::types::{CompType, FuncType, RecType, SubType, Types, ValType};
/// use terrane_syntax::{Features, FuncIdx, Instr, LocalIdx, TypeIdx};
/// use terrane_validation::{FuncAllocations, FuncValidator, ModuleValidator};
///
/// let comp = CompType::Func(FuncType::new([ValType::I32], [ValType::I64]));
/// let mut module = ModuleValidator::new(Features::wasm1());
/// module.rec_type(0, &mut Types::new(), &RecType([SubType::plain(comp)].into()))?;
/// module.func(0, TypeIdx(0))?;
/// let (context, _) = module.finish();
///
/// let mut body = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
/// body.instr(0, &Instr::LocalGet { x: LocalIdx(0) })?;
/// let error = body.instr(2, &Instr::End {}).unwrap_err();
/// assert_eq!(error.to_string(), "type mismatch: expected i64, found i32 (at byte 0x2)");
/// # Ok::<(), terrane_syntax::Error<terrane_validation::Invalid>>(())
/// ```
#[derive(Debug)]
pub struct FuncValidator<'c> {
    pub(crate) operands: Vec<Packed>,
    /// The height of the innermost block: operands below are out of reach.
    pub(crate) height: usize,
    pub(crate) controls: Vec<Ctrl>,
    pub(crate) context: &'c Context,
    /// Where the instruction at hand is.
    pub(crate) offset: usize,
    pub(crate) locals: Locals,
    /// The locals without default value that have been set, in that order.
    pub(crate) inits: Vec<LocalIdx>,
    /// How many `br_table` there were.
    pub(crate) br_tables: u32,
}

/// What a [`FuncValidator`] allocated, to be used for the next body.
#[derive(Debug, Default)]
pub struct FuncAllocations {
    operands: Vec<Packed>,
    controls: Vec<Ctrl>,
    locals: Locals,
    inits: Vec<LocalIdx>,
}

impl<'c> FuncValidator<'c> {
    /// Begins the body of a function that the module defines.
    ///
    /// A function that does not exist is treated as one of type `[] -> []`: the module's rules have
    /// refused it already.
    pub fn new(context: &'c Context, x: FuncIdx, allocations: FuncAllocations) -> Self {
        let signature = context.funcs.get(x.index()).and_then(|ty| context.signatures.get(*ty));
        let (params, results) = signature.map_or((&[][..], &[][..]), |s| (s.params, s.results));
        let end = match (results, context.funcs.get(x.index())) {
            ([t], _) => TypeList::One(*t),
            (_, Some(ty)) => context.signatures.block(*ty).map_or(TypeList::EMPTY, |(_, end)| end),
            _ => TypeList::EMPTY,
        };
        let mut validator = Self::begin(context, end, allocations);
        validator.locals.push_params(params);
        validator
    }

    /// Begins an expression outside of functions that gives one value.
    pub(crate) fn expr(context: &'c Context, t: Packed, allocations: FuncAllocations) -> Self {
        Self::begin(context, TypeList::One(t), allocations)
    }

    fn begin(context: &'c Context, end: TypeList, allocations: FuncAllocations) -> Self {
        let FuncAllocations { operands, controls, locals, inits } = allocations;
        let mut validator =
            Self { operands, height: 0, controls, context, offset: 0, locals, inits, br_tables: 0 };
        validator.operands.clear();
        validator.controls.clear();
        validator.inits.clear();
        validator.locals.clear();
        validator.open_ctrl(CtrlKind::Func, TypeList::EMPTY, end, 0);
        validator
    }

    /// Declares `count` further locals of a type, behind the parameters and those declared before.
    ///
    /// # Errors
    /// If the type is not valid, or there are more than [`limits::LOCALS`] in all.
    pub fn locals(&mut self, offset: usize, count: u32, t: ValType) -> Result {
        self.offset = offset;
        let total = u64::from(self.locals.len()) + u64::from(count);
        if total > u64::from(limits::LOCALS) {
            return self.fail(Invalid::TooMany { what: "locals", max: limits::LOCALS.into(), found: total });
        }
        match self.context.close_valtype(t) {
            Ok(t) => self.locals.push(count, t.into()),
            Err(kind) => return self.fail(kind),
        }
        Ok(())
    }

    /// Ends the body at `offset`, which is behind its last instruction.
    ///
    /// # Errors
    /// If the last instruction was not the `end` that closes the body.
    pub fn finish(&mut self, offset: usize) -> Result {
        self.offset = offset;
        match self.controls.len() {
            0 => Ok(()),
            n => self.fail(Invalid::Unended(n)),
        }
    }

    /// What this validator allocated, for the next one.
    pub fn into_allocations(self) -> FuncAllocations {
        let Self { operands, controls, locals, inits, .. } = self;
        FuncAllocations { operands, controls, locals, inits }
    }

    /// Refuses an instruction whose feature is off.
    #[inline]
    fn enabled(&self, feature: Feature, what: &'static str) -> Result {
        if matches!(feature, Feature::Mvp) || self.context.features.contains(feature) {
            return Ok(());
        }
        self.fail(Invalid::Disabled { feature, what })
    }
}

/// The state between two instructions.
impl<'c> FuncValidator<'c> {
    /// The context.
    #[inline]
    pub fn context(&self) -> &'c Context {
        self.context
    }

    /// The types on the operand stack, the top last. After unreachable code there may be fewer of them
    /// than instructions pop.
    #[inline]
    pub fn operands(&self) -> &[Packed] {
        &self.operands
    }

    /// The type of the operand that has `depth` others above it in the innermost block, if it is there.
    #[inline]
    pub fn operand(&self, depth: usize) -> Option<Packed> {
        let i = self.operands.len().checked_sub(depth + 1)?;
        if i < self.height { None } else { self.operands.get(i).copied() }
    }

    /// The open blocks, the innermost last. There are none after the `end` that closes the body.
    #[inline]
    pub fn controls(&self) -> &[Ctrl] {
        &self.controls
    }

    /// The open block that a label stands for, if there is one.
    #[inline]
    pub fn ctrl(&self, depth: u32) -> Option<&Ctrl> {
        self.controls.len().checked_sub(depth as usize + 1).and_then(|i| self.controls.get(i))
    }

    /// Can the next instruction not be reached?
    #[inline]
    pub fn is_unreachable(&self) -> bool {
        self.controls.last().is_some_and(Ctrl::is_unreachable)
    }

    /// The type of a local, parameters first.
    #[inline]
    pub fn local(&self, x: LocalIdx) -> Option<Packed> {
        self.locals.get(x)
    }

    /// How many locals there are, parameters included.
    pub fn local_count(&self) -> u32 {
        self.locals.len()
    }
}

macro_rules! define_dispatch {
    ($($name:ident $text:literal $op:tt { $($imm:ident: $ty:ty),* }
        => $rule:ident ($($arg:tt),*): $feature:ident;)*) => {
        /// Each method validates an instruction by its rule. After an error the validator is of no use.
        #[allow(non_snake_case, reason = "the names are those of the variants")]
        impl<'a> Visit<'a> for FuncValidator<'_> {
            type Output = core::result::Result<(), Error<Invalid>>;
            $(
                #[inline]
                fn $name(&mut self, offset: usize, $($imm: $ty),*) -> Self::Output {
                    self.offset = offset;
                    if self.controls.is_empty() {
                        return self.fail(Invalid::AfterEnd);
                    }
                    self.enabled(Feature::$feature, $text)?;
                    self.$rule($($imm,)* $(arg!($arg)),*)
                }
            )*
        }
    };
}

/// An argument of a rule in the table.
macro_rules! arg {
    (I32) => {
        Packed::I32
    };
    (I64) => {
        Packed::I64
    };
    (F32) => {
        Packed::F32
    };
    (F64) => {
        Packed::F64
    };
    ($literal:tt) => {
        $literal
    };
}

for_each_instr!(define_dispatch);

impl FuncValidator<'_> {
    /// Validates the next instruction, which is at `offset`.
    ///
    /// A reader that hands what it reads to the methods of [`Visit`] saves making an [`Instr`] of it.
    ///
    /// # Errors
    /// If the instruction is not valid here. The validator is of no use then.
    pub fn instr(&mut self, offset: usize, instr: &Instr<'_>) -> core::result::Result<(), Error<Invalid>> {
        instr.visit(offset, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModuleValidator;
    use alloc::string::ToString;
    use terrane_syntax::Features;
    use terrane_syntax::types::{CompType, FuncType, RecType, SubType, Types};

    /// A context of one function `[] -> [ts*]`, and a validator for its body.
    fn context(results: &[ValType]) -> Context {
        let rec = RecType([SubType::plain(CompType::Func(FuncType::new([], results)))].into());
        let mut module = ModuleValidator::new(Features::all());
        module.rec_type(0, &mut Types::new(), &rec).unwrap();
        module.func(0, TypeIdx(0)).unwrap();
        module.finish().0
    }

    #[test]
    fn the_state_can_be_read_between_instructions() {
        let context = context(&[ValType::I64]);
        let mut v = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
        v.locals(0, 2, ValType::F32).unwrap();
        assert_eq!((v.local(LocalIdx(1)), v.local(LocalIdx(2))), (Some(Packed::F32), None));
        v.instr(0, &Instr::I64Const { c: 1 }).unwrap();
        v.instr(1, &Instr::Loop { bt: BlockType::Value(ValType::I32) }).unwrap();
        v.instr(2, &Instr::I32Const { c: 1 }).unwrap();
        assert_eq!(v.operands(), [Packed::I64, Packed::I32]);
        assert_eq!((v.operand(0), v.operand(1)), (Some(Packed::I32), None));
        let ctrl = v.ctrl(0).unwrap();
        assert_eq!((ctrl.kind(), ctrl.height()), (CtrlKind::Loop, 1));
        assert_eq!(ctrl.label_types(&context), []);
        assert_eq!(ctrl.results(&context), [Packed::I32]);
        v.instr(3, &Instr::Br { l: LabelIdx(1) }).unwrap_err();
        let mut v = FuncValidator::new(&context, FuncIdx(0), v.into_allocations());
        assert_eq!((v.controls().len(), v.operands().len(), v.local_count()), (1, 0, 0));
        assert!(!v.is_unreachable());
        v.instr(0, &Instr::Unreachable {}).unwrap();
        assert!(v.is_unreachable());
        v.instr(1, &Instr::End {}).unwrap();
        assert!(v.controls().is_empty() && v.operands() == [Packed::I64]);
        v.finish(2).unwrap();
    }

    #[test]
    fn a_body_ends_where_it_ends() {
        let context = context(&[]);
        let mut v = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
        v.instr(0, &Instr::Block { bt: BlockType::Empty }).unwrap();
        v.instr(2, &Instr::End {}).unwrap();
        let error = v.finish(3).unwrap_err();
        assert_eq!(*error.kind(), Invalid::Unended(1));
        v.instr(3, &Instr::End {}).unwrap();
        v.finish(4).unwrap();
        let error = v.instr(4, &Instr::Nop {}).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (&Invalid::AfterEnd, 4));
    }

    #[test]
    fn deep_nesting_and_long_tables_take_linear_time() {
        const DEPTH: u32 = 100_000;
        let context = context(&[]);
        let mut v = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
        for _ in 0..DEPTH {
            v.instr(0, &Instr::Block { bt: BlockType::Empty }).unwrap();
        }
        let labels: Vec<_> = (0..50 * DEPTH).map(|i| LabelIdx(i % (DEPTH + 1))).collect();
        v.instr(0, &Instr::I32Const { c: 0 }).unwrap();
        v.instr(0, &Instr::BrTable { ls: &labels, l: LabelIdx(DEPTH) }).unwrap();
        for _ in 0..=DEPTH {
            v.instr(0, &Instr::End {}).unwrap();
        }
        v.finish(0).unwrap();
    }

    #[test]
    fn operands_are_not_too_many() {
        let context = context(&[ValType::I64; 1000]);
        let mut v = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
        for _ in 0..limits::OPERANDS / 1000 {
            v.instr(0, &Instr::Call { x: FuncIdx(0) }).unwrap();
        }
        let error = v.instr(0, &Instr::Call { x: FuncIdx(0) }).unwrap_err();
        assert!(error.to_string().starts_with("too many operands: expected at most 1000000"), "{error}");
    }

    #[test]
    fn labels_of_many_types_are_compared_once() {
        let context = context(&[ValType::I64; 1000]);
        let mut v = FuncValidator::new(&context, FuncIdx(0), FuncAllocations::default());
        for _ in 0..1000 {
            v.instr(0, &Instr::I64Const { c: 0 }).unwrap();
        }
        v.instr(0, &Instr::I32Const { c: 0 }).unwrap();
        // A thousand million comparisons, if each label had its own.
        let labels = alloc::vec![LabelIdx(0); 1_000_000];
        v.instr(0, &Instr::BrTable { ls: &labels, l: LabelIdx(0) }).unwrap();
        v.instr(0, &Instr::End {}).unwrap();
        v.finish(0).unwrap();
    }
}
