;; Structures with descriptors: where the descriptor lies beside fields of all sizes, and who keeps it alive.

(module
  (rec
    (type $plain (sub (struct (field i64))))
    (type $a (sub $plain (descriptor $a.desc) (struct (field i64) (field $v (mut f64)) (field $b i8))))
    (type $a.desc (sub (describes $a) (struct (field $id i32))))
    (type $b (sub $a (descriptor $b.desc)
      (struct (field i64) (field (mut f64)) (field i8) (field $more (ref null $plain)) (field f32))))
    (type $b.desc (sub $a.desc (describes $b) (struct (field i32) (field $name f64)))))
  (type $list (struct (field (ref null $list)) (field (ref $a))))

  (global $shared (ref (exact $a.desc)) (struct.new $a.desc (i32.const 77)))
  (global $constant (ref $a) (struct.new_default_desc $a (global.get $shared)))

  (func $new-a (param $id i32) (result (ref (exact $a)))
    (struct.new_desc $a
      (i64.const -1) (f64.const 6) (i32.const 0x1ff)
      (struct.new $a.desc (local.get $id))))

  (func $new-b (param $id i32) (result (ref (exact $b)))
    (struct.new_desc $b
      (i64.const -2) (f64.const 8) (i32.const 9) (struct.new $plain (i64.const 10)) (f32.const 11)
      (struct.new $b.desc (local.get $id) (f64.const 1.5))))

  (func (export "constant") (result i32)
    (struct.get $a.desc $id (ref.get_desc $a (global.get $constant))))

  (func (export "fields") (result i64 i64 i32 i64 f32 i32 f64)
    (local $b (ref (exact $b)))
    (local.set $b (call $new-b (i32.const 12)))
    (struct.get $b 0 (local.get $b))
    (i64.trunc_f64_s (struct.get $b 1 (local.get $b)))
    (struct.get_s $b 2 (local.get $b))
    (struct.get $plain 0 (ref.as_non_null (struct.get $b $more (local.get $b))))
    (struct.get $b 4 (local.get $b))
    (struct.get $a.desc $id (ref.get_desc $a (local.get $b)))
    (struct.get $b.desc $name (ref.get_desc $b (local.get $b))))

  (func (export "a write does not reach the descriptor") (result i32)
    (local $a (ref $a))
    (local.set $a (call $new-a (i32.const 3)))
    (struct.set $a $v (local.get $a) (f64.const -1))
    (struct.get $a.desc $id (ref.get_desc $a (local.get $a))))

  ;; A list whose objects alone hold their descriptors, with garbage made in between.
  (func (export "kept") (param $n i32) (result i64)
    (local $list (ref null $list)) (local $i i32) (local $sum i64)
    (loop $make
      (local.set $list (struct.new $list (local.get $list)
        (if (result (ref $a)) (i32.and (local.get $i) (i32.const 1))
          (then (call $new-b (local.get $i)))
          (else (call $new-a (local.get $i))))))
      (drop (call $new-a (i32.const -1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $make (i32.lt_u (local.get $i) (local.get $n))))
    (loop $add
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_s
        (struct.get $a.desc $id (ref.get_desc $a (struct.get $list 1 (local.get $list)))))))
      (local.set $list (struct.get $list 0 (local.get $list)))
      (br_if $add (i32.eqz (ref.is_null (local.get $list)))))
    (local.get $sum))

  ;; An object of a type below has a descriptor below, which is none of the type above alone.
  (func (export "exactly") (param $below i32) (result i32 i32 i32)
    (local $x (ref $plain))
    (local.set $x (if (result (ref $plain)) (local.get $below)
      (then (call $new-b (i32.const 0))) (else (call $new-a (i32.const 0)))))
    (ref.test (ref $a) (local.get $x))
    (ref.test (ref (exact $a)) (local.get $x))
    (ref.test (ref (exact $b)) (local.get $x)))

  ;; The values below the reference stay, whichever way the branch goes.
  (func $branch (param $x anyref) (param $d (ref null $a.desc)) (result i32 i64)
    (local $r (ref null $a))
    (block $yes (result i32 i64 (ref $a))
      (i32.const 1) (i64.const 2)
      (br_on_cast_desc_eq $yes anyref (ref $a) (local.get $x) (local.get $d))
      (drop) (drop) (drop)
      (return (i32.const 3) (i64.const 4)))
    (local.set $r)
    (i64.add (struct.get $a 0 (local.get $r))))

  (func (export "branch") (param $same i32) (result i32 i64)
    (local $a (ref $a))
    (local.set $a (struct.new_default_desc $a (global.get $shared)))
    (call $branch (local.get $a)
      (select (result (ref $a.desc)) (global.get $shared) (struct.new $a.desc (i32.const 0)) (local.get $same))))

  (func (export "branch with null") (result i32 i64)
    (call $branch (global.get $constant) (ref.null none)))

  (func (export "cast of what has none") (result anyref)
    (ref.cast_desc_eq (ref null $a) (struct.new $plain (i64.const 0)) (global.get $shared)))

  (func (export "cast of null") (result anyref)
    (ref.cast_desc_eq (ref null (exact $a)) (ref.null none) (global.get $shared))))

(assert_return (invoke "constant") (i32.const 77))
(assert_return (invoke "fields")
  (i64.const -2) (i64.const 8) (i32.const 9) (i64.const 10) (f32.const 11) (i32.const 12) (f64.const 1.5))
(assert_return (invoke "a write does not reach the descriptor") (i32.const 3))
(assert_return (invoke "kept" (i32.const 20000)) (i64.const 199990000))
(assert_return (invoke "exactly" (i32.const 0)) (i32.const 1) (i32.const 1) (i32.const 0))
(assert_return (invoke "exactly" (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 1))
(assert_return (invoke "branch" (i32.const 1)) (i32.const 1) (i64.const 2))
(assert_return (invoke "branch" (i32.const 0)) (i32.const 3) (i64.const 4))
(assert_trap (invoke "branch with null") "null descriptor reference")
(assert_trap (invoke "cast of what has none") "descriptor cast failure")
(assert_return (invoke "cast of null") (ref.null none))

;; Too few descriptors for their structures.

(assert_invalid
  (module
    (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))
    (func (result (ref $a)) (struct.new_default $a)))
  "type with descriptor requires descriptor allocation")

;; Two types with the same clauses are the same, whatever they are called; without them they are others.

(module $M
  (rec (type $a (descriptor $b) (struct (field i32))) (type $b (describes $a) (struct)))
  (func (export "make") (result (ref (exact $a))) (struct.new_desc $a (i32.const 5) (struct.new $b))))
(register "M")
(module
  (rec (type $x (descriptor $y) (struct (field i32))) (type $y (describes $x) (struct)))
  (import "M" "make" (func $make (result (ref (exact $x)))))
  (func (export "get") (result i32) (struct.get $x 0 (call $make))))
(assert_return (invoke "get") (i32.const 5))
(assert_unlinkable
  (module
    (type $x (struct (field i32)))
    (import "M" "make" (func (result (ref $x)))))
  "incompatible import type")
