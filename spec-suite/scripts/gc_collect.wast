;; What the collector must keep and what it must free: references that are only in locals, on the operand stack, in frames
;; of callers, in tables, globals, segments and other objects; garbage without end in bounded live space.

(module
  (type $pair (struct (field $a (mut (ref null any))) (field $b (mut (ref null any)))))
  (type $link (struct (field $value (mut i32)) (field $next (mut (ref null $link)))))
  (type $bytes (array (mut i8)))
  (type $links (array (mut (ref null $link))))

  (global $g (mut (ref null $link)) (ref.null $link))
  (table $t 10 (ref null $link))

  ;; Allocates n bytes' worth of objects that nobody keeps.
  (func $litter (export "litter") (param $n i32)
    (loop $more
      (drop (struct.new $link (i32.const -1) (ref.null none)))
      (drop (array.new_default $bytes (i32.const 100)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func $link (param i32) (result (ref $link))
    (struct.new $link (local.get 0) (ref.null none)))
  (func $value (param (ref null $link)) (result i32)
    (struct.get $link $value (local.get 0)))

  (func (export "in_local") (result i32)
    (local $x (ref null $link))
    (local.set $x (call $link (i32.const 11)))
    (call $litter (i32.const 50000))
    (call $value (local.get $x)))

  (func (export "on_stack") (result i32)
    (call $link (i32.const 12))
    (call $litter (i32.const 50000))
    (call $value))

  ;; The result of one call waits below the arguments of others.
  (func (export "between_calls") (result i32 i32 i32)
    (call $link (i32.const 1)) (call $link (i32.const 2)) (call $link (i32.const 3))
    (call $litter (i32.const 50000))
    (call $values))
  (func $values (param (ref $link) (ref $link) (ref $link)) (result i32 i32 i32)
    (call $litter (i32.const 1000))
    (call $value (local.get 0)) (call $value (local.get 1)) (call $value (local.get 2)))

  (func (export "in_block_parameter") (result i32)
    (call $link (i32.const 13))
    (block (param (ref $link)) (result (ref $link))
      (call $litter (i32.const 50000)))
    (call $value))

  (func (export "in_global") (result i32)
    (global.set $g (call $link (i32.const 14)))
    (call $litter (i32.const 50000))
    (call $value (global.get $g)))

  (func (export "in_table") (result i32)
    (table.set $t (i32.const 3) (call $link (i32.const 15)))
    (call $litter (i32.const 50000))
    (call $value (table.get $t (i32.const 3))))

  (func (export "in_array") (result i32)
    (local $xs (ref null $links))
    (local.set $xs (array.new_fixed $links 3 (call $link (i32.const 1)) (call $link (i32.const 2)) (call $link (i32.const 16))))
    (call $litter (i32.const 50000))
    (call $value (array.get $links (local.get $xs) (i32.const 2))))

  (func (export "operand_of_allocation") (result i32)
    (local $p (ref null $pair))
    (local.set $p
      (struct.new $pair (call $link (i32.const 17)) (struct.new $pair (call $link (i32.const 18)) (array.new $bytes (i32.const 0) (i32.const 100000)))))
    (call $litter (i32.const 50000))
    (i32.add
      (call $value (ref.cast (ref $link) (struct.get $pair $a (local.get $p))))
      (call $value (ref.cast (ref $link) (struct.get $pair $a (ref.cast (ref $pair) (struct.get $pair $b (local.get $p))))))))

  ;; A ring that nobody holds, again and again.
  (func (export "rings") (param $n i32)
    (local $a (ref null $pair)) (local $b (ref null $pair))
    (loop $more
      (local.set $a (struct.new $pair (array.new_default $bytes (i32.const 1000)) (ref.null none)))
      (local.set $b (struct.new $pair (local.get $a) (local.get $a)))
      (struct.set $pair $b (local.get $a) (local.get $b))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  ;; A queue: one element comes, one goes. What a walk over the n live ones adds up to.
  (func (export "queue") (param $n i32) (param $turns i32) (result i32)
    (local $head (ref null $link)) (local $tail (ref null $link)) (local $sum i32) (local $i i32)
    (local.set $head (local.tee $tail (call $link (i32.const 0))))
    (loop $fill
      (struct.set $link $next (local.get $tail) (call $link (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
      (local.set $tail (struct.get $link $next (local.get $tail)))
      (br_if $fill (i32.lt_u (local.get $i) (local.get $n))))
    (loop $turn
      (struct.set $link $next (local.get $tail) (call $link (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
      (local.set $tail (struct.get $link $next (local.get $tail)))
      (local.set $head (struct.get $link $next (local.get $head)))
      (br_if $turn (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (loop $walk
      (local.set $sum (i32.add (local.get $sum) (call $value (local.get $head))))
      (br_if $walk (i32.eqz (ref.is_null (local.tee $head (struct.get $link $next (local.get $head)))))))
    (local.get $sum))

  ;; A list as long as that is followed without using up anything by its length.
  (func (export "long_list") (param $n i32) (result i32)
    (local $list (ref null $link)) (local $sum i32)
    (loop $more
      (local.set $list (struct.new $link (local.get $n) (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $litter (i32.const 100000))
    (loop $walk
      (local.set $sum (i32.add (local.get $sum) (call $value (local.get $list))))
      (br_if $walk (i32.eqz (ref.is_null (local.tee $list (struct.get $link $next (local.get $list)))))))
    (local.get $sum))

  ;; Frames of callers hold on to what they have while the innermost one allocates.
  (func $deep (export "deep") (param $n i32) (result i32)
    (local $mine (ref null $link))
    (local.set $mine (call $link (local.get $n)))
    (if (result i32) (i32.eqz (local.get $n))
      (then (call $litter (i32.const 50000)) (i32.const 0))
      (else (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (call $value (local.get $mine))))))

  ;; Arrays of references, filled and copied while others are made.
  (func (export "shuffled") (param $n i32) (result i32)
    (local $xs (ref null $links)) (local $ys (ref null $links)) (local $i i32) (local $sum i32)
    (local.set $xs (array.new_default $links (local.get $n)))
    (local.set $ys (array.new_default $links (local.get $n)))
    (loop $fill
      (array.set $links (local.get $xs) (local.get $i) (call $link (local.get $i)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (array.copy $links $links (local.get $ys) (i32.const 0) (local.get $xs) (i32.const 0) (local.get $n))
    (array.fill $links (local.get $xs) (i32.const 0) (ref.null $link) (local.get $n))
    (call $litter (i32.const 50000))
    (local.set $i (i32.const 0))
    (loop $walk
      (local.set $sum (i32.add (local.get $sum) (call $value (array.get $links (local.get $ys) (local.get $i)))))
      (br_if $walk (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))

  ;; Large arrays come and go.
  (func (export "large") (param $n i32) (result i32)
    (local $kept (ref null $bytes)) (local $new (ref null $bytes))
    (loop $more
      (local.set $new (array.new $bytes (local.get $n) (i32.const 100000)))
      (if (i32.eq (i32.and (local.get $n) (i32.const 7)) (i32.const 7)) (then (local.set $kept (local.get $new))))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (array.get_u $bytes (local.get $kept) (i32.const 99999)) (array.len (local.get $kept))))
)

(assert_return (invoke "in_local") (i32.const 11))
(assert_return (invoke "on_stack") (i32.const 12))
(assert_return (invoke "between_calls") (i32.const 1) (i32.const 2) (i32.const 3))
(assert_return (invoke "in_block_parameter") (i32.const 13))
(assert_return (invoke "in_global") (i32.const 14))
(assert_return (invoke "in_table") (i32.const 15))
(assert_return (invoke "in_array") (i32.const 16))
(assert_return (invoke "operand_of_allocation") (i32.const 35))
(assert_return (invoke "rings" (i32.const 30000)))
(assert_return (invoke "queue" (i32.const 1000) (i32.const 300000)) (i32.const 300800500))
(assert_return (invoke "long_list" (i32.const 3000)) (i32.const 4501500))
(assert_return (invoke "deep" (i32.const 500)) (i32.const 125250))
(assert_return (invoke "shuffled" (i32.const 2000)) (i32.const 1999000))
(assert_return (invoke "large" (i32.const 2000)) (i32.const 100007))

;; Objects that only constant expressions have made: in globals, tables and segments.
(module
  (type $s (struct (field i32)))
  (type $ss (array (mut (ref null $s))))
  (type $junk (array i64))
  (global $a (ref $s) (struct.new $s (i32.const 1)))
  (global $b (ref $ss) (array.new_fixed $ss 2 (struct.new $s (i32.const 2)) (global.get $a)))
  (global $c (ref $ss) (array.new $ss (struct.new $s (i32.const 3)) (i32.const 5)))
  (table $t 3 (ref $s) (struct.new $s (i32.const 4)))
  (elem $e (ref $s) (struct.new $s (i32.const 5)) (item (struct.new $s (i32.const 6))) (global.get $a))
  (func $litter (local $i i32)
    (loop $more
      (drop (array.new_default $junk (i32.const 100)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50000)))))
  (func (export "all") (result i32 i32 i32 i32 i32 i32)
    (call $litter)
    (struct.get $s 0 (array.get $ss (global.get $b) (i32.const 0)))
    (struct.get $s 0 (array.get $ss (global.get $b) (i32.const 1)))
    (struct.get $s 0 (array.get $ss (global.get $c) (i32.const 4)))
    (struct.get $s 0 (table.get $t (i32.const 2)))
    (struct.get $s 0 (array.get $ss (array.new_elem $ss $e (i32.const 1) (i32.const 2)) (i32.const 0)))
    (struct.get $s 0 (array.get $ss (array.new_elem $ss $e (i32.const 0) (i32.const 3)) (i32.const 2)))))

(assert_return (invoke "all")
  (i32.const 2) (i32.const 1) (i32.const 3) (i32.const 4) (i32.const 6) (i32.const 1))
(assert_return (invoke "all")
  (i32.const 2) (i32.const 1) (i32.const 3) (i32.const 4) (i32.const 6) (i32.const 1))

;; Objects are shared between modules, and live as long as either holds them.
(module $holder
  (type $s (struct (field (mut i32))))
  (global $g (export "g") (mut (ref null $s)) (ref.null none))
  (table (export "t") 1 (ref null $s))
  (func (export "get") (result i32) (struct.get $s 0 (global.get $g)))
  (func (export "get_t") (result i32) (struct.get $s 0 (table.get 0 (i32.const 0)))))
(register "holder" $holder)
(module $maker
  (type $s (struct (field (mut i32))))
  (type $junk (array i64))
  (import "holder" "g" (global $g (mut (ref null $s))))
  (import "holder" "t" (table $t 1 (ref null $s)))
  (func (export "make") (param i32)
    (global.set $g (struct.new $s (local.get 0)))
    (table.set $t (i32.const 0) (struct.new $s (i32.mul (local.get 0) (i32.const 2)))))
  (func (export "litter") (local $i i32)
    (loop $more
      (drop (array.new_default $junk (i32.const 100)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50000))))))
(assert_return (invoke $maker "make" (i32.const 21)))
(assert_return (invoke $maker "litter"))
(assert_return (invoke $holder "get") (i32.const 21))
(assert_return (invoke $holder "get_t") (i32.const 42))

;; An array that no heap holds is a trap, and the store goes on.
(module
  (type $words (array (mut i64)))
  (func (export "huge") (result i32) (array.len (array.new_default $words (i32.const 0xffff_ffff))))
  (func (export "small") (result i32) (array.len (array.new_default $words (i32.const 3)))))
(assert_trap (invoke "huge") "out of memory")
(assert_return (invoke "small") (i32.const 3))
